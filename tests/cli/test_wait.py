"""Waiting for runs: few requests, patience with a silent server, and progress."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from wandbwatch.analysis.eta import Total
from wandbwatch.cli.wait import PATIENCE, Looker, Patient, ProgressBars, ProgressLines
from wandbwatch.model.address import Address, Cloud, Local
from wandbwatch.model.errors import NetworkError, NotFoundError, UsageError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource

RUNS = tuple(Run(i, i, State.RUNNING) for i in ("a", "b", "c"))


def sources(source: FakeSource) -> tuple[list[Address], Callable[[Address], Source]]:
    opened: list[Address] = []

    def open_one(address: Address) -> Source:
        opened.append(address)
        return source

    return opened, open_one


def test_runs_of_a_project_cost_one_question():
    source = FakeSource(RUNS)
    opened, open_one = sources(source)
    asked = [Cloud("e", "p", "a"), Cloud("e", "p", "b"), Cloud("e", "p", "a")]
    looker = Looker(open_one, asked, Total.read("config.n"))
    assert [run.id for run in looker.look()] == ["a", "b"]
    assert opened == [Cloud("e", "p")]
    (query,) = source.queries
    assert (query.ids, query.summary, query.config) == (("a", "b"), (), ("n",))


def test_a_link_to_the_latest_run_is_followed_once(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "latest-run").symlink_to("run")
    opened, open_one = sources(FakeSource(RUNS[:1]))
    Looker(open_one, [Local(tmp_path / "latest-run")], None).look()
    assert opened == [Local(tmp_path / "run")]


class Missing(FakeSource):
    def runs(self, _query: Query) -> Listing:
        raise NotFoundError("project 'me/acme' not found")

    def run(self) -> Run:
        raise NotFoundError("acme/gpt is a project, not a run")


def test_a_project_is_called_one():
    with pytest.raises(NotFoundError, match="is a project, not a run"):
        Looker(lambda _: Missing(), [Cloud(None, "acme", "gpt")], None).look()
    with pytest.raises(NotFoundError, match="'me/acme' not found"):
        Looker(lambda _: Missing(), [Cloud("acme", "gpt", "a")], None).look()


def test_a_directory_of_several_runs_is_not_one():
    _, open_one = sources(FakeSource(RUNS))
    with pytest.raises(UsageError, match="not one run"):
        Looker(open_one, [Local(Path())], None).look()


class Server:
    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.told: list[str] = []
        self.now = 1000.0
        self.patient = Patient(self.look, lambda: self.now, self.told.append)

    def look(self) -> tuple[Run, ...]:
        answer = self.answers.pop(0)
        if answer:
            raise answer
        return RUNS


DOWN = NetworkError("w.example: no answer")


def test_an_outage_and_its_end_are_said_once():
    server = Server(None, DOWN, DOWN, None, None)
    assert [server.patient.look() for _ in range(5)] == [RUNS, None, None, RUNS, RUNS]
    assert server.told == [
        "w.example: no answer; retrying for 1h 00m",
        "connected again",
    ]


def test_a_first_look_that_fails_is_an_error():
    with pytest.raises(NetworkError):
        Server(DOWN).patient.look()


def test_what_is_no_outage_is_an_error():
    server = Server(None, NotFoundError("gone"))
    server.patient.look()
    with pytest.raises(NotFoundError):
        server.patient.look()


def test_patience_ends():
    server = Server(None, DOWN, DOWN)
    server.patient.look()
    assert server.patient.look() is None
    server.now += PATIENCE.total_seconds() + 1
    with pytest.raises(NetworkError):
        server.patient.look()


RUN = Run("a", "a \x1b[31m[bold]run", State.RUNNING, last_step=100, runtime=10.0)


def test_a_pipe_is_reported_changes_alone():
    told: list[str] = []
    lines = ProgressLines(told.append)
    for run in (RUN, replace(RUN, last_step=200), replace(RUN, state=State.FAILED)):
        lines.show([run])
    assert told == ["a: running, step 100", "a: failed, step 100"]


def drawn(width: int, total: Total | None) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True, _environ={})
    with ProgressBars(console, total) as bars:
        bars.show([RUN])
        bars.show([replace(RUN, last_step=150, runtime=20.0)])
    return screen.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_bar_shows_how_far_it_is_and_when_it_ends(width):
    seen = drawn(width, Total(201))
    assert "150/201" in seen
    assert "ETA 10s" in seen
    assert "\x1b[31m" not in seen


def test_without_a_total_the_step_has_to_do():
    seen = drawn(80, None)
    assert "▸ running" in seen
    assert "step 150" in seen
    assert "ETA" not in seen


def test_reports_stay_above_the_progress_bars():
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=True, _environ={})
    with ProgressBars(console, None) as bars:
        bars.show([RUN])
        bars.tell("no answer")
        bars.show([RUN])
    assert screen.getvalue().count("wandbwatch: no answer\n") == 1
