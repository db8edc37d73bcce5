"""An answer again and again: on a screen, in a pipe, and through errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.watch import Answers, repeated
from wandbwatch.model.errors import NetworkError, UsageError
from wandbwatch.model.report import Report

from tests.fakes import FakeSource, fake_env
from tests.screen import LEFT, Terminal

LONG = "1h"
"""Longer than a test: what is drawn anew is so for another reason."""


def test_a_screen_is_drawn_again_and_left_as_it_was_found(local_runs):
    with Terminal("project", str(local_runs), "--watch", "0.1s") as terminal:
        for _ in range(2):
            terminal.see("every 0.1s · q ends")
            terminal.see("finished")
        terminal.type("xqq")
        last = terminal.end()
        assert terminal.process.returncode == 0
        assert terminal.settings() == terminal.before
    _, _, after = last.rpartition(LEFT)
    assert "finished" in after, "the last answer stays, with the prompt below it"


@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_gives_the_screen_back(local_runs, sign, code):
    with Terminal("project", str(local_runs), "--watch", LONG) as terminal:
        terminal.see("finished")
        terminal.process.send_signal(sign)
        assert LEFT in terminal.end()
        assert terminal.process.returncode == code
        assert terminal.settings() == terminal.before


def test_another_size_is_drawn_at_once(local_runs):
    with Terminal("project", str(local_runs), "--watch", LONG) as terminal:
        assert "more lines" not in terminal.see("resumed")
        terminal.resize(30, 8)
        narrow = terminal.see("more lines")
        assert len(narrow.splitlines()[-1]) <= 30
        terminal.resize(200, 40)
        terminal.see("resumed")


def test_errors_are_reported_and_it_continues(tmp_path, local_runs):
    place = tmp_path / "x"
    place.symlink_to(local_runs)
    with Terminal("project", str(place), "--watch", "0.1s") as terminal:
        terminal.see("finished")
        place.unlink()
        terminal.see("! ")
        terminal.see("finished")
        terminal.process.send_signal(signal.SIGINT)
        terminal.end()


@pytest.mark.parametrize("command", [["project", "--watch", LONG], ["top"]])
def test_a_missing_path_ends_it_with_5(command, tmp_path):
    with Terminal(*command, str(tmp_path / "x")) as terminal:
        assert "does not exist" in terminal.end()
        assert terminal.process.returncode == 5


def piped(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wandbwatch", *words],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_in_a_pipe_one_answer_follows_another(local_runs):
    words = ("project", str(local_runs), "--topk", "1", "--watch", "0.05s")
    with piped(*words, "-o", "jsonl") as process:
        assert process.stdout
        heads = [json.loads(process.stdout.readline()) for _ in range(6)]
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 130
    assert [("schema" in one, "row" in one) for one in heads] == [
        (True, False),
        (False, True),
        (False, False),  # that others are left out
    ] * 2


def test_a_pipe_without_a_reader_ends_it(local_runs):
    with piped("project", str(local_runs), "--watch", "0.05s") as process:
        assert process.stdout
        while not process.stdout.readline().startswith("# 2"):
            pass  # until the first answer is parted from the second
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_wrong_words_are_no_better_the_next_time(local_runs):
    with piped(
        "project", str(local_runs), "--watch", "1h", "--filters", '{"x": 1}'
    ) as process:
        assert process.wait() == 2


def test_it_does_not_go_with_a_channel():
    with pytest.raises(UsageError, match="--watch works in a terminal only"):
        grammar.read(
            ["project", "a/b", "--to", "lab", "--watch", "5s"], fake_env(FakeSource())
        )
    with pytest.raises(UsageError, match="no such option"):
        grammar.parse("project a/b --watch 5s", fake_env(FakeSource()))


class Script:
    """Answers and fails in turn."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)

    def show(self) -> None:
        list(self.ask())

    def ask(self) -> Iterator[Report]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        yield Report("x", answer)


def test_the_last_answer_stays_through_an_outage():
    script = Script("1", NetworkError("down"), "2", UsageError("wrong"))
    answers = Answers(script.ask, lambda e: [str(e)])
    seen = []
    for _ in range(3):
        answers.ask()
        seen.append(([r.title for r in answers.reports], answers.complaints))
    assert seen == [(["1"], ()), (["1"], ["down"]), (["2"], ())]
    with pytest.raises(UsageError):
        answers.ask()


def test_what_fails_in_a_pipe_is_reported_each_time():
    script = Script("1", NetworkError("down"), NetworkError("down"), UsageError("no"))
    rounds = repeated(
        script.show,
        timedelta(microseconds=1),
        lambda e: [str(e)],
        BrokenPipeError,
    )
    assert [next(rounds) for _ in range(3)] == [(), ["down"], ["down"]]
    with pytest.raises(UsageError):
        next(rounds)
