from __future__ import annotations

import pytest
from wandbwatch.cli.path_hints import reminding
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import NotAuthorisedError, NotFoundError, UsageError
from wandbwatch.model.query import Axis, Query
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource


class Refusing(FakeSource):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def run(self):
        raise self._error

    def runs(self, _query: Query):
        raise self._error

    def curves(self, _query: Query, _keys, _axis: Axis):
        raise self._error


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "runs" / "wandb").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "ask",
    [
        lambda source: source.run(),
        lambda source: source.runs(Query()),
        lambda source: source.curves(Query(), (), Axis()),
    ],
)
@pytest.mark.parametrize("kind", [NotAuthorisedError, NotFoundError, UsageError])
def test_an_error_mentions_the_path_that_was_not_written(kind, ask):
    source = reminding(Refusing(kind("no")), Cloud("runs", "wandb"))
    with pytest.raises(kind, match=r"^no; did you mean the path \./runs/wandb\?$"):
        ask(source)


@pytest.mark.usefixtures("here")
def test_where_there_is_no_such_path_nothing_is_said():
    refusing = Refusing(NotFoundError("no"))
    assert reminding(refusing, Cloud("acme", "gpt")) is refusing


@pytest.mark.usefixtures("here")
def test_what_is_found_is_found():
    run = Run("a", "a", State.FINISHED)
    source = reminding(FakeSource([run]), Cloud(None, "runs"))
    assert source.run() == run
    assert source.runs(Query()).runs == (run,)
    (curves,) = source.curves(Query(), (), Axis())
    assert curves.run == run
