"""Trainings in a terminal: start, output, Ctrl-C, stop, retry."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import closing
from getpass import getuser
from typing import Any

import pytest
from wandbwatch.delivery.outbox import Store

from tests.launchers.trainings import supervisors

UNTIL_GO = "echo ready; while [ ! -e go ]; do sleep 0.05; done\n"
SAYS = 'echo "$1"; echo "$# arguments" >&2\n'
WAITS = 'trap "exit 7" TERM INT; echo ready; while true; do sleep 0.05; done\n'
DEAF = 'trap "" TERM INT; echo ready; while true; do sleep 0.05; done\n'


def read_until(process: subprocess.Popen[str], words: str | None) -> None:
    """Read the output of *process* up to *words*, or to its end."""
    assert process.stdout
    lines = []
    while line := process.stdout.readline():
        lines.append(line)
        if words and words in line:
            return
    assert words is None, "".join(lines)


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
def test_the_exit_code_is_the_script_s(bench, body, code, words):
    bench.script(f"echo the reason\n{body}\n")
    done = bench.run("experiment", "--script", "./run.sh", "-o", "json")
    assert done.returncode == code
    report = json.loads(done.stdout)["reports"][-1]
    assert report["title"] == "run (experiment 1) failed"
    assert words in done.stdout
    assert "the reason" in done.stdout
    assert "ended before wandb.init" in done.stdout


def test_start_and_end_are_reported_in_a_channel(bench):
    bench.script("exit 1\n")
    done = bench.run("experiment", '{"a": 1}', "--script", "./run.sh", "--to", "lab")
    assert done.returncode == 1
    assert bench.posted(2) == [
        f"run (experiment 1) started by {getuser()}: a 1",
        "✗ run (experiment 1) failed: exit code 1",
    ]


def test_ctrl_c_is_passed_on(bench):
    bench.script(WAITS)
    with bench.start("experiment", "--script", "./run.sh") as process:
        read_until(process, "ready")
        process.send_signal(signal.SIGINT)
        read_until(process, "Ctrl-C passed on")
        read_until(process, None)
        assert process.wait() == 7
    assert bench.one().reason == "Ctrl-C"


def test_ctrl_c_three_times_kills(bench):
    bench.script(DEAF)
    with bench.start("experiment", "--script", "./run.sh") as process:
        for awaited in ("ready", "passed on", "once more"):
            read_until(process, awaited)
            process.send_signal(signal.SIGINT)
        read_until(process, None)
        assert process.wait() == 128 + signal.SIGKILL


def test_a_training_ends_with_its_terminal(bench):
    bench.script(WAITS)
    with bench.start("experiment", "--script", "./run.sh", "--to", "lab") as process:
        read_until(process, "ready")
        process.kill()
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("stopped", 7)
    assert one.reason == "its terminal was closed"
    assert len(bench.posted(2)) == 2


def fill_disk(pid: int, size: int) -> None:
    """Let the process write no file beyond *size*, as if the disk were full."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_training_ends_with_its_terminal_although_the_disk_is_full(bench):
    bench.script(f"trap 'touch ended; exit 7' TERM; {UNTIL_GO}")
    with bench.start("experiment", "--script", "./run.sh") as process:
        read_until(process, "ready")
        (supervisor,) = supervisors(bench)
        fill_disk(supervisor, 0)
        process.kill()
    bench.until((bench.place.directory / "ended").exists)
    assert not bench.one().phase.over
    fill_disk(supervisor, resource.RLIM_INFINITY)
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("stopped", 7)
    assert one.reason == "its terminal was closed"


def test_ctrl_c_ends_the_foreground_although_the_disk_is_full(bench):
    bench.script(WAITS)
    with bench.start("experiment", "--script", "./run.sh") as process:
        read_until(process, "ready")
        fill_disk(process.pid, 0)
        for words in ("three times more to stop", "once more", "once more to stop"):
            process.send_signal(signal.SIGINT)
            read_until(process, words)
        process.send_signal(signal.SIGINT)
        read_until(process, "still being killed: 1 (running)")
        read_until(process, None)
        assert process.wait() == 1
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("stopped", 7)


def test_a_detached_training_survives_its_terminal_until_stop(bench):
    bench.script(WAITS)
    done = bench.run("experiment", "--script", "./run.sh", "--detach", "--to", "lab")
    assert done.returncode == 0, done.stderr
    bench.until(lambda: bench.one().pid)
    assert "running" in bench.run("experiments").stdout
    assert bench.run("stop", "1").returncode == 0
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("stopped", 7)
    stopped = f"run (experiment 1) stopped by {getuser()} ("
    assert bench.posted(2)[1].startswith(stopped)
    again = bench.run("stop", "1")
    assert (again.returncode, again.stderr) == (
        2,
        "wandbwatch: experiment 1 is already stopped\n",
    )


def test_a_killed_supervisor_is_replaced_and_the_end_reported_once(bench):
    bench.script("echo ready; while [ ! -e go ]; do sleep 0.05; done\n")
    bench.run("experiment", "--script", "./run.sh", "--detach", "--to", "lab")
    bench.until(lambda: bench.one().pid)
    pid = bench.one().pid

    def others() -> list[int]:
        return [p for p in bench.processes() if p != pid and supervises(p)]

    bench.until(lambda: len(others()) == 1)  # what it forks is like it for a moment
    os.kill(others()[0], signal.SIGKILL)
    assert "running" in bench.run("experiments").stdout
    (bench.place.directory / "go").touch()
    (one,) = bench.over()
    assert (one.phase.value, one.code) == ("lost", None)
    start, end = bench.posted(2)
    assert start == f"run (experiment 1) started by {getuser()}"
    assert end.startswith("✗ run (experiment 1) lost: ")
    assert one.reason == "its supervisor was killed; exit code unknown"


def test_logs_come_line_by_line_although_the_supervisor_was_killed(bench):
    bench.script(
        f"{UNTIL_GO}echo went; printf half; while [ ! -e end ]; do sleep 0.05; done\n"
    )
    bench.run("experiment", "--script", "./run.sh", "--detach")
    bench.until(lambda: bench.one().pid)
    with bench.start("logs", "1", "-f") as following:
        read_until(following, "ready")
        (supervisor,) = supervisors(bench)
        os.kill(supervisor, signal.SIGKILL)
        (bench.place.directory / "go").touch()
        read_until(following, "went")
        (bench.place.directory / "end").touch()
        read_until(following, "half")
        read_until(following, None)
    assert bench.one().phase.value == "lost"


@pytest.mark.parametrize("words", [("wait", "1")])
def test_who_follows_a_training_replaces_its_killed_supervisor(bench, words):
    bench.script(UNTIL_GO)
    bench.run("experiment", "--script", "./run.sh", "--detach")
    bench.until(lambda: bench.one().pid)
    with bench.start(*words) as following:
        read_until(following, "running" if words[0] == "wait" else "ready")
        (supervisor,) = supervisors(bench)
        os.kill(supervisor, signal.SIGKILL)
        bench.until(lambda: set(supervisors(bench)) - {supervisor})
        (bench.place.directory / "go").touch()
        read_until(following, None)
    assert bench.one().phase.value == "lost"


def test_a_terminal_replaces_a_killed_supervisor_and_still_ends_its_training(bench):
    bench.script(WAITS)
    with bench.start("experiment", "--script", "./run.sh") as process:
        read_until(process, "ready")
        (supervisor,) = supervisors(bench)
        os.kill(supervisor, signal.SIGKILL)
        bench.until(lambda: set(supervisors(bench)) - {supervisor})
        process.kill()
    (one,) = bench.over()
    assert (one.phase.value, one.reason) == ("stopped", "its terminal was closed")


def supervises(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            return b"keep" in file.read().split(b"\0")
    except OSError:
        return False


def test_stop_ends_background_processes_of_the_script(bench):
    bench.script("setsid sleep 1000 & setsid sleep 1000 & echo ready; sleep 1000\n")
    bench.run("experiment", "--script", "./run.sh", "--detach")
    bench.until(lambda: len(bench.processes()) >= 4)
    bench.run("stop", "1")
    (one,) = bench.over()
    assert one.code == -signal.SIGTERM
    bench.until(lambda: not bench.processes())


def test_only_an_ended_training_can_be_retried(bench):
    bench.script('touch "$(date +%s%N)"; while [ ! -e go ]; do sleep 0.05; done\n')
    bench.run("experiment", "--script", "./run.sh", "--detach")
    bench.until(lambda: bench.one().pid)
    assert bench.run("retry", "1").returncode == 2
    (bench.place.directory / "go").touch()
    bench.over()
    done = bench.run("retry", "1")
    assert done.stdout == "experiment 2 (run) retries experiment 1\n"
    first, second = bench.over()
    assert first.plan == second.plan
    assert second.phase.value == "finished"


def test_the_foreground_replaces_a_killed_supervisor(bench):
    bench.script("echo ready; while [ ! -e go ]; do sleep 0.05; done\n")
    with bench.start("experiment", "--script", "./run.sh") as process:
        read_until(process, "ready")
        for pid in bench.processes():
            if supervises(pid):
                os.kill(pid, signal.SIGKILL)
        (bench.place.directory / "go").touch()
        read_until(process, None)
        assert process.wait() == 1
    assert bench.one().phase.value == "lost"


def test_a_stopped_channel_is_named_at_the_start(bench):
    bench.script("exit 0\n")
    with closing(Store(bench.place.state)) as store, store.write() as database:
        database.execute("INSERT INTO stopped VALUES ('lab', 'HTTP 404', 0)")
    done = bench.run("experiment", "--script", "./run.sh", "--to", "lab")
    assert done.stderr.splitlines()[0] == (
        "wandbwatch: channel lab is stopped (HTTP 404); messages wait until"
        " `wandbwatch hello lab` succeeds"
    )
    assert done.returncode == 0


def shell(bench: Any, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", line],
        env=bench.place.environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_removed_working_directory_is_one_clear_error(bench):
    script = bench.script("exit 0\n")
    gone = bench.place.directory / "gone"
    gone.mkdir()
    line = f"exec {sys.executable} -m wandbwatch experiment --script {script}"
    done = shell(bench, f"cd {gone}; rmdir {gone}; {line}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "directory was removed" in done.stderr


def test_a_trial_whose_working_directory_was_removed_fails_with_its_name(bench):
    script = bench.script('rm -r "$PWD"\n')
    work = bench.place.directory / "work"
    work.mkdir()
    line = f"cd {work}; exec {sys.executable} -m wandbwatch experiment n=[1,2] --grid"
    done = shell(bench, f"{line} --script {script}")
    assert done.returncode == 1
    assert bench.one(2).reason == f"could not start: {work}: No such file or directory"
    assert not work.exists()
