from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile.options import ConfigFile, ConfigOption, named
from wandbwatch.model.errors import UsageError

if TYPE_CHECKING:
    from wandbwatch.delivery.outbox import OutboxEntry, StoppedChannel
    from wandbwatch.model.report import Block, Cell, Report

_OTHER_PROBLEMS = {"queue old", "list late", "list failing", "clock jump"}
"""Those of the daemon that the tables of messages do not show."""
_COLUMNS = ("channel", "subscription", "slot", "messages", "since", "reason")


def outbox(
    file: ConfigFile = None,
    *,
    config: ConfigOption = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Send failed messages again.")
    ] = False,
    drop: Annotated[
        bool, typer.Option("--drop", help="Delete failed messages.")
    ] = False,
) -> Iterator[Report]:
    """Show messages that wait or failed, and stopped channels."""
    from wandbwatch.config.load import load
    from wandbwatch.config.paths import config_file, local_zone, state_directory
    from wandbwatch.daemon import health
    from wandbwatch.delivery.outbox import OutboxAdmin, Store
    from wandbwatch.model.report import Note, Report

    if retry and drop:
        raise UsageError("use either --retry or --drop")
    path = config_file(named(file, config), os.environ)
    read = load(path, local_zone(os.environ))
    directory = state_directory(read.daemon, path, os.environ)
    if not (directory / "state.db").exists():
        yield Report("outbox", str(directory), (Note("nothing has been posted yet"),))
        return
    with closing(Store(directory)) as store:
        admin = OutboxAdmin(store)
        done = []
        if retry:
            done.append(f"{_messages(admin.retry())} will be sent again")
        if drop:
            done.append(f"{_messages(admin.drop())} deleted")
        held = admin.waiting(), admin.failed(), admin.stopped()
        problems = health.read(store, read.subscriptions, datetime.now(UTC)).problems
    done += [p.text for p in problems if p.kind in _OTHER_PROBLEMS]
    yield report(str(directory), *held, done)


def report(
    title: str,
    waiting: Sequence[OutboxEntry],
    failed: Sequence[OutboxEntry],
    stopped: Sequence[StoppedChannel],
    done: Sequence[str] = (),
) -> Report:
    """Table the lists of messages that wait or failed, and the stopped channels."""
    from wandbwatch.model.report import Level, Note, Report, Table

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
    if not (waiting or failed or stopped):
        blocks.append(Note("nothing waits"))
    level = Level.BAD if failed or stopped else Level.INFO
    return Report("outbox", title, tuple(blocks), level)


def _rows(entries: Sequence[OutboxEntry]) -> tuple[tuple[Cell, ...], ...]:
    """One row for the messages of a list that share a reason."""
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


def _messages(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"


plugin = outbox
