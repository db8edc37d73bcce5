"""Experiments in the state database."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.experiments.processes import Process
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.queued_message import QueuedMessage

Letters = Callable[[Experiment], Sequence[QueuedMessage]]
"""What is told of an experiment as it then is."""


def nothing(_: Experiment) -> Sequence[QueuedMessage]:
    return ()


class Ledger:
    """Every change is one transaction, with the letters that tell of it."""

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
        """Write down what was asked for; nothing of it is started yet.

        Of one key *once* there is only one batch, which is returned again.
        """
        now = self.store.moment()
        with self.store.write() as database:
            there = database.execute(
                "SELECT min(batch) FROM experiment WHERE once = ?", (once,)
            ).fetchone()[0]
            if there is not None:
                return self.of_batch(there)
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

    def find(self, experiment_id: int) -> Experiment:
        found = self._rows("id = ?", experiment_id)
        if not found:
            raise UsageError(
                f"no experiment {experiment_id}; `wandbwatch experiments` lists them"
            )
        return found[0]

    def of_batch(self, batch: int) -> Sequence[Experiment]:
        return self._rows("batch = ? ORDER BY id", batch)

    def listed(self, limit: int) -> Sequence[Experiment]:
        return self._rows("1 ORDER BY id DESC LIMIT ?", limit or -1)

    def going(self) -> Sequence[int]:
        """Return the batches that are not over."""
        found = self.store.read(
            "SELECT DISTINCT batch FROM experiment"
            " WHERE phase IN ('waiting', 'running') ORDER BY batch"
        )
        return tuple(batch for (batch,) in found)

    def jobs(self, batch: int) -> int:
        """Return how many of *batch* may run at once."""
        found = self.store.read(
            "SELECT max(jobs) FROM experiment WHERE batch = ?", batch
        )
        return found[0][0] or 1

    def rivals(self, one: Experiment) -> Sequence[float]:
        """Return the scores of those that *one* compares with: what had ended before
        it did."""
        found = self.store.read(
            "SELECT score FROM experiment WHERE score IS NOT NULL AND id <> ?"
            " AND ended < ? AND json_extract(plan, '$.name') = ?"
            " AND json_extract(plan, '$.best') = ?",
            one.id,
            one.ended.timestamp() if one.ended else self.store.moment(),
            one.plan.name,
            one.plan.best,
        )
        return tuple(score for (score,) in found)

    def request(self, experiment_id: int) -> str:
        """Return what somebody asked to be done to it: int, term, kill or nothing."""
        found = self.store.read(
            "SELECT request FROM experiment WHERE id = ?", experiment_id
        )
        return found[0][0] if found else ""

    def ask(self, experiments: Sequence[Experiment], request: str, why: str) -> None:
        """Ask whoever looks after *experiments* for a signal to those not over."""
        with self.store.write() as database:
            for one in experiments:
                database.execute(
                    "UPDATE experiment SET request = ?,"
                    " reason = CASE reason WHEN '' THEN ? ELSE reason END"
                    " WHERE id = ? AND phase IN ('waiting', 'running')",
                    (request, why, one.id),
                )

    def begin(
        self, one: Experiment, log: str, directory: str, letters: Letters = nothing
    ) -> Experiment | None:
        """Write down that *one* is started now; None if it is not to be any more.

        It is written before there is a process: whoever finds it without one knows
        that it was lost.
        """
        now = self.store.moment()
        with Outbox(self.store).round() as round_:
            changed = round_.change(
                "UPDATE experiment SET phase = ?, attempt = attempt + 1, started = ?,"
                " ended = NULL, code = NULL, pid = NULL, born = NULL, log = ?,"
                " directory = ?"
                " WHERE id = ? AND phase = ? AND request = ''",
                *(Phase.RUNNING, now, log, directory, one.id, Phase.WAITING),
            )
            if not changed:
                return None
            begun = self.find(one.id)
            for letter in letters(begun):
                round_.enqueue(letter)
        return begun

    def has_process(self, one: Experiment, process: Process) -> None:
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
        letters: Letters = nothing,
    ) -> bool:
        """Write down how *ended* ended; False when that was done before.

        *phase* is WAITING when it is to be started once more.
        """
        now = self.store.moment()
        with Outbox(self.store).round() as round_:
            changed = round_.change(
                "UPDATE experiment SET phase = ?, ended = ?, code = ?, reason = ?,"
                " score = ? WHERE id = ? AND attempt = ?"
                " AND phase IN ('waiting', 'running')",
                *(phase, now, ended.code, ended.reason, ended.score),
                *(ended.id, ended.attempt),
            )
            if not changed:
                return False
            for letter in letters(self.find(ended.id)):
                round_.enqueue(letter)
        return True

    def _rows(self, where: str, *values: object) -> Sequence[Experiment]:
        found = self.store.read(
            f"SELECT {_COLUMNS} FROM experiment WHERE {where}", *values
        )
        return tuple(_experiment(row) for row in found)


_COLUMNS = (
    "id, batch, plan, phase, asked_by, asked, attempt, started, ended, code, reason,"
    " pid, log, directory, score, detached"
)


def _experiment(row: tuple[Any, ...]) -> Experiment:
    id_, batch, plan, phase, by, asked, attempt, started, ended, code = row[:10]
    reason, pid, log, directory, score, detached = row[10:]
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
    )


def _plan(text: str) -> Plan:
    read = json.loads(text)
    return Plan(**{**read, "launcher": tuple(read["launcher"])})


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
