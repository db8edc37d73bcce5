"""`doctor` tries everything once and says what is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from wandbwatch.cli import main
from wandbwatch.model.errors import ExitCode
from wandbwatch.sources.cloud import session, wandb_core

from tests.servers.wandb import KEY, Fault, Run

ROWS = [{"_step": i, "loss": 1 / (i + 1)} for i in range(100)]


@pytest.fixture
def server(wandb_server, monkeypatch, tmp_path):
    wandb_core.kill()
    session.forget()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    files = {"output.log": b"x"}
    run = Run("abc", rows=ROWS, summary={"_step": 99}, console=["one"], files=files)
    wandb_server.store.add(run)
    yield wandb_server
    wandb_core.kill()
    session.forget()


def found(capsys) -> dict[str, tuple[str, str]]:
    (out,) = json.loads(capsys.readouterr().out)["reports"]
    (table,) = (b for b in out["blocks"] if "rows" in b)
    return {row["what"]: (row["result"], row["found"]) for row in table["rows"]}


def test_all_is_well(server, capsys, tmp_path):
    path = tmp_path / "answers.jsonl"
    words = ["doctor", "acme/gpt", "--transcript", str(path), "-o", "json"]
    assert main.answer(words) == ExitCode.FINE
    checks = found(capsys)
    assert {result for result, _ in checks.values()} == {"ok"}
    assert checks["filter on the heartbeat"][1] == "finds 1 runs"
    assert "another sample each time" in checks["samples of history"][1]
    assert "loss from step 49" in checks["end of a history"][1]
    assert checks["server"][1] == server.url
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY not in text
    assert "signature=secret" not in text
    exchanges = [json.loads(line) for line in text.splitlines()]
    assert any("WandbwatchFiles" in one["request"]["query"] for one in exchanges)


def test_what_is_wrong_is_said_with_its_exit_code(server, capsys):
    assert main.answer(["doctor", "acme/nope", "-o", "json"]) == ExitCode.NOT_FOUND
    assert found(capsys)["project"][0] == "wrong"
    server.faults.append(Fault("status", operation="WandbwatchFiles", status=500))
    assert main.answer(["doctor", "acme/gpt", "-o", "json"]) == ExitCode.NETWORK
    checks = found(capsys)
    assert [w for w, (result, _) in checks.items() if result == "wrong"] == ["files"]


def test_without_a_key_the_rest_is_checked(server, capsys, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY")
    assert main.answer(["doctor", "acme/gpt", "-o", "json"]) == ExitCode.NOT_AUTHORISED
    checks = found(capsys)
    assert checks["project"] == (
        "wrong",
        f"no API key for {server.url}; `wandbwatch login` saves one",
    )
    assert checks["time zone"][0] == "ok"
    assert not server.data_requests


def test_a_configuration_with_errors_is_one_of_them(server, capsys, tmp_path):
    del server
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "watch.toml"
    path.parent.mkdir(parents=True)
    path.write_text("nonsense = 1\n")
    words = ["doctor", "--config", str(path), "-o", "json"]
    assert main.answer(words) == ExitCode.CONFIG
    assert found(capsys)["watch.toml"][0] == "wrong"
    del tmp_path
