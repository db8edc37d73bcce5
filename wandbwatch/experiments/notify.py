"""Report on experiments: read their runs, build reports, queue messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wandbwatch import plugins
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.experiments import reports
from wandbwatch.experiments.ledger import Ledger, Letters
from wandbwatch.experiments.output import tail
from wandbwatch.model.address import Local
from wandbwatch.model.errors import SourceError
from wandbwatch.model.experiment import Experiment
from wandbwatch.model.query import Query
from wandbwatch.model.queued_message import MessageKind, QueuedMessage
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run

_PATIENCE, _REST = 60.0, 1.0
"""Seconds in which what is to be told is sent again, and between two senders."""
_ASKED = 60.0
"""Seconds that W&B has to answer one question about a run."""


def runs(one: Experiment) -> tuple[Run, ...]:
    """Return the runs that *one* left on this machine, the first one first."""
    path = Path(one.directory)
    if not one.directory or not path.is_dir():
        return ()
    try:
        source = plugins.load("wandbwatch.sources", "local")(Local(path))
        found: tuple[Run, ...] = source.runs(Query(order="+created_at")).runs
    except SourceError:
        return ()
    return found


def newest(one: Experiment) -> Run | None:
    """Return the run that *one* began last on this machine, if there is one."""
    found = runs(one)
    return found[-1] if found else None


def ending(
    one: Experiment, ledger: Ledger, *, again: bool = False
) -> tuple[Experiment, Report]:
    """Return *one* with what its runs came to, and the report of its end."""
    left = tuple(map(_linked, runs(one)))
    whole = replace(one, score=reports.score(one, left))
    earlier = (*ledger.rivals(one), *_rivals(one, left))
    output = tail(one.log, reports.TAIL)
    return whole, reports.ended(whole, left, earlier, output, again=again)


def _linked(run: Run) -> Run:
    """Give *run* the address of its page, if a server knows it: none is made up.

    Asked by a process of its own: the wandb package is not for one that stays.
    """
    if run.url or not (run.entity and run.project) or os.environ.get("WANDB_MODE"):
        return run
    told = _answer(["summary", f"{run.entity}/{run.project}/{run.id}"])
    url = told.get("url")
    return replace(run, url=url) if isinstance(url, str) else run


def _rivals(one: Experiment, left: Sequence[Run]) -> tuple[float, ...]:
    """Return what older runs of its project in W&B came to, where it is one there."""
    run = next((run for run in left if run.url), None)
    if run is None or not one.plan.best or one.started is None:
        return ()
    aim = Objective.read(one.plan.best)
    told = _answer(question(run, aim))
    return values(told, aim, one.started) if told else ()


def _answer(words: Sequence[str]) -> Mapping[str, Any]:
    """Ask W&B by a command line of ours; return its report, empty if there is none."""
    command = [sys.executable, "-m", "wandbwatch", *words, "-o", "json"]
    try:
        told = subprocess.run(  # noqa: S603 -- our own program
            command, capture_output=True, timeout=_ASKED, check=True
        )
        report: Mapping[str, Any] = json.loads(told.stdout)["reports"][0]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError):
        return {}
    return report


class Notifier:
    """See `keeper.Herald`."""

    def __init__(
        self, ledger: Ledger, file: Path | None, environ: Mapping[str, str]
    ) -> None:
        """*file* is the watch.toml that has the channels."""
        self._ledger = ledger
        self._file = file
        self._environ = environ
        self._wanted = False
        self._until = self._began = float("-inf")
        self._sender: subprocess.Popen[bytes] | None = None

    def started(self, one: Experiment) -> Sequence[QueuedMessage]:
        return _letters(one, one.started, reports.started(one), 0)

    def ended(self, one: Experiment, *, again: bool) -> tuple[Experiment, Letters]:
        whole, report = ending(one, self._ledger, again=again)
        return whole, lambda told: _letters(whole, told.ended, report, _AFTER)

    def send(self) -> None:
        """Let what waits be sent, by a sender of ours or of a daemon."""
        self._wanted = True
        self._until = time.monotonic() + _PATIENCE
        self.look()

    def look(self) -> bool:
        """Go on with that; return whether all that we could do for it is done.

        A sender that was at its end when another began has not seen what came last,
        so there is another one while anything waits.
        """
        if self._file is None:
            return True
        if self._sender and self._sender.poll() is None:
            return False
        now = time.monotonic()
        left = now < self._until and Outbox(self._ledger.store).pending() > 0
        if not (self._wanted or left):
            return True
        if self._wanted or now - self._began > _REST:
            self._wanted, self._began = False, now
            self._sender = subprocess.Popen(  # noqa: S603 -- our own program
                [sys.executable, "-m", "wandbwatch", "send", str(self._file), "--once"],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        return False


_AFTER = 100
"""The end has places behind those of its start, which may have been at one moment."""


def _letters(
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


_LOOKED_AT = 50


def question(run: Run, aim: Objective) -> Sequence[str]:
    """Return the words that ask for the best runs of the project of *run*."""
    way = "-" if aim.largest else "+"
    address = f"{run.entity}/{run.project}"
    order = f"{way}summary_metrics.{aim.key}"
    return ["project", address, "--order", order, "--topk", str(_LOOKED_AT)]


def values(
    told: Mapping[str, Any], aim: Objective, before: datetime
) -> tuple[float, ...]:
    """Return the finite values of those runs that are older than *before*.

    *told* is the report that answers `question`, as JSON has it.
    """
    found = []
    for block in told["blocks"]:
        for row in block.get("rows", ()):
            value, created = finite(row.get(aim.key)), row.get("created")
            if value is not None and created and _moment(created) < before:
                found.append(value)
    return tuple(found)


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
