"""The experiments in the state database."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.experiments.processes import Process
from wandbwatch.model.delivery import QueuedMessage
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Experiment, Phase, Plan

Messages = Callable[[Experiment], Sequence[QueuedMessage]]
"""Returns the messages on an experiment, given its new state."""


_GOING = "('waiting', 'pending', 'running')"


def no_message(_: Experiment) -> Sequence[QueuedMessage]:
    return ()


class Ledger:
    """Each change and the messages on it are one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(
        self,
        plans: Sequence[Plan],
        jobs: int,
        by: str,
        *,
        detached: bool,
        once: str | None = None,
    ) -> Sequence[Experiment]:
        """Add a batch of waiting experiments, of which *jobs* may run at once.

        A second batch with the same key *once* is not added; the first is returned.
        """
        now = self.store.moment()
        with self.store.write() as database:
            existing = database.execute(
                "SELECT min(batch) FROM experiment WHERE once = ?", (once,)
            ).fetchone()[0]
            if existing is not None:
                return self.of_batch(existing)
            ids: list[int] = []
            for written in (json.dumps(asdict(plan)) for plan in plans):
                row = database.execute(
                    "INSERT INTO experiment"
                    " (batch, jobs, plan, phase, asked_by, asked, detached, once)"
                    " VALUES (0, ?, ?, ?, ?, ?, ?, ?)",
                    (jobs, written, Phase.WAITING, by, now, detached, once),
                )
                ids.append(row.lastrowid or 0)
            database.execute(
                "UPDATE experiment SET batch = ? WHERE id BETWEEN ? AND ?",
                (ids[0], ids[0], ids[-1]),
            )
        return self.of_batch(ids[0])

    def going(self, by: str, besides: str) -> int | None:
        """Return an experiment started *by* somebody that has not ended, if any.

        Not of a batch whose key ``once`` begins with *besides*.
        """
        found = self.store.read(
            f"SELECT min(id) FROM experiment WHERE phase IN {_GOING} AND asked_by = ?"
            " AND substr(once, 1, ?) <> ?",
            by,
            len(besides),
            besides,
        )
        first: int | None = found[0][0]
        return first

    def find(self, experiment_id: int) -> Experiment:
        found = self._rows("id = ?", experiment_id)
        if not found:
            raise UsageError(
                f"no experiment {experiment_id}; `wandbwatch experiments` lists them"
            )
        return found[0]

    def of_batch(self, batch: int) -> Sequence[Experiment]:
        return self._rows("batch = ? ORDER BY id", batch)

    def waiting(self, batch: int, most: int) -> Sequence[Experiment]:
        """Return the first *most* of *batch* that may start; -1: all."""
        return self._rows(
            "batch = ? AND phase = 'waiting' AND request = '' ORDER BY id LIMIT ?",
            *(batch, most),
        )

    def withdrawn(self, batch: int) -> Sequence[Experiment]:
        """Return those of *batch* that were stopped before their start."""
        return self._rows("batch = ? AND phase = 'waiting' AND request <> ''", batch)

    def size(self, batch: int) -> int:
        """Return the number of experiments in *batch*."""
        return int(
            self.store.read("SELECT count(*) FROM experiment WHERE batch = ?", batch)[
                0
            ][0]
        )

    def listed(self, limit: int) -> Sequence[Experiment]:
        return self._rows("1 ORDER BY id DESC LIMIT ?", limit or -1)

    def unfinished(self) -> Sequence[int]:
        """Return the batches with experiments that are not over."""
        found = self.store.read(
            "SELECT DISTINCT batch FROM experiment"
            f" WHERE phase IN {_GOING} ORDER BY batch"
        )
        return tuple(batch for (batch,) in found)

    def jobs(self, batch: int) -> int:
        """Return how many of *batch* may run at once."""
        found = self.store.read(
            "SELECT max(jobs) FROM experiment WHERE batch = ?", batch
        )
        return found[0][0] or 1

    def earlier_scores(self, one: Experiment) -> Sequence[float]:
        """Return the scores of experiments with the same name and metric that ended
        before *one*."""
        found = self.store.read(
            "SELECT score FROM experiment WHERE score IS NOT NULL AND id <> ?"
            " AND ended < ? AND phase IN ('finished', 'stopped')"
            " AND json_extract(plan, '$.name') = ?"
            " AND json_extract(plan, '$.best') = ?",
            one.id,
            one.ended.timestamp() if one.ended else self.store.moment(),
            one.plan.name,
            one.plan.best,
        )
        return tuple(score for (score,) in found)

    def request(self, experiment_id: int) -> str:
        """Return the pending request: ``int``, ``term``, ``kill`` or nothing."""
        found = self.store.read(
            "SELECT request FROM experiment WHERE id = ?", experiment_id
        )
        return found[0][0] if found else ""

    def ask(self, batch: Sequence[Experiment], request: str, reason: str) -> None:
        """Ask their supervisor to signal those of *batch* that are not over."""
        with self.store.write() as database:
            for one in batch:
                database.execute(
                    "UPDATE experiment SET request = ?,"
                    " reason = CASE WHEN reason = '' OR phase = 'pending'"
                    " THEN ? ELSE reason END"
                    f" WHERE id = ? AND phase IN {_GOING}",
                    (request, reason, one.id),
                )

    def begin(
        self,
        one: Experiment,
        log: str,
        directory: str,
        messages: Messages = no_message,
        *,
        job: str = "",
        gpus: Callable[[Collection[int]], str] | None = None,
        pending: bool = False,
    ) -> Experiment | None:
        """Record a start; None if *one* must not start any more.

        Called before there is a process or a job, so that a start which never got one
        can be recognized as lost. *pending*: it first waits in the queue of an engine.
        *gpus* chooses its GPUs, given those that other experiments use; if it returns
        none, *one* does not start now.
        """
        now = self.store.moment()
        with Outbox(self.store).round() as round_:
            chosen = gpus(self._taken_gpus()) if gpus else ""
            if gpus and not chosen:
                return None
            changed = round_.change(
                "UPDATE experiment SET phase = ?, attempt = attempt + 1, started = ?,"
                " ended = NULL, code = NULL, pid = NULL, born = NULL, reason = '',"
                " log = ?, directory = ?"
                " WHERE id = ? AND phase = ? AND request = ''",
                Phase.PENDING if pending else Phase.RUNNING,
                None if pending else now,
                *(log, directory, one.id, Phase.WAITING),
            )
            if not changed:
                return None
            round_.change(
                "INSERT OR REPLACE INTO placement VALUES (?, ?, ?)", one.id, job, chosen
            )
            started = self.find(one.id)
            if not pending:
                for message in messages(started):
                    round_.enqueue(message)
        return started

    def _taken_gpus(self) -> Collection[int]:
        """Return the GPUs of all running experiments, of any batch."""
        found = self.store.read(
            "SELECT gpus FROM placement JOIN experiment ON experiment = id"
            " WHERE phase = ? AND gpus <> ''",
            Phase.RUNNING,
        )
        return {int(gpu) for (gpus,) in found for gpu in gpus.split(",")}

    def set_running(
        self, one: Experiment, started: float | None, messages: Messages = no_message
    ) -> Experiment:
        """Record that a pending experiment runs, since *started* in POSIX seconds."""
        with Outbox(self.store).round() as round_:
            round_.change(
                "UPDATE experiment SET phase = ?, started = ?,"
                " reason = CASE request WHEN '' THEN '' ELSE reason END"
                " WHERE id = ? AND phase = ?",
                *(Phase.RUNNING, started or self.store.moment()),
                *(one.id, Phase.PENDING),
            )
            running = self.find(one.id)
            for message in messages(running):
                round_.enqueue(message)
        return running

    def set_pending(self, one: Experiment, reason: str) -> None:
        """Record why a job waits in the queue of its engine."""
        with self.store.write() as database:
            database.execute(
                "UPDATE experiment SET phase = ?, reason = ?, started = NULL"
                " WHERE id = ? AND request = '' AND phase IN ('pending', 'running')",
                (Phase.PENDING, reason, one.id),
            )

    def set_job(self, batch: Sequence[Experiment], job: Callable[[int], str]) -> None:
        """Record the engine's names of jobs; *job* returns one for an id."""
        with self.store.write() as database:
            database.executemany(
                "UPDATE placement SET job = ? WHERE experiment = ?",
                [(job(one.id), one.id) for one in batch],
            )

    def postpone(self, one: Experiment) -> None:
        """Take back a start that never reached its engine."""
        with self.store.write() as database:
            database.execute(
                "UPDATE experiment SET phase = ?, attempt = attempt - 1"
                " WHERE id = ? AND phase = ?",
                (Phase.WAITING, one.id, Phase.PENDING),
            )

    def set_directory(self, one: Experiment, directory: str) -> None:
        """Record where its runs are: its script chose another directory."""
        with self.store.write() as database:
            database.execute(
                "UPDATE experiment SET directory = ? WHERE id = ? AND attempt = ?",
                (directory, one.id, one.attempt),
            )

    def set_process(self, one: Experiment, process: Process) -> None:
        with self.store.write() as database:
            database.execute(
                "UPDATE experiment SET pid = ?, born = ? WHERE id = ?",
                (process.pid, process.born, one.id),
            )

    def process(self, one: Experiment) -> Process | None:
        found = self.store.read("SELECT pid, born FROM experiment WHERE id = ?", one.id)
        pid, born = found[0]
        return None if pid is None else Process(pid, born)

    def end(
        self,
        ended: Experiment,
        phase: Phase,
        messages: Messages = no_message,
    ) -> bool:
        """Record an end; False if it is already recorded.

        *phase* is WAITING if another attempt follows.
        """
        now = ended.ended.timestamp() if ended.ended else self.store.moment()
        with Outbox(self.store).round() as round_:
            changed = round_.change(
                "UPDATE experiment SET phase = ?, ended = ?, code = ?, reason = ?,"
                " score = ? WHERE id = ? AND attempt = ?"
                f" AND phase IN {_GOING}",
                *(phase, now, ended.code, ended.reason, ended.score),
                *(ended.id, ended.attempt),
            )
            if not changed:
                return False
            for message in messages(self.find(ended.id)):
                round_.enqueue(message)
        return True

    def _rows(self, where: str, *values: object) -> Sequence[Experiment]:
        found = self.store.read(
            f"SELECT {_COLUMNS} FROM experiment"
            f" LEFT JOIN placement ON experiment = id WHERE {where}",
            *values,
        )
        return tuple(_experiment(row) for row in found)


_COLUMNS = (
    "id, batch, plan, phase, asked_by, asked, attempt, started, ended, code, reason,"
    " pid, log, directory, score, detached, job, gpus"
)


def _experiment(row: tuple[Any, ...]) -> Experiment:
    id_, batch, plan, phase, by, asked, attempt, started, ended, code = row[:10]
    reason, pid, log, directory, score, detached, job, gpus = row[10:]
    return Experiment(
        id_,
        batch,
        _plan(plan),
        Phase(phase),
        by,
        datetime.fromtimestamp(asked, UTC),
        attempt,
        _moment(started),
        _moment(ended),
        code,
        reason,
        pid,
        log,
        directory,
        score,
        bool(detached),
        job or "",
        gpus or "",
    )


@lru_cache(maxsize=1024)
def _plan(text: str) -> Plan:
    values = json.loads(text)
    for name in ("launcher", "retry_on", "gpus"):
        if name in values:
            values[name] = tuple(values[name])
    return Plan(**values)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
