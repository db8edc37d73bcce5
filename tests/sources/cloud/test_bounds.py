"""As whole processes: nothing waits longer than agreed, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from tests.servers.wandb import Fault, Run

READ = """
import os, signal, sys
from wandbwatch.cli.main import leave
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import WandbwatchError
from wandbwatch.sources.cloud import plugin

source = plugin(Cloud("acme", "gpt", "abc"))

def read(seconds="60"):
    os.environ["WANDBWATCH_TIMEOUT"] = seconds
    try:
        print(source.run().id, flush=True)
    except WandbwatchError as e:
        print(type(e).__name__, e, flush=True)

def lines(seconds="60"):
    # what only the sidecar is asked for
    os.environ["WANDBWATCH_TIMEOUT"] = seconds
    try:
        print(len(source.console("abc", 0)), flush=True)
    except WandbwatchError as e:
        print(type(e).__name__, e, flush=True)

def sidecar():
    from wandb.sdk import wandb_setup
    return wandb_setup._singleton._connection._proc._process
"""
FAR_BEYOND = 60
"""Seconds until a test says that a process waits for ever."""


@pytest.fixture
def script(server, monkeypatch, tmp_path):
    """Run a script that reads the run ``acme/gpt/abc``; all its bounds are far off."""
    server.store.add(Run("abc"))
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    for name, value in {
        "TMPDIR": str(scratch),
        "WANDB_X_GRAPHQL_TIMEOUT_SECONDS": "1000",
    }.items():
        monkeypatch.setenv(name, value)

    def start(body: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", READ + textwrap.dedent(body) + "\nleave(0)"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | env,
        )

    return start


def said(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=FAR_BEYOND)
    assert not err
    return out.splitlines()


@pytest.mark.parametrize("kind", ["hang", "drip"])
@pytest.mark.parametrize("operation", ["Viewer", "WandbwatchRun"])
def test_a_server_that_never_ends_its_answer(server, script, kind, operation):
    server.faults.append(Fault(kind, operation=operation))
    (line,) = said(script('read("2")'))
    assert line == (
        f"TimeOutError no answer from {server.url} within 2 s; try again,"
        " or set WANDBWATCH_TIMEOUT to more seconds"
    )


def test_a_sidecar_that_hangs_is_replaced(script):
    lines = said(
        script("""
        read()
        sidecar().send_signal(signal.SIGSTOP)
        lines("0.5")
        read()
        """)
    )
    assert [line.split()[0] for line in lines] == ["abc", "TimeOutError", "abc"]


def test_a_sidecar_that_was_killed_is_replaced(script):
    assert said(
        script("""
        read()
        sidecar().kill()
        sidecar().wait()
        read()
        """)
    ) == ["abc", "abc"]


def test_an_api_that_outlives_its_sidecar_says_nothing(script):
    body = """
        from wandbwatch.sources.cloud import session, wandb_core
        for _ in range(3):
            read()
            wandb_core.kill()
            session.forget()
    """
    assert said(script(body)) == ["abc"] * 3


def test_a_sidecar_that_hangs_does_not_hold_up_the_exit(script):
    assert said(script("read(); sidecar().send_signal(signal.SIGSTOP)")) == ["abc"]


def test_ctrl_c_ends_a_wait(server, script):
    server.faults.append(Fault("hang", operation="WandbwatchRun"))
    process = script("""
        try: read("1000")
        except KeyboardInterrupt: print("interrupted")
    """)
    assert server.asked("WandbwatchRun", FAR_BEYOND)
    process.send_signal(signal.SIGINT)
    assert said(process) == ["interrupted"]


def test_nothing_is_left_behind(script, tmp_path):
    body = """
        before = dict(os.environ) | {"WANDBWATCH_TIMEOUT": "60"}
        read()
        print(before == dict(os.environ), sidecar().pid)
    """
    name, line = said(script(body))
    same, pid = line.split()
    assert (name, same) == ("abc", "True")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "tmp"}
    assert list((tmp_path / "home").iterdir()) == []


def test_wandb_itself_says_nothing(script):
    loud = {"WANDB_SILENT": "false", "WANDB_MODE": "offline"}
    assert said(script("read()", **loud)) == ["abc"]


def test_what_the_user_set_stays(script):
    body = """
        read()
        import wandb
        print(wandb.setup().settings.x_graphql_retry_max)
    """
    assert said(script(body, WANDB_X_GRAPHQL_RETRY_MAX="7")) == ["abc", "7"]
