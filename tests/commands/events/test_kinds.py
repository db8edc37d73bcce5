from __future__ import annotations

import pytest
from wandbwatch.commands.events.lifecycle import EventKind
from wandbwatch.commands.events.lifecycle.event import ENDS, KINDS
from wandbwatch.model.run import State


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_is_in_the_table(kind):
    assert KINDS[kind].many


def test_every_state_that_a_run_ends_in_has_its_kind():
    assert set(ENDS) == {state for state in State if state.ended}
