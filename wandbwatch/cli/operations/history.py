from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile.options import OnlyConfigOption
from wandbwatch.model.address import Address
from wandbwatch.options import Span, any_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wandbwatch.config.load import Config
    from wandbwatch.delivery.outbox import History, HistoryEntry
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Cell, Report

_COLUMNS = (
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
            help="Only what is about this project or run.",
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
    yield report(str(path), found, guilds)


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


def report(
    title: str, entries: Sequence[HistoryEntry], guilds: Mapping[str, str]
) -> Report:
    """Tabulate *entries* with links to Discord; *guilds*: server ids by channel."""
    from wandbwatch.model.report import Note, Report, Table

    if not entries:
        return Report("history", title, (Note("nothing was posted"),))
    links = tuple(one.link(guilds.get(one.channel)) for one in entries)
    rows = tuple(map(_row, entries))
    return Report("history", title, (Table("posted", _COLUMNS, rows, links),))


def _row(entry: HistoryEntry) -> tuple[Cell, ...]:
    from wandbwatch.model.report import MISSING

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


plugin = history
