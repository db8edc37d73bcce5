from __future__ import annotations

from datetime import timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.options import Filters, Span, project_address, run_address


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1.5h", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("7D", timedelta(days=7)),
        ("1w 2d", timedelta(days=9)),
        ("5m 5h", timedelta(minutes=305)),
    ],
)
def test_a_span_is_read(text, span):
    assert Span.read(text) == span


@pytest.mark.parametrize(
    "text", ["", "30", "m", "-5m", "5m5", "1e3s", "٣m", "1mo", "inf"]
)
def test_what_is_no_span_is_refused(text):
    with pytest.raises(typer.BadParameter, match="duration"):
        Span.read(text)


@given(st.text("0123456789.wdhms ", max_size=12))
def test_any_text_is_a_span_or_refused(text):
    try:
        span = Span.read(text)
    except typer.BadParameter:
        return
    assert span > timedelta(0)


def test_filters_nested_without_end_are_refused_in_plain_words():
    with pytest.raises(typer.BadParameter, match="nested too deeply"):
        Filters.read('{"$and":[' * 3000)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "state=finished",
            r"""is not JSON; write --filters '{"state": "finished"}'$""",
        ),
        ("config.lr = 0.1", r"""; write --filters '{"config.lr": 0.1}'$"""),
        ("{state: x}", r"""double quotes.*; quote it whole: .*"failed"}'$"""),
    ],
)
def test_filters_that_are_not_json_are_shown_as_json(text, meant):
    with pytest.raises(typer.BadParameter, match=meant):
        Filters.read(text)


@pytest.mark.parametrize("read", [project_address, run_address])
def test_a_path_that_is_no_address_gets_a_hint(read, tmp_path, monkeypatch):
    path = "multirun/2025-01-02/03-04-05/0/wandb"
    (tmp_path / path).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(typer.BadParameter, match=r"; did you mean the path"):
        read(path)
    with pytest.raises(typer.BadParameter, match=r"RUN$"):
        read("a/b/c/d/e")
