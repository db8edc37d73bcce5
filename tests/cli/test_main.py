"""The program as a process, as shells and scripts see it."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from wandbwatch.cli.main import ignored_variables

from tests.runs.synthetic import exit_record, write, write_long
from tests.runs.synthetic import run as run_record

PROGRAM = (sys.executable, "-m", "wandbwatch")


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


def test_no_words_are_a_cry_for_help():
    done = run()
    assert done.stdout == run("--help").stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_a_usage_error_is_one_line_and_exit_code_2():
    done = run("project", "me/p", "--topk", "-1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "wandbwatch: project: --topk: -1 is less than 0; 0 shows all;"
        " `wandbwatch project --help` shows how it is used\n"
    )


def test_debug_may_stand_anywhere():
    for words in (["--debug", "fly"], ["fly", "--debug"]):
        done = run(*words)
        assert done.returncode == 2
        assert done.stderr.startswith("Traceback")


def test_bytes_that_are_no_text_are_reported():
    done = subprocess.run(
        [*PROGRAM, "project", os.fsdecode(b"a/\xff")], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"\\udcff" in done.stderr


def test_the_help_of_a_command_reads_well():
    told = run("project", "--help", COLUMNS="200").stdout
    assert "Usage: wandbwatch project [OPTIONS] [ADDRESS...]\n" in told
    assert "--topk N " in told
    assert "<" not in told
    assert "x>=0" not in told


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_fits_the_terminal(columns):
    for words in ([], ["project", "--help"]):
        lines = run(*words, COLUMNS=str(columns)).stdout.splitlines()
        assert max(map(len, lines)) <= min(columns, 80)


def test_the_project_of_the_environment_is_the_address():
    done = run("project", WANDB_PROJECT="a/b/c/d/e")
    assert "'a/b/c/d/e' has too many parts" in done.stderr


def test_a_full_disk_is_reported():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_list_continues_after_a_failing_line(tmp_path):
    run_file = write_long(tmp_path / "run-a.wandb", 3, keys=1)
    listed = tmp_path / "list"
    listed.write_text(f"# two\nsummary {tmp_path}/nothere\n/summary run:{run_file}\n")
    done = run("lines", str(listed), "-o", "json")
    assert done.returncode == 5
    assert done.stderr.startswith("wandbwatch: line 2: ")
    assert done.stderr.count("\n") == 1
    assert json.loads(done.stdout)["reports"][0]["kind"] == "summary"


def test_a_reader_that_has_gone_is_no_error(tmp_path):
    run_file = write_long(tmp_path / "run-a.wandb", 3, keys=1)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PROGRAM, "summary", run_file],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_nowhere_to_write_to_is_no_crash(tmp_path):
    run_file = write_long(tmp_path / "run-a.wandb", 3, keys=1)
    shell = f"exec {' '.join(PROGRAM)} summary {run_file} >&-"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_a_stream_cannot_write_is_spelled_out(tmp_path):
    records = [run_record("a", name="猫"), exit_record(0)]
    run_file = write(tmp_path / "run-a.wandb", records)
    done = run("summary", str(run_file), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "\\u732b" in done.stdout


def test_an_interrupted_answer_is_quiet():
    with subprocess.Popen(
        [*PROGRAM, "lines"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        _wait_until_it_reads(child.pid)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    assert (child.returncode, out, err) == (130, b"", b"")


def test_an_interrupt_while_it_starts_shows_no_traceback():
    code = "import signal, wandbwatch.__main__; signal.raise_signal(signal.SIGINT)"
    called = [sys.executable, "-c", code]
    done = subprocess.run(called, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def _wait_until_it_reads(process: int) -> None:
    """Wait for the process to sleep in read(0, …), as Linux tells it."""
    read = f"{0 if platform.machine() == 'x86_64' else 63} 0x0 "
    while not Path(f"/proc/{process}/syscall").read_text().startswith(read):
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("wandbwatch proj", ["project", "projects"]),
        ("wandbwatch project --top", ["--topk"]),
        ("wandbwatch project -o js", ["json", "jsonl"]),
    ],
)
def test_bash_completes_commands_options_and_formats(typed, completions, tmp_path):
    """In a real bash, by the script that --show-completion prints."""
    shell = tmp_path / "complete.bash"
    shell.write_text(
        f"""
        eval "$(wandbwatch --show-completion)"
        COMP_WORDS=({typed})
        COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _wandbwatch_completion wandbwatch
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """,
        encoding="utf-8",
    )
    installed = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "--norc", shell],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": installed},
    )
    assert done.stdout.split() == completions


@pytest.mark.parametrize("project", ["wandb", "gpt"])
def test_without_an_account_the_runs_here_are_mentioned(tmp_path, monkeypatch, project):
    (tmp_path / "wandb").mkdir()
    monkeypatch.chdir(tmp_path)
    done = run("project", project, HOME=str(tmp_path), WANDB_API_KEY="")
    assert done.returncode == 4
    assert done.stderr.endswith("; did you mean the path ./wandb?\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WANDBWATCH_TIMEOUT", "soon", "it takes seconds, such as 120"),
        ("WANDBWATCH_TIMEOUT", "-1", "it takes seconds, such as 120"),
        ("WANDBWATCH_CACHE", "of", "did you mean 'off'?"),
        ("WANDBWATCH_PICTURES", "jpeg", "it takes kitty, iterm2, sixel, none"),
    ],
)
def test_a_value_that_means_nothing_is_said(name, value, said):
    (line,) = ignored_variables({name: value})
    assert line == f"{name}={value!r} is ignored; {said}"


def test_values_that_mean_something_are_not_said():
    environ = {"WANDBWATCH_TIMEOUT": "1.5", "WANDBWATCH_CACHE": "OFF"}
    assert not list(ignored_variables(environ | {"WANDBWATCH_PICTURES": ""}))


@pytest.mark.parametrize(
    ("thread", "said"),
    [
        ("", "said, cleaned up\n"),
        ("Thread(target=Event().wait, daemon=True).start()", "said, cleaned up\n"),
        (
            "Thread(target=lambda: [main_thread().join(), print('worked')]).start()",
            "said, worked\ncleaned up\n",
        ),
    ],
)
def test_the_end_flushes_and_cleans_up_and_waits_for_no_daemon(thread, said):
    code = (
        "import atexit, sys; from threading import *\n"
        f"from wandbwatch.cli.main import leave\n{thread}\n"
        "atexit.register(print, 'cleaned up'); sys.stdout.write('said, '); leave(3)"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, said, "")


def test_an_end_that_cannot_be_written_is_an_error():
    code = "from wandbwatch.cli.main import leave; print('x'); leave(0)"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode
    assert b"No space left on device" in done.stderr
