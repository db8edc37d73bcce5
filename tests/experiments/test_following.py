"""A training is started, followed and told of, as a user would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

SAYS = 'echo "$1"; echo "$# arguments" >&2\n'
WAITS = 'trap "exit 7" TERM INT; echo ready; while true; do sleep 0.05; done\n'
DEAF = 'trap "" TERM INT; echo ready; while true; do sleep 0.05; done\n'


def hear(process: subprocess.Popen[str], words: str | None) -> None:
    """Read what *process* says until *words* come, or to its end."""
    assert process.stdout
    heard = []
    while line := process.stdout.readline():
        heard.append(line)
        if words and words in line:
            return
    assert words is None, "".join(heard)


def test_the_json_is_the_only_argument_byte_for_byte(bench):
    bench.script(SAYS)
    odd = '{"lr":  3e-4, "s": "a \\"quoted\\" $(touch pwned) ünï, \\\\"}'
    done = bench.run("experiment", odd, "--script", "./run.sh")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [odd, "1 arguments"]
    assert "run (experiment 1) finished" in done.stdout
    assert not (bench.place.directory / "pwned").exists()


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("exit 3", 3, "exit code 3"),
        ("kill -SEGV $$", 139, "signal SIGSEGV"),
    ],
)
def test_its_own_code_is_ours(bench, body, code, words):
    bench.script(f"echo the reason\n{body}\n")
    done = bench.run("experiment", "--script", "./run.sh", "-o", "json")
    assert done.returncode == code
    told = json.loads(done.stdout)["reports"][-1]
    assert told["title"] == "run (experiment 1) failed"
    assert words in done.stdout
    assert "the reason" in done.stdout
    assert "ended before wandb.init" in done.stdout


def test_a_start_and_an_end_are_told_in_a_channel(bench):
    bench.script("exit 1\n")
    done = bench.run("experiment", '{"a": 1}', "--script", "./run.sh", "--to", "lab")
    assert done.returncode == 1
    assert bench.told(2) == [
        "run (experiment 1) started",
        "✗ run (experiment 1) failed",
    ]


def test_ctrl_c_is_passed_on(bench):
    bench.script(WAITS)
    with bench.started("experiment", "--script", "./run.sh") as process:
        hear(process, "ready")
        process.send_signal(signal.SIGINT)
        hear(process, "Ctrl-C sent")
        hear(process, None)
        assert process.wait() == 7
    assert bench.one().reason == "Ctrl-C"


def test_ctrl_c_three_times_kills(bench):
    bench.script(DEAF)
    with bench.started("experiment", "--script", "./run.sh") as process:
        for awaited in ("ready", "passed on", "once more"):
            hear(process, awaited)
            process.send_signal(signal.SIGINT)
        hear(process, None)
        assert process.wait() == 128 + signal.SIGKILL


def test_when_the_terminal_is_gone_so_is_what_was_started_from_it(bench):
    bench.script(WAITS)
    with bench.started("experiment", "--script", "./run.sh", "--to", "lab") as process:
        hear(process, "ready")
        process.kill()
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("stopped", 7)
    assert one.reason == "the terminal that started it is gone"
    assert len(bench.told(2)) == 2


def test_what_is_detached_outlives_who_started_it_and_is_stopped_by_name(bench):
    bench.script(WAITS)
    done = bench.run("experiment", "--script", "./run.sh", "--detach", "--to", "lab")
    assert done.returncode == 0, done.stderr
    bench.until(lambda: bench.one().pid)
    assert "running" in bench.run("experiments").stdout
    assert bench.run("stop", "1").returncode == 0
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("stopped", 7)
    assert bench.told(2)[1] == "run (experiment 1) stopped"
    again = bench.run("stop", "1")
    assert (again.returncode, again.stderr) == (
        2,
        "wandbwatch: experiment 1 is over: stopped\n",
    )


def test_a_killed_keeper_is_replaced_and_the_end_told_once(bench):
    bench.script("echo ready; while [ ! -e go ]; do sleep 0.05; done\n")
    bench.run("experiment", "--script", "./run.sh", "--detach", "--to", "lab")
    bench.until(lambda: bench.one().pid)
    pid = bench.one().pid
    (keeper,) = [p for p in bench.processes() if p != pid and is_keeper(p)]
    os.kill(keeper, signal.SIGKILL)
    assert "running" in bench.run("experiments").stdout
    (bench.place.directory / "go").touch()
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("lost", None)
    assert bench.told(2) == ["run (experiment 1) started", "✗ run (experiment 1) lost"]
    assert one.reason == "its supervisor was killed; exit code unknown"


def is_keeper(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            return b"keep" in file.read().split(b"\0")
    except OSError:
        return False


def test_what_a_script_leaves_behind_is_ended_with_it(bench):
    bench.script("setsid sleep 1000 & setsid sleep 1000 & echo ready; sleep 1000\n")
    bench.run("experiment", "--script", "./run.sh", "--detach")
    bench.until(lambda: len(bench.processes()) >= 4)
    bench.run("stop", "1")
    (one,) = bench.over()
    assert one.code == -signal.SIGTERM
    bench.until(lambda: not bench.processes())


def test_the_rest_waits_and_a_stopped_one_never_starts(bench):
    bench.script('touch "$(date +%s%N)"; while [ ! -e go ]; do sleep 0.05; done\n')
    bench.run("experiment", "--script", "./run.sh", "--detach")
    bench.until(lambda: bench.one().pid)
    assert bench.run("retry", "1").returncode == 2
    (bench.place.directory / "go").touch()
    bench.over()
    done = bench.run("retry", "1")
    assert done.stdout == "experiment 2 (run) replaces 1\n"
    first, second = bench.over()
    assert first.plan == second.plan
    assert second.phase.value == "finished"
