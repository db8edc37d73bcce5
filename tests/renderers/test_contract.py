"""What every text output promises for any report whatever."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch import plugins
from wandbwatch.cli.grammar.command import OUTPUTS
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import Fields, Report

from tests.fakes import NOW
from tests.renderers.strategies import reports

PACKAGE = "wandbwatch.renderers"
outputs = pytest.mark.parametrize("output", OUTPUTS)
STEERS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def rendered(output: str, given: Iterable[Report], screen: Screen) -> list[str]:
    render: Renderer = plugins.load(PACKAGE, output)
    return list(render(given, screen))


@outputs
@given(told=st.lists(reports, max_size=2), width=st.integers(40, 200))
def test_any_report_renders_without_control_codes_from_outside(output, told, width):
    text = "\n".join(rendered(output, told, Screen(width, now=NOW)))
    text.encode()
    shape = {"\n", "\t"} if output == "plain" else {"\n"}
    assert not {unicodedata.category(c) for c in set(text) - shape} & STEERS


@pytest.mark.parametrize("output", [o for o in OUTPUTS if o != "json"])
def test_a_report_is_shown_before_the_next_one_is_computed(output):
    def endless() -> Iterator[Report]:
        while True:
            yield Report("summary", "run", (Fields("train", (("loss", 0.5),)),))

    render: Renderer = plugins.load(PACKAGE, output)
    assert next(render(endless(), Screen()))
