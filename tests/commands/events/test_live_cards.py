from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.commands.events.lifecycle import DetectOptions, RunEvent
from wandbwatch.commands.events.reports import LiveCards
from wandbwatch.commands.events.run_cards import ProjectPage
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import NetworkError
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import Plot, Text
from wandbwatch.model.run import Run, Series, State

from tests.fakes import FakeSource

NOW = 1_767_225_600.0
RUN = Run(
    "a1",
    "seed1",
    State.RUNNING,
    heartbeat=datetime.fromtimestamp(NOW, UTC),
    runtime=600.0,
    last_step=100,
    entity="acme",
    project="gpt",
    summary={"val/loss": 2.31, "_step": 100, "_timestamp": NOW},
)
CURVE = [Series("val/loss", [0, 50, 100], [4.0, 3.0, 2.31])]


class Project:
    """A project whose runs the test sets, and the cards that it gets."""

    def __init__(self) -> None:
        self.memory = Memory()

    errors: Mapping[str, str] = {}

    def cards(self, *runs: Run, at: float = 0, events: tuple[RunEvent, ...] = ()):
        source = FakeSource(list(runs), CURVE)
        rules, page = DetectOptions(600.0, 120.0), ProjectPage("acme/gpt", None)
        cards = LiveCards(source, self.memory, rules, page, self.errors)
        return list(cards.reports(runs, events, NOW + at))


@pytest.fixture
def project() -> Project:
    return Project()


def test_a_card_shows_the_metric_that_matters_and_its_curve(project):
    (card,) = project.cards(RUN)
    assert card.headline == "seed1 running: val/loss 2.31 (step 100, 10m 00s)"
    assert card.subject is not None
    assert card.subject.path == "acme/gpt/a1"
    (plot,) = (block for block in card.blocks if isinstance(block, Plot))
    assert plot.key == "val/loss"
    assert card.card
    assert card.message_key == "card a1"


def test_a_card_is_renewed_every_quarter_of_an_hour_and_at_each_event(project):
    assert project.cards(RUN)
    assert not project.cards(RUN, at=60)
    assert project.cards(RUN, at=120, events=(RunEvent(EventKind.STALLED, RUN),))
    assert not project.cards(RUN, at=840)
    assert project.cards(RUN, at=1080)


def test_the_last_card_says_how_the_run_ended_and_none_follows(project):
    project.cards(RUN)
    ended = replace(RUN, state=State.FAILED)
    (card,) = project.cards(ended, at=60)
    assert card.level is Level.BAD
    assert card.headline.startswith("seed1 failed (step 100")
    assert not project.cards(ended, at=2000)


def test_the_last_card_of_a_failed_run_says_why(project):
    project.cards(RUN)
    error = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB."
    project.errors = {"a1": error}
    (card,) = project.cards(replace(RUN, state=State.FAILED), at=60)
    said = "seed1 failed: CUDA out of memory (step 100, 10m 00s)"
    assert card.headline == said
    assert card.blocks[0] == Text("error", error)


def test_runs_that_had_ended_before_have_no_card(project):
    assert not project.cards(replace(RUN, state=State.FINISHED))


def test_cards_of_many_runs_take_turns(project):
    runs = [replace(RUN, id=f"r{i}", name=f"r{i}") for i in range(25)]
    assert len(project.cards(*runs)) == 25
    renewed = [len(project.cards(*runs, at=900 + 60 * i)) for i in range(4)]
    assert renewed == [10, 10, 5, 0]


def test_a_card_comes_without_values_where_they_cannot_be_read():
    class Broken(FakeSource):
        def runs(self, _query: Query) -> Listing:
            raise NetworkError("no connection")

    cards = LiveCards(
        Broken([RUN]),
        Memory(),
        DetectOptions(600.0, 120.0),
        ProjectPage("acme/gpt", None),
    )
    (card,) = cards.reports([RUN], (), NOW)
    assert any("no connection" in str(block) for block in card.blocks)
