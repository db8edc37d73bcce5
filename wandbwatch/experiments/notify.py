"""Messages on experiments: read the runs, write the report, have it sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from wandbwatch import plugins
from wandbwatch.analysis.failing import brief, error
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.experiments import batch_reports, reports, runs
from wandbwatch.experiments.ledger import Ledger, Messages
from wandbwatch.experiments.output import tail
from wandbwatch.model.delivery import MessageKind, QueuedMessage
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run
from wandbwatch.model.run_details import Printed

_SEND_FOR, _SEND_EVERY = 60.0, 1.0
"""Seconds to keep sending after a message is queued, and between two senders."""
_LIVE_EVERY = 5.0
"""Seconds between two edits of a batch's live message."""
_QUERY_TIMEOUT = 60.0
"""Seconds for W&B to answer one query."""
_END_PLACE = 100
"""The place of an end's first message: after the start's, even in one moment."""
_MAX_EARLIER_RUNS = 50


def end_report(
    one: Experiment, ledger: Ledger, *, again: bool = False
) -> tuple[Experiment, Report]:
    """Return *one* with its score, and the report on its end."""
    local = runs.find(one, ledger.of_batch(one.batch))
    found = tuple(_with_url(run, one) for run in local)
    batch = ledger.size(one.batch) > 1
    remote = {} if found or _offline() else runs.in_wandb(one, _query, batch=batch)
    scored = replace(one, score=reports.score(one, found))
    earlier = (*ledger.earlier_scores(one), *_project_scores(one, found))
    output = tail(one.log, reports.TAIL)
    report = reports.ended(
        scored, found, earlier, output, again=again, asked=_asked(one)
    )
    if not found and remote.get("url"):
        report = replace(report, url=str(remote["url"]))
    return scored, report


def _offline() -> bool:
    return os.environ.get("WANDB_MODE") in ("offline", "disabled", "dryrun")


def _asked(one: Experiment) -> str:
    """Say where the runs of *one* were looked for."""
    if one.plan.project and not _offline():
        return "on this machine or in W&B"
    return "on this machine"


def _with_url(run: Run, one: Experiment) -> Run:
    """Add the URL of *run*, if a W&B server knows it, and its entity."""
    known = run.entity or runs.is_online(run, one)
    if run.url or not run.project or not known or _offline():
        return run
    parts = (run.entity, run.project, run.id)
    url = _query(["summary", "/".join(filter(None, parts))]).get("url")
    if not isinstance(url, str):
        return run
    return replace(run, url=url, entity=run.entity or url.split("/")[-4])


def _project_scores(one: Experiment, found: Sequence[Run]) -> tuple[float, ...]:
    """Return the scores of older runs in its W&B project, if its run is in W&B."""
    run = next((run for run in found if run.url), None)
    if run is None or not one.plan.best or one.started is None:
        return ()
    objective = Objective.read(one.plan.best)
    report = _query(best_runs_query(run, objective))
    return earlier_values(report, objective, one.started) if report else ()


def _query(words: Sequence[str]) -> Mapping[str, Any]:
    """Return the JSON report of a command line of ours; empty if it fails.

    It runs as another process, so that the wandb package is not loaded into this one.
    """
    command = [sys.executable, "-m", "wandbwatch", *words, "-o", "json"]
    try:
        done = subprocess.run(  # noqa: S603 -- our own program
            command, capture_output=True, timeout=_QUERY_TIMEOUT, check=True
        )
        report: Mapping[str, Any] = json.loads(done.stdout)["reports"][0]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError):
        return {}
    return report


class Notifier:
    """See `outcomes.EventNotifier`."""

    def __init__(
        self, ledger: Ledger, sender: SenderProcess | None = None, batch: int = 0
    ) -> None:
        """*batch*: the batch that is watched. Without a *sender* nothing is sent."""
        self._ledger = ledger
        self._sender = sender
        self._batch = batch
        self._stale = False
        """Whether the live message misses a change."""
        self._live_due = float("-inf")

    def started(self, one: Experiment) -> Sequence[QueuedMessage]:
        if one.plan.channel is None:
            return ()
        if len(batch := self._ledger.of_batch(one.batch)) > 1:
            return self._of_batch(batch)
        return _messages(one, one.started, reports.started(one), 0)

    def ended(self, one: Experiment, *, again: bool) -> tuple[Experiment, Messages]:
        if self._ledger.size(one.batch) > 1:
            found = runs.own_runs(one)
            if not found and one.plan.best:
                found = runs.find(one, self._ledger.of_batch(one.batch))
            scored = replace(one, score=reports.score(one, found))
            return scored, lambda _: self._of_batch(self._ledger.of_batch(one.batch))
        scored, report = end_report(one, self._ledger, again=again)
        return scored, lambda new: _messages(scored, new.ended, report, _END_PLACE)

    def _of_batch(self, batch: Sequence[Experiment]) -> Sequence[QueuedMessage]:
        """Return the live message of *batch*, if it is due, and the one on its end."""
        if batch[0].plan.channel is None:
            return ()
        over = all(one.phase.over for one in batch)
        now = time.monotonic()
        self._stale = not over and now < self._live_due
        if self._stale:
            return ()
        self._live_due = now + _LIVE_EVERY
        moment = self._ledger.store.now()
        batch = [with_error(one) for one in batch]
        found = [*_batch_messages(batch[0], moment, batch_reports.live(batch))]
        if over:
            ended = batch_reports.report(batch, most=batch_reports.SHOWN)
            found += _batch_messages(batch[0], moment, ended)
        return found

    def _refresh(self) -> None:
        """Queue the live message of the batch if it is not up to date."""
        if not self._stale or time.monotonic() < self._live_due or not self._batch:
            return
        with Outbox(self._ledger.store).round() as round_:
            for message in self._of_batch(self._ledger.of_batch(self._batch)):
                round_.enqueue(message)
        self.send()

    def send(self) -> None:
        """Start a sender, ours or the daemon's, for the queued messages."""
        if self._sender:
            self._sender.request()

    def step(self) -> bool:
        """Queue and send what is due; return whether all of it is sent."""
        if self._sender is None:
            return True
        self._refresh()
        return self._sender.step()


class SenderProcess:
    """Starts senders for the messages in the outbox.

    A sender that is about to end can miss the newest message, so another one starts
    while messages are pending.
    """

    def __init__(self, store: Store, file: Path, environ: Mapping[str, str]) -> None:
        """*file*: the watch.toml with the channels."""
        self._store = store
        self._environ = environ
        self._file = file
        self._requested = False
        self._until = self._last_start = float("-inf")
        self._process: subprocess.Popen[bytes] | None = None

    def request(self) -> None:
        """Note that messages may have been queued."""
        if not Outbox(self._store).pending():
            return
        self._requested = True
        self._until = time.monotonic() + _SEND_FOR
        self.step()

    def step(self) -> bool:
        """Start another sender if one is needed; return whether sending is done."""
        if self._process and self._process.poll() is None:
            return False
        now = time.monotonic()
        pending = now < self._until and Outbox(self._store).pending() > 0
        if not (self._requested or pending):
            return True
        if self._requested or now - self._last_start > _SEND_EVERY:
            self._requested, self._last_start = False, now
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [sys.executable, "-m", "wandbwatch", "send", str(self._file), "--once"],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        return False


def with_error(one: Experiment) -> Experiment:
    """Add the error that a failed one printed, as the reason of its end."""
    if one.phase is not Phase.FAILED or one.reason:
        return one
    return replace(one, reason=_error(one.log, one.ended))


@lru_cache(maxsize=1024)
def _error(log: str, _ended: datetime | None) -> str:
    """Return the error at the end of *log*; another attempt ends at another time."""
    return brief(error(map(Printed, tail(log, reports.TAIL))))


def _messages(
    one: Experiment, slot: datetime | None, report: Report, first: int
) -> Sequence[QueuedMessage]:
    if one.plan.channel is None or slot is None:
        return ()
    messages = plugins.load("wandbwatch.renderers", "discord")([report])
    return tuple(
        QueuedMessage(
            one.plan.channel,
            f"experiment {one.id}",
            slot,
            first + place,
            message,
            MessageKind.EVENT,
            level=report.level,
        )
        for place, message in enumerate(messages)
    )


def _batch_messages(
    one: Experiment, moment: datetime, report: Report
) -> Sequence[QueuedMessage]:
    """Return *report* on the batch of *one*; live, unless it is an event."""
    live = not report.event
    messages = plugins.load("wandbwatch.renderers", "discord")([report])
    return tuple(
        QueuedMessage(
            one.plan.channel or "",
            f"batch {batch_reports.name(one.batch)}",
            moment,
            place if live else _END_PLACE + place,
            message,
            MessageKind.EVENT,
            level=report.level,
            edit=live,
            name=f"live#{place}" if live else "",
        )
        for place, message in enumerate(messages)
    )


def best_runs_query(run: Run, objective: Objective) -> Sequence[str]:
    """Return the command line that lists the best runs of *run*'s project."""
    direction = "-" if objective.largest else "+"
    address = f"{run.entity}/{run.project}"
    order = f"{direction}summary_metrics.{objective.key}"
    return ["project", address, "--order", order, "--topk", str(_MAX_EARLIER_RUNS)]


def earlier_values(
    report: Mapping[str, Any], objective: Objective, before: datetime
) -> tuple[float, ...]:
    """Return the finite values of the runs created before *before*.

    *report* is the JSON report of `best_runs_query`.
    """
    values = []
    for block in report["blocks"]:
        for row in block.get("rows", ()):
            value, created = finite(row.get(objective.key)), row.get("created")
            if value is not None and created and _time(created) < before:
                values.append(value)
    return tuple(values)


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
