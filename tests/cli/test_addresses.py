from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.addresses import opened
from wandbwatch.cli.main import _source
from wandbwatch.model import address_parsing
from wandbwatch.model.address import Cloud, Local, beside
from wandbwatch.model.errors import NotAuthorisedError, NotFoundError, UsageError
from wandbwatch.model.query import Axis, Query
from wandbwatch.model.report import Note
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource, fake_env
from tests.runs.synthetic import write_long
from tests.servers.wandb import Run as Seen
from tests.servers.wandb import WandbServer


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
    source = opened(Cloud("runs", "wandb"), lambda _: Refusing(kind("no")))
    with pytest.raises(kind, match=r"^no; did you mean the path \./runs/wandb\?$"):
        ask(source)


@pytest.mark.usefixtures("here")
def test_a_run_below_a_path_that_was_not_written_is_mentioned(tmp_path):
    run = tmp_path / "runs" / "wandb" / "run-20260101_000000-a" / "run-a.wandb"
    write_long(run, 3, keys=1)
    refusing = Refusing(NotAuthorisedError("no"))
    source = opened(Cloud(None, "runs", "latest"), lambda _: refusing)
    with pytest.raises(NotAuthorisedError, match=r"did you mean the path \./runs/lat"):
        source.run()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("address", [Cloud("acme", "gpt"), Cloud()])
def test_where_there_is_no_such_path_nothing_is_said(address):
    source = opened(address, lambda _: Refusing(NotAuthorisedError("no")))
    with pytest.raises(NotAuthorisedError, match=r"^no$"):
        source.run()


@pytest.mark.usefixtures("here")
def test_what_is_found_is_found():
    run = Run("a", "a", State.FINISHED)
    source = opened(Cloud(None, "runs"), lambda _: FakeSource([run]))
    assert source.run() == run
    assert source.runs(Query()).runs == (run,)
    (curves,) = source.curves(Query(), (), Axis())
    assert curves.run == run


def made(wandb_server: WandbServer) -> None:
    wandb_server.store.add(
        Seen("a1", display_name="baseline", created_at="2026-01-01T00:00:00Z"),
        Seen(
            "a2",
            display_name="wide",
            created_at="2026-01-02T00:00:00Z",
            summary={"val/loss": 0.1},
        ),
        Seen(
            "a3",
            display_name="twice",
            created_at="2026-01-03T00:00:00Z",
            summary={"val/loss": 0.5},
        ),
        Seen(
            "a4",
            display_name="twice",
            created_at="2026-01-04T00:00:00Z",
            state="failed",
            summary={"val/loss": 0.7},
        ),
    )


def source(text: str):
    return _source(address_parsing.run(text))


@pytest.mark.parametrize(
    ("name", "run_id"),
    [
        ("a1", "a1"),
        ("baseline", "a1"),
        ("latest", "a4"),
        ("previous", "a3"),
        ("last-good", "a3"),
        ("best", "a2"),
    ],
)
def test_a_run_is_found_by_its_id_its_name_or_a_word(wandb_server, name, run_id):
    made(wandb_server)
    found = source(f"acme/gpt/{name}")
    assert found.run().id == run_id
    assert [run.id for run in found.runs(Query()).runs] == [run_id]
    assert found.console(run_id, 3) == ()


def test_the_best_run_is_shown_with_what_it_is_best_by(wandb_server):
    made(wandb_server)
    env = fake_env(source("acme/gpt/best"))
    (told,) = grammar.parse("summary acme/gpt/best", env).reports
    assert Note("wide is the best by val/loss:min") in told.blocks


def test_ids_of_a_query_may_be_names(wandb_server):
    made(wandb_server)
    project = _source(address_parsing.project("acme/gpt"))
    found = project.runs(Query(ids=("baseline", "a3", "latest"))).runs
    assert {run.id for run in found} == {"a1", "a3", "a4"}


def test_a_run_is_named_in_a_query_with_a_limit_too(wandb_server):
    made(wandb_server)
    few = Query(limit=5)
    assert [run.id for run in source("acme/gpt/baseline").runs(few).runs] == ["a1"]
    with pytest.raises(NotFoundError, match="'zzz'; the newest: a4"):
        source("acme/gpt/zzz").curves(few, ("loss",), Axis())
    assert not source("acme/gpt/a1").runs(replace(few, filters={"state": "x"})).runs


def test_an_id_costs_no_more_requests(wandb_server):
    made(wandb_server)
    source("acme/gpt/a1").run()
    asked = wandb_server.counts.total()
    source("acme/gpt/a2").run()
    assert wandb_server.counts.total() == asked + 1


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("acme/gpt/twice", UsageError, "2 runs of acme/gpt are named 'twice': a4, a3"),
        (
            "acme/gpt/basline",
            NotFoundError,
            (
                "acme/gpt has no run with the id or name 'basline'; did you mean"
                " 'baseline'? `wandbwatch project acme/gpt` lists its runs"
            ),
        ),
        (
            "acme/gpt/zzz",
            NotFoundError,
            (
                "acme/gpt has no run with the id or name 'zzz'; the newest: a4 (twice),"
                " a3 (twice), a2 (wide); `wandbwatch project acme/gpt` lists its runs"
            ),
        ),
        (
            "acme/gpt",
            NotFoundError,
            (
                "acme/gpt is a project, not a run; write acme/gpt/latest, or name one:"
                " a4 (twice), a3 (twice), a2 (wide)"
            ),
        ),
        ("acme/nope/x", NotFoundError, "project 'acme/nope' not found, or private"),
        *(
            (text, NotFoundError, f"project {text[:-2]!r} not found; did you mean {it}")
            for text, it in (
                ("acme/gtp/x", "'acme/gpt'?"),
                ("alice/gpt/x", "'acme/gpt'?"),
                ("acmee/gtp/x", "'acme/gpt'?"),
            )
        ),
    ],
)
def test_an_error_says_which_runs_there_are(wandb_server, text, kind, said):
    made(wandb_server)
    with pytest.raises(kind) as raised:
        source(text).run()
    assert str(raised.value).startswith(said)


def test_two_names_are_a_project_and_its_run_first(wandb_server):
    made(wandb_server)
    wandb_server.store.add(Seen("b1", project="other"))
    assert source("other/b1").run().id == "b1"
    with pytest.raises(NotFoundError, match="has no run with the id or name 'zzz'"):
        source("other/zzz").run()
    with pytest.raises(NotFoundError, match="nope"):
        source("nope/nothing").run()


@pytest.mark.parametrize("command", ["summary", "logs", "files", "media", "system"])
def test_every_command_takes_the_name_of_a_local_run(command, tmp_path):
    write_long(tmp_path / "wandb" / "run-20260101_000000-a" / "run-a.wandb", 3, keys=1)
    for name in ("a", "latest", "last-good"):
        told = answered(command, str(tmp_path / "wandb" / name), "-o", "json")
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout)["reports"]


def test_a_local_path_that_names_no_run_is_not_found(tmp_path):
    write_long(tmp_path / "wandb" / "run-20260101_000000-a" / "run-a.wandb", 3, keys=1)
    told = answered("summary", str(tmp_path / "wandb" / "zzz"))
    assert told.returncode == 5
    assert "has no run with the id or name 'zzz'; the newest: a" in told.stderr
    told = answered("summary", str(tmp_path / "zzz" / "a"))
    assert told.returncode == 5
    assert "does not exist; name a directory" in told.stderr
    (tmp_path / "empty" / "near").mkdir(parents=True)
    with pytest.raises(NotFoundError, match=r"exist; did you mean '.*/empty/near'\?"):
        source(str(tmp_path / "empty" / "nera")).run()


@pytest.mark.parametrize(
    ("first", "other", "found"),
    [
        (Cloud("acme", "gpt", "a"), Cloud(None, None, "b"), Cloud("acme", "gpt", "b")),
        (Cloud("acme", "gpt", "a"), Cloud(None, "x", "b"), Cloud(None, "x", "b")),
        (Cloud(None, None, "a"), Cloud(None, None, "b"), Cloud(None, None, "b")),
        (Local(Path("w/a")), Cloud(None, None, "b"), Local(Path("w/b"))),
        (Cloud("acme", "gpt", "a"), Local(Path("w/b")), Local(Path("w/b"))),
    ],
)
def test_a_bare_second_run_is_of_the_first_one_s_project(first, other, found):
    assert beside(first, other) == found


def answered(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wandbwatch", *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_word_for_a_run_is_no_project_and_a_slash_makes_a_path(wandb_server):
    made(wandb_server)
    said = r"'latest' is a run, not a project: write ENTITY/PROJECT/latest"
    with pytest.raises(NotFoundError, match=said):
        _source(address_parsing.project("latest")).runs(Query())
    with pytest.raises(NotFoundError, match=r"^\./acme/gpt does .* write acme/gpt$"):
        _source(address_parsing.project("acme/gpt/")).runs(Query())


def test_a_missing_path_beside_runs_is_called_a_path(local_runs, monkeypatch):
    monkeypatch.chdir(local_runs)
    for path, meant in {"./wand": "wandb", "./latst": "latest"}.items():
        with pytest.raises(
            NotFoundError, match=rf"^{path} does not exist, .*'{meant}'\? `wandbwatch"
        ):
            _source(Local(Path(path))).runs(Query())
