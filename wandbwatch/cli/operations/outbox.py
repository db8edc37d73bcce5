from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile import ConfigOption, OnlyConfigOption, named
from wandbwatch.model.address import Address
from wandbwatch.model.errors import UsageError
from wandbwatch.options import Span, any_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wandbwatch.config.load import Config
    from wandbwatch.delivery.outbox import (
        History,
        HistoryEntry,
        OutboxEntry,
        StoppedChannel,
    )
    from wandbwatch.model.cell import Cell
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Block, Report


_OTHER_PROBLEMS = {"queue old", "list late", "list failing", "clock jump"}
"""Those of the daemon that the tables of messages do not show."""
_SPANS = 20
"""Ranges of ids that are shown of a channel."""
_COLUMNS = ("channel", "subscription", "slot", "messages", "since", "reason")


def outbox(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE] [ID|CHANNEL]…",
            help="The watch.toml; the messages to drop or retry, by id or channel.",
        ),
    ] = None,
    *,
    config: ConfigOption = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Send failed messages again.")
    ] = False,
    drop: Annotated[
        bool,
        typer.Option(
            "--drop", help="Delete failed messages, or those that ID or CHANNEL name."
        ),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="With --drop: what waits, too.")
    ] = False,
) -> Iterator[Report]:
    """Show messages that wait or failed, and stopped channels.

    `outbox --drop` deletes failed messages, `outbox --drop 17 lab` message 17 and all
    messages for the channel lab, and `outbox --drop --all` all messages.
    """
    from wandbwatch.config.paths import opened
    from wandbwatch.daemon import health
    from wandbwatch.delivery.outbox import OutboxAdmin, Store
    from wandbwatch.model.report import Note, Report

    if retry and drop:
        raise UsageError("use either --retry or --drop")
    named_ = list(words or ())
    file = Path(named_.pop(0)) if named_ and _is_file(named_[0]) else None
    if (named_ and not (retry or drop)) or (every and (named_ or not drop)):
        raise UsageError("write --drop ID, --drop CHANNEL, --drop --all or --retry ID")
    _, read, directory = opened(named(file, config), os.environ)
    if not (directory / "state.db").exists():
        yield Report("outbox", str(directory), (Note("nothing has been posted yet"),))
        return
    with closing(Store(directory)) as store:
        admin = OutboxAdmin(store)
        done = []
        only = {one.id for one in admin.chosen(named_)} if named_ else None
        if every:
            only = {one.id for one in (*admin.waiting(), *admin.failed())}
        if retry:
            done.append(f"{_messages(admin.retry(only))} will be sent again")
        if drop:
            done.append(f"{_messages(admin.drop(only))} deleted")
        held = admin.waiting(), admin.failed(), admin.stopped()
        problems = health.read(store, read.subscriptions, datetime.now(UTC)).problems
    done += [p.text for p in problems if p.kind in _OTHER_PROBLEMS]
    yield report(str(directory), *held, done)


def _is_file(word: str) -> bool:
    return word.endswith(".toml") or "/" in word or Path(word).is_file()


def report(
    title: str,
    waiting: Sequence[OutboxEntry],
    failed: Sequence[OutboxEntry],
    stopped: Sequence[StoppedChannel],
    done: Sequence[str] = (),
) -> Report:
    """Tabulate waiting and failed messages, and the stopped channels."""
    from wandbwatch.model.cell import Level
    from wandbwatch.model.report import Note, Report, Table

    blocks: list[Block] = [Note(text) for text in done]
    if stopped:
        rows = tuple((s.channel, s.since, s.reason) for s in stopped)
        blocks.append(Table("stopped", ("channel", "since", "reason"), rows))
        blocks.append(
            Note("a stopped channel resumes when `wandbwatch hello CHANNEL` succeeds")
        )
    if failed:
        blocks.append(Table("failed", _COLUMNS, _rows(failed)))
        blocks.append(Note("--retry sends failed messages again, --drop deletes them"))
    if waiting:
        blocks.append(Table("waiting", _COLUMNS, _rows(waiting)))
    if waiting or failed:
        ids = _ids((*failed, *waiting))
        text = f"--drop ID, CHANNEL or --all deletes what waits, too; ids: {ids}"
        blocks.append(Note(text))
    if not (waiting or failed or stopped):
        blocks.append(Note("nothing waits"))
    level = Level.BAD if failed or stopped else Level.INFO
    return Report("outbox", title, tuple(blocks), level)


def _rows(entries: Sequence[OutboxEntry]) -> tuple[tuple[Cell, ...], ...]:
    """Yield one row for the messages of a subscription that share a reason."""
    lists = groupby(entries, lambda e: (e.channel, e.subscription, e.slot, e.reason))
    return tuple(_row(list(same)) for _, same in lists)


def _row(entries: Sequence[OutboxEntry]) -> tuple[Cell, ...]:
    first = entries[0]
    return (
        first.channel,
        first.subscription,
        first.slot,
        len(entries),
        first.since,
        first.reason,
    )


def _ids(entries: Sequence[OutboxEntry]) -> str:
    """Format the ids of *entries* by channel: ``lab 7-9, 12; ops 10``."""
    channels = dict.fromkeys(entry.channel for entry in entries)
    parts = []
    for channel in channels:
        ids = sorted(entry.id for entry in entries if entry.channel == channel)
        rows = groupby(enumerate(ids), lambda place: place[1] - place[0])
        spans = [[id_ for _, id_ in row] for _, row in rows]
        texts = [f"{s[0]}-{s[-1]}" if s[1:] else str(s[0]) for s in spans]
        more = ["…"] if texts[_SPANS:] else []
        parts.append(f"{channel} {', '.join(texts[:_SPANS] + more)}")
    return "; ".join(parts)


def _messages(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"


plugin = outbox


_HISTORY_COLUMNS = (
    "at",
    "message",
    "channel",
    "subscription",
    "by",
    "edits",
    "edited",
    "removed",
    "muted",
)


def history(
    ctx: typer.Context,
    address: Annotated[
        Address | None,
        typer.Argument(
            parser=any_address,
            metavar="ADDRESS",
            help="Only messages about this project or run.",
        ),
    ] = None,
    *,
    since: Annotated[
        Span,
        typer.Option(
            parser=Span.read, metavar="SPAN", show_default="7d", help="How far back."
        ),
    ] = Span(days=7),  # noqa: B008 -- never changed
    channel: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this channel.")
    ] = None,
    config: OnlyConfigOption = None,
) -> Iterator[Report]:
    """List posted messages: text, channel, time, command line or rule, and link.

    An edited message is listed once, with its number of edits. Messages that a mute
    held back are listed with the mute.
    """
    from wandbwatch.config.paths import opened
    from wandbwatch.delivery.outbox import History, Store
    from wandbwatch.model.report import Note, Report

    env: Env = ctx.obj
    path, read, directory = opened(config, os.environ)
    if channel is not None:
        read.channel(channel, "--channel: ")
    if not (directory / "state.db").exists():
        yield Report("history", str(directory), (Note("nothing has been posted yet"),))
        return
    with closing(Store(directory)) as store:
        kept = History(store)
        found = list(kept.entries(env.now() - since, channel))
        if address is not None:
            found = [one for one in found if _is_about(one, address)]
        guilds = _guilds(found, read, kept)
    yield history_report(str(path), found, guilds)


def _is_about(entry: HistoryEntry, address: Address) -> bool:
    from wandbwatch.delivery.mutes import is_about

    origin = entry.origin
    return any(is_about(address, line, origin.runs) for line in origin.lines)


def _guilds(
    entries: Iterable[HistoryEntry], read: Config, kept: History
) -> Mapping[str, str]:
    """Return the Discord server id of each channel, requesting unknown ones."""
    from wandbwatch import plugins
    from wandbwatch.model.delivery import Delivered, Sink

    known = dict(kept.guilds())
    posted = dict.fromkeys(one.channel for one in entries if one.message_id)
    sink: Sink | None = None
    for name in posted:
        if name in known or name not in read.channels:
            continue
        sink = sink or plugins.load("wandbwatch.delivery", "discord")()
        found = sink.probe(read.channels[name])
        if isinstance(found, Delivered) and found.guild_id:
            known[name] = found.guild_id
            kept.learn_guild(name, found.guild_id)
    return known


def history_report(
    title: str, entries: Sequence[HistoryEntry], guilds: Mapping[str, str]
) -> Report:
    """Tabulate *entries* with links to Discord; *guilds*: server ids by channel."""
    from wandbwatch.model.report import Note, Report, Table

    if not entries:
        return Report("history", title, (Note("nothing was posted"),))
    links = tuple(one.link(guilds.get(one.channel)) for one in entries)
    rows = tuple(map(_history_row, entries))
    return Report("history", title, (Table("posted", _HISTORY_COLUMNS, rows, links),))


def _history_row(entry: HistoryEntry) -> tuple[Cell, ...]:
    from wandbwatch.model.cell import MISSING

    origin = entry.origin
    return (
        entry.at,
        origin.title,
        entry.channel,
        entry.subscription,
        "; ".join(origin.rules or origin.lines) or MISSING,
        entry.edits,
        entry.edited or MISSING,
        entry.removed or MISSING,
        entry.muted or MISSING,
    )
