from __future__ import annotations

import pytest
from wandbwatch.commands.events.end_card import CardAttachments, EndCards
from wandbwatch.commands.events.lifecycle import EventKind, GroupDone
from wandbwatch.commands.events.run_cards import ProjectPage
from wandbwatch.model.report import Table
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Sweep

from tests.fakes import FakeSource

RUNS = [
    Run("a", "a", State.FINISHED, summary={"val/acc": 0.9, "cost": 3}),
    Run("b", "b", State.FINISHED, summary={"val/acc": 0.8, "cost": 2}),
]


@pytest.mark.parametrize(
    ("sweep", "best"),
    [
        (Sweep("s", metric="cost", goal="minimize"), ("cost", 2)),
        (Sweep("s"), ("val/acc", 0.9)),
        (None, ("val/acc", 0.9)),
    ],
)
def test_a_done_sweep_is_ranked_by_its_own_metric(sweep, best):
    cards = EndCards(FakeSource(RUNS, sweep=sweep), CardAttachments())
    card = cards.done(GroupDone(EventKind.SWEEP, "s"), ProjectPage("me/p", None))
    (table,) = (block for block in card.blocks if isinstance(block, Table))
    assert table.rows[0][-2:] == best


def test_a_done_sweep_is_called_by_its_name():
    cards = EndCards(FakeSource(RUNS, sweep=Sweep("s", "lr-wd")), CardAttachments())
    card = cards.done(GroupDone(EventKind.SWEEP, "s"), ProjectPage("me/p", None))
    assert card.headline.startswith("sweep lr-wd is done")
    assert "s" in card.title.split()
