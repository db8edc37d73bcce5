"""Run subscriptions once in workers, and send their messages."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import typer

from wandbwatch.cli.output import dry_run as drawn
from wandbwatch.cli.watchfile import load
from wandbwatch.config import redaction
from wandbwatch.config.load import Config
from wandbwatch.config.paths import state_directory
from wandbwatch.daemon import journal
from wandbwatch.daemon.child import JobResult
from wandbwatch.daemon.job_queue import job
from wandbwatch.daemon.pool import WorkerFactory, run_once
from wandbwatch.daemon.start import tidy
from wandbwatch.delivery import service
from wandbwatch.delivery.mutes import Mutes
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Store
from wandbwatch.delivery.sender import BusyError
from wandbwatch.experiments import supervisor_process
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageFile
from wandbwatch.model.errors import ExitCode, UsageError
from wandbwatch.model.ports import Env

log = logging.getLogger("wandbwatch.run")
NOT_TAKEN = "%s: not accepted: %s; see `wandbwatch outbox`"


def run(
    env: Env, file: Path | None, named: Sequence[str], *, dry_run: bool, as_json: bool
) -> int:
    """Run the subscriptions *named*, or all, of *file*; return the exit code."""
    journal.set_up(os.environ, as_json=as_json)
    if as_json:
        journal.wrap_children()
    redaction.install()
    path = load.found(file).absolute()
    read = load.configured(path, env)
    code = 0
    if not dry_run:
        _begin(read, path)
    flags = [*(["--dry"] if dry_run else []), *(["--json-logs"] if as_json else [])]
    for answer in _answers(path, read, named, flags):
        code = max(code, answer.code)
        _report(answer)
        _show(answer, read)
    if dry_run:
        return code
    code = max(code, _send(read, path))
    _keep(read, path)
    return code


def _begin(config: Config, file: Path) -> None:
    """Apply the state's settings and end expired mutes, as the daemon does."""
    state = state_directory(config.daemon, file, os.environ)
    with closing(Store(state)) as store:
        Outbox(store).set_keep(config.keep)
        for mute in Mutes(store).end_due():
            log.info("%s is no longer muted", mute.target)


def _keep(config: Config, file: Path) -> None:
    """Start a supervisor that outlives us for each batch that a list started."""
    state = state_directory(config.daemon, file, os.environ)
    with closing(Store(state)) as store:
        supervisor_process.recover(Ledger(store), file)
        tidy(store, config.keep)


def _answers(
    path: Path, config: Config, names: Sequence[str], flags: Sequence[str]
) -> Iterator[JobResult]:
    known = {subscription.name: subscription for subscription in config.subscriptions}
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(f"{path}: no subscription {name!r}; there are: {there}")
    now = datetime.now(UTC)
    jobs = [job(known[name], now) for name in names or known]
    with tempfile.TemporaryDirectory(prefix="wandbwatch-run-") as directory:
        place = Path(directory)
        workshop = WorkerFactory(path, config, os.environ, place, tuple(flags))
        yield from run_once(jobs, workshop.start, config.daemon.jobs)


def _report(answer: JobResult) -> None:
    name = answer.job.subscription
    for error in answer.errors:
        log.error("%s: %s", name, error)
    log.info("%s: messages: %d", name, answer.messages)


def _show(answer: JobResult, config: Config) -> None:
    """Print the messages of a dry run."""
    for told in answer.dry:
        files = tuple(MessageFile(name, b"") for name in told["files"])
        channel = config.channels[told["channel"]]
        message = Message(told["body"], files)
        said = service.shown(message, Level(told["level"]), channel)
        whole = {"subscription": answer.job.subscription, **said}
        typer.echo(drawn(whole))


def _send(config: Config, file: Path) -> int:
    """Send the queued messages, unless a running daemon does."""
    state = state_directory(config.daemon, file, os.environ)
    try:
        service.send(config, state, threading.Event(), once=True)
    except BusyError as e:
        log.info("%s", e)
        return ExitCode.FINE
    with closing(Store(state)) as store:
        return _left(OutboxAdmin(store))


def _left(admin: OutboxAdmin) -> int:
    """Report the messages that were refused or still wait."""
    for entry in admin.failed():
        log.error(NOT_TAKEN, entry.subscription, entry.reason)
    for stop in admin.stopped():
        log.error("%s: stopped: %s", stop.channel, stop.reason)
    waiting = len(admin.waiting())
    if waiting:
        log.warning("messages waiting for the next run or the daemon: %d", waiting)
    bad = waiting or admin.failed() or admin.stopped()
    return ExitCode.NETWORK if bad else ExitCode.FINE
