from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from wandbwatch.cli.watchfile import ConfigFile, ConfigOption, named

if TYPE_CHECKING:
    from wandbwatch.config.load import Config
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report
    from wandbwatch.model.settings import Subscription

_COLUMNS = ("subscription", "local time", "at", "channel", "zone")


def next_times(
    ctx: typer.Context,
    file: ConfigFile = None,
    config: ConfigOption = None,
    count: Annotated[
        int,
        typer.Option(
            "--topk",
            "--count",
            min=1,
            max=10_000,
            help="How many times per subscription.",
        ),
    ] = 3,
) -> Iterator[Report]:
    """Show when each subscription runs next, in its own time zone."""
    from wandbwatch.cli.watchfile import load

    env: Env = ctx.obj
    path = load.found(named(file, config))
    from wandbwatch.model.report import Note

    read = load.configured(path, env)
    found = report(str(path), read.subscriptions, env.now(), count)
    notes = tuple(Note(text) for text in _problems(path, read, env.now()))
    yield replace(found, blocks=(*found.blocks, *notes))


def _problems(path: Path, read: Config, now: datetime) -> Iterator[str]:
    """Yield what prevents a daemon from running at these times, and what is muted."""
    from wandbwatch.config.paths import state_directory
    from wandbwatch.daemon import health
    from wandbwatch.delivery.outbox import Store
    from wandbwatch.formatting.numbers import moment
    from wandbwatch.model.errors import StateError

    directory = state_directory(read.daemon, path, os.environ)
    if not (directory / "state.db").exists():
        return
    try:
        with closing(Store(directory)) as store:
            found = health.read(store, read.subscriptions, now)
    except StateError as e:
        yield str(e)
        return
    if found.running:
        yield from (p.text for p in found.problems if not p.passing or not p.subject)
    for mute in found.mutes:
        why = f" ({mute.reason})" if mute.reason else ""
        yield f"{mute.target} is muted until {moment(mute.until)}{why}"


def report(
    title: str, subscriptions: Sequence[Subscription], now: datetime, count: int
) -> Report:
    """Tabulate the next *count* starts of each subscription, earliest first."""
    from wandbwatch.model.report import Note, Report, Table

    coming = [
        (when, s) for s in subscriptions for when in islice(_starts(s, now), count)
    ]
    rows = tuple(_row(when, s) for when, s in sorted(coming, key=itemgetter(0)))
    blocks = (Table("next", _COLUMNS, rows),) if rows else (Note("no upcoming runs"),)
    return Report("next", title, blocks)


def _starts(subscription: Subscription, now: datetime) -> Iterator[datetime]:
    """Yield each start after *now*, including one still delayed by its jitter."""
    from wandbwatch.config import schedule

    times = schedule.times(subscription)
    slot = times.after(now - subscription.jitter)
    while slot is not None:
        begins = schedule.start(subscription, slot)
        if begins > now:
            yield begins
        slot = times.after(slot)


def _row(when: datetime, subscription: Subscription) -> tuple[str | datetime, ...]:
    local = when.astimezone(ZoneInfo(subscription.zone))
    shown = f"{local:%a %Y-%m-%d %H:%M:%S %Z}"
    return (subscription.name, shown, when, subscription.channel, subscription.zone)


plugin = next_times
