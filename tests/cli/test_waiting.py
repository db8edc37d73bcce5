"""The status line while a command waits."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from wandbwatch.cli import waiting
from wandbwatch.model.address import Cloud, Local
from wandbwatch.model.ports import SourceProxy
from wandbwatch.model.query import Axis, Query

from tests.fakes import FakeSource


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stderr(monkeypatch):
    stream = Tty()
    monkeypatch.setattr(waiting, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(waiting, "PATIENCE", 0.01)
    return stream


def slow(seconds: float) -> Iterator[str]:
    with waiting.status.asking("asking W&B for runs"):
        time.sleep(seconds)
    yield "done"


def test_a_terminal_is_shown_what_is_asked_and_it_is_erased(stderr):
    assert list(waiting.shown(slow(0.05))) == ["done"]
    told = stderr.getvalue()
    assert told.startswith("\r\x1b[Kasking W&B for runs…")
    assert told.endswith("\r\x1b[K")


def test_what_is_quick_shows_nothing(stderr, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 5)
    assert list(waiting.shown(slow(0))) == ["done"]
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_pipe_and_a_dumb_terminal_are_shown_nothing(stderr, monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    assert list(waiting.shown(slow(0.03))) == ["done"]
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(waiting, "sys", SimpleNamespace(stderr=io.StringIO()))
    assert list(waiting.shown(slow(0.03))) == ["done"]
    assert stderr.getvalue() == ""


def test_an_error_leaves_no_line_behind(stderr):
    def failing() -> Iterator[str]:
        yield from slow(0.05)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(waiting.shown(failing()))
    assert stderr.getvalue().endswith("\r\x1b[K")


class Watching(FakeSource):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def runs(self, query: Query):
        self.said.append(waiting.status.text)
        return super().runs(query)


def test_it_says_which_server_is_asked_for_what(monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", "https://api.wandb.ai")
    behind = Watching()
    source: SourceProxy = waiting.AnnouncedSource(Cloud("acme", "gpt"), behind)
    source.runs(Query(limit=12))
    source.curves(Query(ids=("a", "b")), ["loss"], Axis())
    waiting.AnnouncedSource(Local("x"), behind).runs(Query())  # type: ignore[arg-type]
    assert behind.said == [
        "asking api.wandb.ai for 12 runs of acme/gpt",
        "asking api.wandb.ai for 2 curves of acme/gpt",
        "reading runs of ./x",
    ]
    assert waiting.status.text == ""
