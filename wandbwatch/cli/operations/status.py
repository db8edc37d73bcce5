from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile import ConfigFile, ConfigOption, named
from wandbwatch.model.errors import ExitCode, WandbwatchError

if TYPE_CHECKING:
    from wandbwatch.daemon.health import Health
    from wandbwatch.model.cell import Cell
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Block, Report


class ProblemsError(WandbwatchError):
    """The daemon has problems."""

    exit_code = ExitCode.CONDITION


class NotRunningError(WandbwatchError):
    exit_code = ExitCode.NOT_FOUND


def status(
    ctx: typer.Context,
    file: ConfigFile = None,
    *,
    config: ConfigOption = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print Prometheus metrics instead.")
    ] = False,
) -> Iterator[Report]:
    """Show the daemon's state: subscriptions, waiting messages and problems.

    The exit code is 0 while all is well, 3 when there is a problem, and 5 when no
    daemon is running.
    """
    env: Env = ctx.obj
    path, health = _look(file, config, env.now())
    if metrics:
        typer.echo("\n".join(prometheus(health)))
    else:
        yield report(path, health)
    if not health.running:
        raise NotRunningError(f"no daemon is running on the state of {path}")
    problems = [p for p in health.problems if not p.passing]
    if problems:
        raise ProblemsError(f"{len(problems)} problem{'s' * (len(problems) > 1)}")


def _look(file: ConfigFile, config: ConfigOption, now: datetime) -> tuple[str, Health]:
    from wandbwatch.config.paths import opened
    from wandbwatch.daemon import health
    from wandbwatch.delivery.outbox import Store

    path, read, directory = opened(named(file, config), os.environ)
    if not (directory / "state.db").exists():
        raise NotRunningError(f"no daemon has run with {path}: {directory} is empty")
    with closing(Store(directory)) as store:
        return str(path), health.read(store, read.subscriptions, now)


def report(title: str, health: Health) -> Report:
    from wandbwatch.model.cell import Level
    from wandbwatch.model.report import Fields, Note, Report, Table

    problems = health.problems
    blocks: list[Block] = [Fields("daemon", tuple(_daemon(health)))]
    if problems:
        rows = tuple((p.text, p.kind, p.subject, p.since) for p in problems)
        columns = ("problem", "kind", "subject", "since")
        blocks.append(Table("problems", columns, rows))
    if health.lists:
        lists = tuple(
            (one.name, one.last, one.next, one.failure.text if one.failure else "")
            for one in health.lists
        )
        columns = ("subscription", "last slot", "next", "error")
        blocks.append(Table("subscriptions", columns, lists))
    if health.backlog:
        waiting = tuple(
            (one.channel, one.messages, one.oldest, one.reason)
            for one in health.backlog
        )
        columns = ("channel", "messages", "oldest", "reason")
        blocks.append(Table("waiting", columns, waiting))
    if health.mutes:
        muted = tuple((m.target, m.kind.value, m.until, m.reason) for m in health.mutes)
        columns = ("muted", "kind", "until", "reason")
        blocks.append(Table("mutes", columns, muted))
    if not problems:
        blocks.append(Note("all is well"))
    level = Level.BAD if health.alarming else Level.GOOD
    return Report("status", title, tuple(blocks), level)


def _daemon(health: Health) -> Iterator[tuple[str, Cell]]:
    yield "running", health.running
    if health.running:
        since = datetime.fromtimestamp(health.record.since, UTC)
        yield "since", since
        yield "pid", health.record.pid
    yield "waiting messages", sum(one.messages for one in health.backlog)
    yield "failed messages", health.failed


def prometheus(health: Health) -> Iterator[str]:
    """Yield lines in Prometheus' text format."""
    record = health.record
    gauges: list[tuple[str, str, Iterable[tuple[str, float]]]] = [
        ("up", "Whether the daemon is running.", [("", health.running)]),
        ("start_time_seconds", "When it started.", [("", record.since)]),
        (
            "problem",
            "One for each present problem.",
            [(_labels(kind=p.kind, subject=p.subject), 1) for p in health.problems],
        ),
        ("problems", "How many problems there are.", [("", len(health.problems))]),
        ("messages_failed", "Messages that were given up.", [("", health.failed)]),
        (
            "messages_waiting",
            "Messages that wait to be posted.",
            [(_labels(channel=b.channel), b.messages) for b in health.backlog],
        ),
        (
            "oldest_waiting_seconds",
            "Age of the oldest waiting message.",
            [
                (_labels(channel=b.channel), (health.at - b.oldest) / _SECOND)
                for b in health.backlog
            ],
        ),
        (
            "channel_stopped",
            "One for each stopped channel.",
            [(_labels(channel=s.channel), 1) for s in health.stopped],
        ),
        (
            "muted_until_seconds",
            "When a mute ends.",
            [(_labels(target=m.target), m.until.timestamp()) for m in health.mutes],
        ),
        (
            "subscription_failing",
            "Whether the latest job of a subscription failed.",
            [
                (_labels(subscription=one.name), one.failure is not None)
                for one in health.lists
            ],
        ),
        (
            "subscription_last_slot_seconds",
            "The last slot of a subscription.",
            [
                (_labels(subscription=one.name), one.last.timestamp())
                for one in health.lists
                if one.last
            ],
        ),
        (
            "subscription_next_start_seconds",
            "When a subscription runs next.",
            [
                (_labels(subscription=one.name), one.next.timestamp())
                for one in health.lists
                if one.next
            ],
        ),
    ]
    for name, text, samples in gauges:
        yield f"# HELP wandbwatch_{name} {text}"
        yield f"# TYPE wandbwatch_{name} gauge"
        for labels, value in samples:
            yield f"wandbwatch_{name}{labels} {float(value):.15g}"


_SECOND = timedelta(seconds=1)


def _labels(**labels: str) -> str:
    escaped = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(escaped) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


plugin = status
