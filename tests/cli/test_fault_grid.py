"""Each fault of a W&B server, in each kind of command: one clear line and its exit
code, never a traceback."""

from __future__ import annotations

import shlex
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.cli import main
from wandbwatch.cli.operations.worker import job_context
from wandbwatch.daemon.jobs.job import run_job
from wandbwatch.delivery.outbox import Queue, SendResults, Store
from wandbwatch.model.errors import ExitCode
from wandbwatch.model.settings import Cron, Mode, Subscription
from wandbwatch.sources.cloud import session

from tests.servers.wandb import KEY, Fault, Run

COMMANDS = [
    "project acme/gpt",
    "summary acme/gpt/abc",
    "events acme/gpt",
    "alert acme/gpt --when 'loss > 5'",
    "digest acme/gpt",
    "image acme/gpt/abc --keys loss",
]
SLOT, HOUR = datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(hours=1)
EVIL = "\x1b[31m@everyone\nTraceback"
FAULTS = [
    (Fault("status", status=401), ExitCode.NOT_AUTHORISED),
    (Fault("status", status=403, message=EVIL), ExitCode.NOT_AUTHORISED),
    (Fault("status", status=404), ExitCode.NOT_FOUND),
    (Fault("status", status=429, headers={"Retry-After": "0"}), ExitCode.NETWORK),
    (Fault("status", status=500, message=EVIL), ExitCode.NETWORK),
    (Fault("status", status=503), ExitCode.NETWORK),
    (Fault("reset"), ExitCode.NETWORK),
    (Fault("malformed"), ExitCode.NETWORK),
    (Fault("empty"), ExitCode.NETWORK),
    (Fault("graphql_error", message=EVIL), ExitCode.NETWORK),
    (Fault("null_project"), ExitCode.NOT_FOUND),
    (Fault("hang"), ExitCode.TIME_OUT),
    (Fault("drip"), ExitCode.TIME_OUT),
]


@pytest.fixture
def server(wandb_server, monkeypatch, tmp_path, code):
    session.forget()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_X_GRAPHQL_RETRY_MAX", "0")
    monkeypatch.setattr("wandbwatch.sources.cloud.pages._PAUSE", 0)
    if code == ExitCode.TIME_OUT:  # no answer comes: do not wait for it
        monkeypatch.setenv("WANDB_X_GRAPHQL_TIMEOUT_SECONDS", "0.5")
    rows = [{"_step": i, "loss": 1 / (i + 1)} for i in range(20)]
    wandb_server.store.add(Run("abc", rows=rows, summary={"_step": 19, "loss": 0.05}))
    yield wandb_server
    session.forget()


@pytest.mark.parametrize(
    ("fault", "code"), FAULTS, ids=[f"{f.kind}-{f.status}" for f, _ in FAULTS]
)
@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.split()[0])
def test_a_fault_is_one_line_with_its_exit_code(server, capsys, line, fault, code):
    server.faults.append(replace(fault, operation="Wandbwatch"))
    assert main.answer(shlex.split(line)) == code
    out, err = capsys.readouterr()
    assert out == ""
    (said,) = err.splitlines()
    assert said.startswith("wandbwatch: ")
    assert server.url in said or "'acme/gpt' not found" in said
    assert said.isprintable()
    assert KEY not in said
    assert '{"' not in said, "the server's words, not its JSON"
    assert "(0 s)" not in said


def sent(store: Store) -> list[str]:
    """Deliver all that waits, and return it."""
    queue = Queue(store)
    bodies: list[str] = []
    while waiting := queue.head("lab"):
        queue.claim(waiting, "bucket")
        SendResults(store).delivered(waiting, str(len(bodies)), None)
        bodies.append(waiting.queued.message.body)
    return bodies


@pytest.mark.parametrize(
    ("fault", "code"), FAULTS, ids=[f"{f.kind}-{f.status}" for f, _ in FAULTS]
)
@pytest.mark.parametrize("mode", Mode)
def test_in_a_list_it_is_reported_once_and_so_is_its_end(  # noqa: PLR0917 -- fixtures
    server, tmp_path, monkeypatch, mode, fault, code
):
    commands = (COMMANDS[0], COMMANDS[2], COMMANDS[-1])
    lines = Subscription("s", "lab", Cron("@hourly"), commands, mode=mode)
    with closing(Store(tmp_path / "state")) as store:
        context = job_context(main._env(), store)  # noqa: SLF001
        rounds = []
        for hour, wrong in enumerate((False, True, True, False)):
            server.faults[:] = [replace(fault, operation="Wandbwatch")] * wrong
            slow = code == ExitCode.TIME_OUT and wrong
            monkeypatch.setenv(
                "WANDB_X_GRAPHQL_TIMEOUT_SECONDS", "0.5" if slow else "60"
            )
            result = run_job(lines, SLOT + hour * HOUR, context)
            assert (len(result.errors), result.code) == (
                (len(commands), code) if wrong else (0, 0)
            )
            rounds.append(sent(store))
    _, first, second, over = rounds
    if fault.kind in {"graphql_error", "null_project"}:  # only these lines fail
        assert "✗ project acme/gpt: " in first[0]
        assert (len(second), len(over)) == (int(mode is Mode.EDIT), 1)
        assert "works again" in over[0]
    else:
        notes = 1 if mode is Mode.EDIT else 0  # above the live message
        assert (len(first), len(second), len(over)) == (1 + notes, 0, 2)
        assert ": outage" in first[-1]
        assert ": answers again" in over[-1]
