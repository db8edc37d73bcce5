"""A state.db of an older version: what waits is sent, nothing is reported twice."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wandbwatch.cli.operations.worker import job_context
from wandbwatch.daemon.jobs.job import run_job
from wandbwatch.model.address import Address, Local
from wandbwatch.model.ports import Source
from wandbwatch.model.settings import Cron, Mode, Subscription
from wandbwatch.sources.local.source import LocalSource

from tests.delivery.sender.harness import SenderHarness
from tests.fakes import FakeSource, fake_env
from tests.runs import synthetic
from tests.servers.discord import Hook

DUMP = Path(__file__).with_name("state_of_fb70fc4.sql")
STARTED = 1_795_916_748.0
"""When the runs of the dump started, in POSIX seconds."""
LATER = datetime(2026, 11, 29, 1, 51, 30, tzinfo=UTC)
"""After the last retry that the dump waits for."""
BOARD, FIRING = "1500000000000000001", "1500000000000000005"
"""The live messages of the dump: a list of runs, and a firing alert."""
LISTS = {
    "board": Subscription(
        "board", "lab", Cron("0 9 * * *"), ("project ./runs",), mode=Mode.EDIT
    ),
    "life": Subscription("life", "lab", Cron("0 9 * * *"), ("events ./runs",)),
    "watch": Subscription(
        "watch", "lab", Cron("0 9 * * *"), ("alert ./runs --when 'x > 5'",)
    ),
}


class Upgraded(SenderHarness):
    """Today's version on the old state; its clock starts at `LATER`."""

    def __init__(self, directory: Path) -> None:
        restore(directory / "state")
        super().__init__(directory)
        self.clock.at = LATER
        hook = Hook("11", "token-lab", "3lab")
        payload = {"content": "old", "allowed_mentions": {"parse": []}}
        for _ in range(int(FIRING) - int(BOARD) + 1):
            self.server.board.post(hook, payload, (), None, lambda: None)
        for record in self.server.messages:
            if record["id"] not in {BOARD, FIRING}:
                self.server.board.delete(record["id"])

    def run(self, name: str) -> None:
        """Run a subscription on the runs as they are now, and send what it says."""
        self.clock.wait(1)
        env = replace(
            fake_env(FakeSource()),
            source=self._source,
            now=lambda: self.now,
        )
        run_job(LISTS[name], self.now, job_context(env, self.store))
        self.deliver()

    def _source(self, address: Address) -> Source:
        assert isinstance(address, Local)
        return LocalSource(address, self.now.timestamp)

    @property
    def now(self) -> datetime:
        now: datetime = self.clock.now()
        return now

    def message(self, id_: str) -> dict[str, Any]:
        return self.server.board.messages[id_]


def restore(state: Path) -> None:
    state.mkdir()
    with closing(sqlite3.connect(state / "state.db")) as database:
        database.executescript(DUMP.read_text())


def write_run(run_id: str, *values: float, code: int | None = None) -> None:
    """Write a run as it was for the old version, or after; running without *code*."""
    records = [
        synthetic.run(run_id, STARTED, name=f"life of {run_id}", project="gpt"),
        *(
            record
            for step, x in enumerate(values)
            for record in synthetic.row({"x": x}, step, STARTED)
        ),
        *([] if code is None else [synthetic.exit_record(code)]),
    ]
    directory = Path("runs", f"offline-run-20231114_221320-{run_id}")
    file = synthetic.write(directory / f"run-{run_id}.wandb", records)
    os.utime(file, (LATER.timestamp(), LATER.timestamp()))


@pytest.fixture
def upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upgraded]:
    monkeypatch.chdir(tmp_path)
    write_run("owl", 1, 2, 3, code=1)
    write_run("elk", 1, 2, 9, 1)
    harness = Upgraded(tmp_path)
    yield harness
    harness.close()


def title(record: dict[str, Any]) -> str:
    shown: str = record["message"]["embeds"][0]["title"]
    return shown.replace("\\", "")


def test_messages_waiting_in_an_old_state_are_sent(upgraded):
    upgraded.deliver()
    assert upgraded.admin.waiting() == upgraded.admin.failed() == ()
    board, alert, *posted = upgraded.server.messages
    assert board["id"] == BOARD
    assert title(board) == "gpt in ./runs"
    assert alert["edits"] == []
    assert [title(record) for record in posted] == [
        "✗ life of owl failed (gpt/owl)",
        "✓ life of elk: no longer x > 5 (gpt/elk)",
    ]
    assert [file["filename"] for file in posted[0]["files"]] == ["x.png"]
    assert upgraded.server.warnings == []


def test_live_messages_of_an_old_state_are_edited(upgraded):
    upgraded.deliver()
    count = len(upgraded.server.messages)
    write_run("elk", 1, 2, 9, 1, 9)
    upgraded.run("board")
    upgraded.run("watch")
    assert len(upgraded.server.messages) == count
    assert "last step 4" in str(upgraded.message(BOARD)["message"]["embeds"])
    assert (
        title(upgraded.message(FIRING))
        == "✗ life of elk: x 9 > 5 since 01:51 UTC; 2 times, with breaks"
    )
    assert upgraded.server.warnings == []


def test_an_old_state_reports_no_event_twice(upgraded):
    upgraded.deliver()
    requests = len(upgraded.server.requests)
    upgraded.run("life")
    upgraded.run("watch")
    assert len(upgraded.server.requests) == requests


def test_an_old_state_reports_what_happens_after_the_upgrade(upgraded):
    upgraded.deliver()
    write_run("elk", 1, 2, 9, 1, code=0)
    upgraded.run("life")
    assert (
        title(upgraded.server.messages[-1])
        == "✓ life of elk finished: x 1 (step 3, 3s)"
    )
