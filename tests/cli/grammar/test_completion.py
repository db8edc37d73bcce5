from __future__ import annotations

import os
import subprocess
import sys

import pytest
from typer._completion_classes import BashComplete, ZshComplete
from wandbwatch.cli import main
from wandbwatch.cli.grammar import app, completion
from wandbwatch.experiments import launchers
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.model.experiment import Plan

from tests.servers.wandb import Run


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_bash")
    monkeypatch.setattr(sys, "executable", "/bin/true")  # which asks no server
    monkeypatch.setenv("WANDBWATCH_CONFIG", str(tmp_path / "watch.toml"))
    return tmp_path / "watch.toml"


def completed(*words: str, kind: type = BashComplete) -> list[str]:
    *args, incomplete = words
    shell = kind(app.terminal(), {}, "wandbwatch", "_WANDBWATCH_COMPLETE")
    return [item.value for item in shell.get_completions(args, incomplete)]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("se",), ["service"]),  # neither send nor another internal one
        (("k",), []),
        (("events", "--on", "failed,cr"), ["failed,crashed"]),
        (("alert", "--level", "w"), ["warn"]),
        (("summary", "acme/gpt/la"), ["acme/gpt/latest", "acme/gpt/last-good"]),
        (("summary", "./wandb/la"), []),
        (("diff", "a/b/c", "pre"), ["previous"]),
        (("project", "--to", ""), []),
        (("project", "-o", "js"), ["json", "jsonl"]),
        (("experiment", "--launcher", "s"), ["sbatch", "srun", "systemd-run"]),
        (("image", "--band", "s"), ["std", "sem"]),
        (("project", "--filters", '{"state": "fa'), ['{"state": "failed"}']),
    ],
)
def test_words_are_completed(words, found):
    assert completed(*words) == found


def test_names_of_watch_toml_are_completed(here):
    here.write_text(
        "[channels.alerts]\n[channels.daily]\n"
        '[[subscriptions]]\nname = "nightly"\n[[subscriptions]]\nname = "noon"\n'
    )
    assert completed("project", "--to", "al") == ["alerts"]
    assert completed("hello", "") == ["alerts", "daily"]
    assert completed("run", "ni") == ["nightly"]
    assert completed("unsubscribe", "n") == ["nightly", "noon"]


def test_a_broken_watch_toml_completes_nothing(here):
    here.write_text("[channels")
    assert completed("hello", "") == completed("project", "ac") == []
    here.write_text("subscriptions = 3")
    assert completed("project", "ac") == []


def test_the_first_tab_knows_the_lists_and_the_runs_here(here, local_runs):
    here.write_text(
        '[[subscriptions]]\nname = "noon"\ncommands = ["project acme/gpt --topk 3",\n'
        '"summary acme/gpt/latest", "top", "events ./wandb", "digest acme/vit"]\n'
    )
    assert completed("top", "ac") == ["acme/gpt", "acme/vit"]
    (here.parent / "wandb").symlink_to(local_runs / "wandb")
    here_alone = completed("project", "./wandb", "--keys", "")
    assert here_alone
    assert completed("project", "acme/gpt", "--keys", "") == here_alone


def test_the_launchers_that_are_completed_are_those_there_are():
    assert set(completion.LAUNCHERS) == set(launchers._LAUNCHERS)  # noqa: SLF001


def test_a_filter_is_quoted_for_its_shell(monkeypatch):
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_bash")
    assert completed("project", "--filters", "")[2] == """'{"state": "failed"}'"""
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_zsh")
    found = completed("project", "--filters", "", kind=ZshComplete)
    assert found[2] == r"{\"state\": \"failed\"}"


def test_local_names_are_completed_at_once(local_runs, monkeypatch):
    monkeypatch.chdir(local_runs)
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_bash")
    assert completed("summary", "./fin") == ["./finished"]
    assert completed("summary", "./wandb/la") == [
        *("./wandb/latest", "./wandb/last-good", "./wandb/latest-run/")
    ]
    assert completed("project", "--keys", "val/loss,tr") == ["val/loss,train/loss"]
    assert completed("image", ".", "--best", "acc") == ["acc:min", "acc:max"]
    assert completed("image", ".", "--group-by", "config.la") == [
        *("config.layers", "config.later.x")
    ]
    assert sorted(completed("image", ".", "--keys", "ima")) == ["image", "images"]
    assert completed("project", "--order", "summary_metrics.ac") == [
        "summary_metrics.acc"
    ]


@pytest.fixture
def online(wandb_server, monkeypatch):
    """A project on the server, and completion that has learnt its names."""
    monkeypatch.setattr(sys, "executable", "/bin/true")
    rows = [{"_step": 0, "train/loss": 1.0, "val/loss": 2.0}]
    for name, called in {"aaa1": "tidy", "aaa2": "$(reboot)", "bbb": "a/b"}.items():
        wandb_server.store.add(
            Run(name, project="shell", display_name=called, rows=rows, summary=rows[0])
        )
    for one in wandb_server.store.project("acme", "shell").runs.values():
        one.settings = {"lr": 0.1, "model": {"depth": 3}}
        one.sweep_name = "sw1"
    wandb_server.store.project("acme", "shell").sweeps["sw1"] = {}
    wandb_server.store.project("lab", "other")
    assert main.answer(["learn", ""]) == 0
    assert main.answer(["learn", "acme/shell"]) == 0
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_bash")
    return wandb_server


def test_names_on_the_server_are_completed_from_a_cache(online):
    asked = online.data_requests
    assert completed("project", "ac") == ["acme/shell"]
    assert completed("summary", "acme/s") == [
        *(f"acme/shell/{word}" for word in ("latest", "previous", "best", "last-good")),
        *(f"acme/shell/{name}" for name in ("aaa1", "tidy", "aaa2", "bbb")),
    ]
    assert completed("sweep", "acme/shell/") == ["acme/shell/sw1"]
    assert completed("diff", "acme/shell/bbb", "ti") == ["tidy"]
    assert completed("image", "acme/shell", "--runs", "bbb,ti") == ["bbb,tidy"]
    assert completed("top", "acme/shell", "--keys", "train/loss,") == [
        "train/loss,val/loss"
    ]
    assert completed("project", "acme/shell", "--keys", "config.") == [
        *("config.lr", "config.model.depth")
    ]
    assert completed("image", "acme/shell", "--best", "val") == [
        *("val/loss:min", "val/loss:max")
    ]
    assert online.data_requests == asked


def test_completion_asks_the_server_in_the_background_and_once(monkeypatch, tmp_path):
    """A process of its own learns the names; a failed one is not started at once."""
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("WANDB_BASE_URL", "http://nowhere.invalid")
    pipe, script = tmp_path / "pipe", tmp_path / "python"
    os.mkfifo(pipe)
    script.write_text(f'#!/bin/sh\necho "$@ $_WANDBWATCH_COMPLETE" > {pipe}\n')
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    assert completed("image", "acme/gpt", "--keys", "") == []
    assert pipe.read_text() == "-m wandbwatch learn acme/gpt \n"
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert completed("image", "acme/gpt", "--keys", "") == []


def test_numbers_of_experiments_are_completed(here, monkeypatch, opened):
    monkeypatch.setenv("XDG_STATE_HOME", str(here.parent))
    assert completed("stop", "") == []
    ledger = Ledger(opened(here.parent / "wandbwatch"))
    ledger.add([Plan("ppo", "/s", "{}", "/w")] * 2, 1, "me", detached=True)
    assert completed("stop", "") == ["2", "1"]
    assert completed("logs", "2") == ["2"]


def test_commands_are_described_without_rich_and_without_their_import():
    code = (
        "import atexit, sys; from wandbwatch.cli.main import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    )
    environ = {
        "_WANDBWATCH_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": "wandbwatch al",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"alert":"Report when a rule starts to hold' in done.stdout
    slow = {"rich.console", "wandbwatch.commands.alert"}
    assert not slow & set(done.stderr.split())
