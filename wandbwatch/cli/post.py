"""Post from a terminal through the outbox: reports, a test message, or a dry run.

A dry run draws each post in a terminal, or prints it as JSON for scripts.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from wandbwatch import formatting, plugins
from wandbwatch.config import paths, secret, webhook
from wandbwatch.config.load import Config, load
from wandbwatch.config.paths import opened
from wandbwatch.delivery import service
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Queue, SendResults, Store
from wandbwatch.delivery.sender import BusyError
from wandbwatch.delivery.sender.delivery import (
    DEFAULT_NAMES,
    resolve_name,
    resolve_thread,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import (
    Delivered,
    Message,
    MessageKind,
    Outcome,
    QueuedMessage,
    Sink,
    words,
)
from wandbwatch.model.errors import ConfigError, DeliveryError, NetworkError, StateError
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.model.settings import Channel

Post: TypeAlias = Mapping[str, Any]
FROM = "--to"
"""What stands for the subscription in the outbox."""
BUSY = 60.0
"""Seconds that the sender of a running daemon has for it before we go."""


def posted(
    reports: Iterator[Report], to: str, *, dry: Callable[[Post], str] | None
) -> Iterator[str]:
    """Post *reports* to the channel *to*; yield the outcome.

    The channel is checked before any run is read. Reports before an error are posted,
    then the error is raised. *dry* writes each post as text instead of posting it.
    """
    file = paths.config_file(None, os.environ)
    config = load(file, paths.local_zone(os.environ))
    channel = config.channel(to, "--to: ")
    if not dry:
        _check_webhook(channel)
    said: list[Report] = []
    errors: list[Exception] = []
    try:
        said.extend(reports)
    except Exception as e:  # noqa: BLE001 -- raised again below
        errors.append(e)
    messages: Sequence[Message] = ()
    if said:
        messages = plugins.load("wandbwatch.renderers", "discord")(said)
    if dry:
        for message in messages:
            yield dry(service.shown(message, Level.INFO, channel))
    elif messages:
        state = paths.state_directory(config.daemon, file, os.environ)
        yield _sent(messages, channel, config, state)
    if errors:
        raise errors[0]


def _check_webhook(channel: Channel) -> None:
    """Raise ConfigError if the webhook is missing or invalid: nothing can be sent."""
    try:
        webhook.read(secret.read(channel.webhook), any_host=channel.any_host)
    except ConfigError as e:
        raise ConfigError([f"--to {channel.name}: {e.complaints[0]}"]) from None


def _sent(
    messages: Sequence[Message], channel: Channel, config: Config, state: Path
) -> str:
    """Queue *messages* in the outbox, send them, and report the outcome."""
    slot = datetime.now(UTC)
    with closing(Store(state)) as store:
        outbox = Outbox(store)
        with outbox.round() as round_:
            for sequence, message in enumerate(messages):
                queued = QueuedMessage(
                    channel.name, FROM, slot, sequence, message, MessageKind.EVENT
                )
                round_.enqueue(queued)
        try:
            service.send(config, state, threading.Event(), once=True)
        except BusyError:
            _wait(outbox, slot)
        if not outbox.settled(FROM, slot):
            raise _why_not(OutboxAdmin(store), channel, slot)
    count = f"{len(messages)} message{'s' if len(messages) > 1 else ''}"
    return f"posted to {channel.name}: {count}"


def _wait(outbox: Outbox, slot: datetime) -> None:
    """Wait for a running daemon's sender to send them."""
    give_up = time.monotonic() + BUSY
    while not outbox.settled(FROM, slot) and time.monotonic() < give_up:
        time.sleep(0.2)


def _why_not(admin: OutboxAdmin, channel: Channel, slot: datetime) -> Exception:
    for stop in admin.stopped():
        if stop.channel == channel.name:
            return DeliveryError(
                f"{channel.name}: stopped: {stop.reason};"
                f" `wandbwatch hello {channel.name}` tries it again"
            )
    for entry in admin.failed():
        if (entry.subscription, entry.slot) == (FROM, slot):
            return DeliveryError(f"{channel.name}: not accepted: {entry.reason}")
    reasons = {e.reason for e in admin.waiting() if e.slot == slot and e.reason}
    why = "; ".join(sorted(reasons)) or "other messages are ahead of it"
    return NetworkError(
        f"{channel.name}: not posted yet: {why}; it waits in the outbox"
        " for the daemon, or the next `wandbwatch run`"
    )


_BAR, _FENCE = "▌ ", "```"
_WIDEST = 80
_QUIET, _BOLD = Style(dim=True), Style(bold=True)
_MARKS = re.compile(
    r"\\(?P<escaped>.)|(?P<bold>\*\*)|(?P<code>`)|<t:(?P<time>\d+)(?::(?P<form>\w))?>"
    r"|\[(?P<text>[^\]]+)\]\((?P<url>[^)\s]+)\)"
)
"""The part of Discord's Markdown that we write."""
_LINES = {"-# ": _QUIET, "### ": _BOLD, "## ": _BOLD, "# ": _BOLD, "> ": _QUIET}


def previewed(post: Mapping[str, Any], screen: Screen | None) -> str:
    """Return one post: drawn for *screen*, or a line of JSON without one.

    *post* has ``channel``, ``payload`` (as Discord's API takes it) and ``files``.
    """
    if screen is None:
        return json.dumps(post, ensure_ascii=False)
    console = Console(
        width=min(screen.width, _WIDEST),
        color_system="256" if screen.colour else None,
        force_terminal=screen.colour,
        legacy_windows=False,
        highlight=False,
        _environ={},
    )
    with console.capture() as captured:
        console.print(Text(f"#{post['channel']} would get:", _QUIET))
        for part in _parts(post, screen.now or datetime.now(UTC)):
            console.print(part)
    return captured.get().rstrip("\n")


def _parts(post: Mapping[str, Any], now: datetime) -> Iterator[Text | _Embed]:
    payload = post["payload"]
    name = payload.get("username") or "webhook"
    yield Text(f"{formatting.clean(name)}  APP", _BOLD)
    if content := payload.get("content"):
        yield _markdown(content, now)
    for embed in payload.get("embeds", ()):
        yield _Embed(embed, now)
    pictured = {_picture(embed) for embed in payload.get("embeds", ())}
    for file in post.get("files", ()):
        title = file if isinstance(file, str) else file.get("name", "")
        if title not in pictured:
            yield Text(f"[file] {formatting.clean(title)}", _QUIET)


class _Embed:
    """A card: its coloured bar, title, text, fields, picture and footer."""

    def __init__(self, embed: Mapping[str, Any], now: datetime) -> None:
        self.embed = embed
        self.text = Text("\n").join(_embedded(embed, now))

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        colour = self.embed.get("color")
        style = Style(color=f"#{colour:06x}") if colour is not None else _QUIET
        console = Console(width=options.max_width - len(_BAR), _environ={})
        for line in self.text.wrap(console, options.max_width - len(_BAR)):
            yield Segment(_BAR, style)
            yield line


def _embedded(embed: Mapping[str, Any], now: datetime) -> Iterator[Text]:
    if author := embed.get("author", {}).get("name"):
        yield _markdown(author, now)
    if title := embed.get("title"):
        link = Style(link=embed["url"]) if "url" in embed else Style()
        yield Text.assemble(_styled(title, now), style=_BOLD + link)
    if description := embed.get("description"):
        yield _markdown(description, now)
    for field in embed.get("fields", ()):
        yield Text.assemble(_styled(field["name"], now), style=_BOLD)
        yield _markdown(field["value"], now)
    if picture := _picture(embed):
        yield Text(f"[picture] {formatting.clean(picture)}", _QUIET)
    if footer := embed.get("footer", {}).get("text"):
        yield Text(formatting.clean(footer), _QUIET)


def _picture(embed: Mapping[str, Any]) -> str:
    url: str = embed.get("image", {}).get("url", "")
    return url.removeprefix("attachment://")


def _markdown(source: str, now: datetime) -> Text:
    lines, fenced = [], False
    for line in source.split("\n"):
        if line.startswith(_FENCE):
            fenced = not fenced
        elif fenced:
            lines.append(Text(f"  {formatting.clean(line)}"))
        else:
            sign = next((sign for sign in _LINES if line.startswith(sign)), "")
            said = _styled(line.removeprefix(sign), now)
            lines.append(Text.assemble(said, style=_LINES.get(sign, Style())))
    return Text("\n").join(lines)


def _styled(line: str, now: datetime) -> Text:
    """Read bold, code, links, times and escapes in one *line*."""
    text, bold, at = Text(), False, 0
    for mark in _MARKS.finditer(line):
        text.append(formatting.clean(line[at : mark.start()]), _BOLD if bold else None)
        at = mark.end()
        if mark["bold"]:
            bold = not bold
        elif said := _said(mark, now):
            style = Style(link=mark["url"]) if mark["url"] else Style()
            text.append(formatting.clean(said), _BOLD + style if bold else style)
    text.append(formatting.clean(line[at:]), _BOLD if bold else None)
    return text


def _said(mark: re.Match[str], now: datetime) -> str:
    if not mark["time"]:
        return mark["escaped"] or mark["text"] or ""
    at = datetime.fromtimestamp(int(mark["time"]), UTC)
    if mark["form"] == "R":
        return formatting.cell(at, now)
    return f"{at:%Y-%m-%d %H:%M} UTC"


HELLO = "wandbwatch can post here. This is a test message."


def post_hello(channels: Sequence[str], file: Path | None) -> Iterator[Report]:
    """Post to the *channels* of *file*, and resume those that received the message."""
    _, read, directory = opened(file, os.environ)
    wanted = [read.channel(name) for name in channels or read.channels]
    sink: Sink = plugins.load("wandbwatch.delivery", "discord")()
    notes: list[str] = []
    store = None
    if (directory / "state.db").exists():
        try:
            store = Store(directory)
        except StateError as e:  # the service's own, perhaps
            notes.append(f"{e}; stopped channels stay stopped")
    said = {channel.name: _greet(channel, sink, store) for channel in wanted}
    if store:
        with closing(store):
            notes += _send_waiting(store, [n for n in said if _good(said[n])], read)
    yield hello_report(said, notes)
    if bad := [name for name, outcome in said.items() if not _good(outcome)]:
        raise DeliveryError(f"not posted to: {', '.join(bad)}; see above")


def _send_waiting(
    store: Store, channels: Sequence[str], config: Config
) -> Iterator[str]:
    """Send the queued messages of the channels that accept posts."""
    admin = OutboxAdmin(store)
    if not sum(map(admin.send_now, channels)):
        return
    try:
        service.send(config, store.path.parent, threading.Event(), once=True)
    except BusyError:
        yield "the daemon's sender now sends what waited"
        return
    left = [e for e in admin.waiting() if e.channel in channels]
    yield f"{len(left)} messages still wait" if left else "sent what waited"


def hello_report(said: Mapping[str, Outcome], notes: list[str]) -> Report:
    """Tabulate the outcome of each channel's test message."""
    rows = tuple((name, words(outcome)) for name, outcome in said.items())
    level = Level.GOOD if all(map(_good, said.values())) else Level.BAD
    table = Table("channels", ("channel", "answer"), rows)
    return Report("hello", "hello", (table, *map(Note, notes)), level)


def _greet(channel: Channel, sink: Sink, store: Store | None) -> Outcome:
    where = channel
    if store:
        where = resolve_name(resolve_thread(channel, Queue(store)), Queue(store))
    message = Message(json.dumps({"content": HELLO}))
    outcome = sink.post(message, where, edit=None)
    if store and isinstance(outcome, Delivered):
        admin = OutboxAdmin(store)
        if where.thread_name and outcome.channel_id:
            admin.opened(channel.name, where.thread_name, outcome.channel_id)
        admin.resume(channel.name)
        if not where.username and outcome.name in DEFAULT_NAMES:
            SendResults(store).named(channel.name, default=True)
    return outcome


def _good(outcome: Outcome) -> bool:
    return isinstance(outcome, Delivered)
