from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from wandbwatch import plugins
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.query import Query
from wandbwatch.model.run import State
from wandbwatch.sources.cloud import plugin, session, transport
from wandbwatch.sources.cloud.source import CloudSource

from tests.servers.wandb import Run, WandbServer

WHOLE = Run(
    "abc",
    display_name="[red]@everyone\x1b[31m",
    state="failed",
    group="g",
    job_type="train",
    tags=["a", "b"],
    sweep_name="s1",
    notes="see below",
    host="node1",
    exitcode=3,
    heartbeat_at="2026-01-01T01:00:00",
    settings={
        "lr": 0.1,
        "opt": {"name": "adam", "depth": 1},
        "_wandb": {"e": {"w": {"host": "node1"}}},
    },
    summary={
        "loss": math.nan,
        "val/acc": 0.5,
        "nested": {"a": {"b": 1}},
        "top": -math.inf,
        "image": {"_type": "image-file", "path": "x.png"},
        "_step": 199,
        "_runtime": 60.5,
        "_wandb": {"runtime": 60},
    },
    system={"system.cpu": 5.0, "system.gpu.0.gpu": 80, "_runtime": 1},
)


def project(**parts: str) -> CloudSource:
    return plugin(Cloud("acme", "gpt", **parts))


def no_wire(*_: object) -> None:
    raise transport.NoGraphqlError


@pytest.fixture(params=["one document", "exported"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test both ways; the second as if the package had no other."""
    if request.param == "exported":
        monkeypatch.setattr("wandbwatch.sources.cloud.graphql.execute", no_wire)
    return str(request.param)


both_ways = pytest.mark.usefixtures("way")


def test_a_run_is_read_whole(server, way):
    server.store.add(WHOLE)
    run = project(run="abc").run()
    assert run.name == WHOLE.display_name
    assert run.state is State.FAILED
    assert run.created == datetime(2026, 1, 1, tzinfo=UTC)
    assert run.heartbeat == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert (run.runtime, run.last_step) == (60.5, 199)
    assert (run.group, run.job_type, run.tags) == ("g", "train", ("a", "b"))
    assert (run.user, run.notes, run.sweep) == ("alice", "see below", "s1")
    assert (run.entity, run.project, run.host) == ("acme", "gpt", "node1")
    assert run.url == f"{server.url}/acme/gpt/runs/abc"
    assert run.exit_code == (3 if way == "one document" else None)
    assert run.config == {"lr": 0.1, "opt.name": "adam", "opt.depth": 1}
    assert run.system == {"cpu": 5.0, "gpu.0.gpu": 80.0}
    summary = dict(run.summary)
    assert str(summary.pop("loss")) == "nan"
    assert summary == {
        "val/acc": 0.5,
        "nested.a.b": 1,
        "top": -math.inf,
        "image": {"_type": "image-file", "path": "x.png"},
        "_step": 199,
        "_runtime": 60.5,
        "_wandb.runtime": 60,
    }
    assert server.data_requests == 1


@both_ways
def test_a_run_of_which_nothing_is_known_is_a_run(server):
    server.store.add(Run("abc", state="new word", heartbeat_at=None, username=""))
    run = project(run="abc").run()
    assert (run.state, run.name) == (State.UNKNOWN, "abc")
    assert (run.runtime, run.last_step, run.heartbeat) == (None, None, None)


@pytest.mark.parametrize(("there", "requests"), [(0, 1), (1000, 1), (1001, 2)])
def test_a_thousand_runs_are_one_request(server, there, requests):
    server.store.project("acme", "gpt")
    server.store.add(*(Run(f"r{i}", summary={"a": 1, "b": 2}) for i in range(there)))
    found = project().runs(Query(summary=("a",), config=()))
    assert (len(found.runs), found.total) == (there, there)
    assert all(run.summary == {"a": 1} for run in found.runs)
    assert server.data_requests == requests


@both_ways
def test_a_listing_is_filtered_ordered_and_counted(server):
    server.store.add(
        *(
            Run(f"r{i}", group=f"g{i % 2}", created_at=f"2026-01-0{i + 1}T00:00:00Z")
            for i in range(6)
        )
    )
    found = project().runs(Query(filters={"group": "g1"}, limit=2))
    assert [run.id for run in found.runs] == ["r5", "r3"]
    assert (found.total, found.left_out) == (3, 1)
    assert server.data_requests == 1


@both_ways
@pytest.mark.parametrize("order", ["+summary_metrics.loss", "-summary_metrics.loss"])
@pytest.mark.parametrize("limit", [0, 2, 4])
def test_runs_without_the_value_are_last(server, order, limit):
    losses = {"a": 2.0, "nan": math.nan, "b": 1.0, "c": 3.0}
    server.store.add(Run("none"))
    server.store.add(*(Run(k, summary={"loss": v}) for k, v in losses.items()))
    found = project().runs(Query(order=order, limit=limit, summary=()))
    ids = [run.id for run in found.runs]
    placed = ["b", "a", "c"] if order[0] == "+" else ["c", "a", "b"]
    assert ids[:3] == placed[: limit or None]
    assert len(ids) == (limit or 5)
    assert all(run.summary == {} for run in found.runs)


def test_an_order_by_config_takes_either_spelling(server):
    server.store.add(*(Run(f"r{lr}", settings={"lr": lr}) for lr in (2, 1, 3)))
    for order in ("+config.lr", "+config.lr.value"):
        found = project().runs(Query(order=order, config=()))
        assert [run.id for run in found.runs] == ["r1", "r2", "r3"]


@both_ways
def test_only_the_keys_asked_for_are_there(server):
    server.store.add(WHOLE)
    (run,) = project().runs(Query(summary=("nested.a", "top"), config=("opt",))).runs
    assert run.summary == {"nested.a.b": 1, "top": -math.inf}
    assert run.config == {"opt.name": "adam", "opt.depth": 1}
    assert (run.last_step, run.runtime) == (199, 60.5)


@both_ways
def test_a_sweep_is_its_runs(server):
    server.store.add(Run("a", sweep_name="s1"), Run("b", sweep_name="s2"), Run("c"))
    assert [r.id for r in project(sweep="s1").runs(Query()).runs] == ["a"]


def test_a_run_address_lists_that_run(server):
    server.store.add(Run("a"), Run("b"))
    assert [r.id for r in project(run="b").runs(Query()).runs] == ["b"]


@both_ways
def test_an_id_that_is_missing_is_named(server):
    server.store.add(Run("a"), Run("b"), Run("c"))
    found = project().runs(Query(ids=("a", "c")))
    assert {run.id for run in found.runs} == {"a", "c"}
    with pytest.raises(NotFoundError, match=r"run 'acme/gpt/zz' not found; `wandbw"):
        project().runs(Query(ids=("a", "zz")))


@both_ways
def test_what_is_not_there_is_said_with_what_to_do(server):
    server.store.add(Run("a"))
    hint = "`wandbwatch project acme/gpt` lists its runs"
    with pytest.raises(NotFoundError, match=f"run 'acme/gpt/b' not found; {hint}"):
        project(run="b").run()
    with pytest.raises(NotFoundError, match="project 'acme/nope' not found"):
        plugin(Cloud("acme", "nope")).runs(Query())
    with pytest.raises(NotFoundError, match="project 'acme/nope' not found"):
        plugin(Cloud("acme", "nope", "a")).run()


def test_a_sweep_that_is_missing_is_named(server):
    server.store.add(Run("a"))
    with pytest.raises(NotFoundError, match="sweep 's9' not found in 'acme/gpt'"):
        project(sweep="s9").runs(Query())


@pytest.mark.usefixtures("server")
def test_a_project_is_not_one_run():
    with pytest.raises(UsageError, match="acme/gpt is not one run"):
        project().run()


def test_what_is_left_out_is_filled_in_as_wandb_does(server, monkeypatch):
    server.store.add(replace(WHOLE, entity="acme", project="mine"))
    with pytest.raises(UsageError, match="write ENTITY/PROJECT/abc, or set WANDB_PRO"):
        plugin(Cloud(run="abc")).run()
    session.forget()
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    assert plugin(Cloud(run="abc")).run().entity == "acme"  # the default entity
    session.forget()
    monkeypatch.setenv("WANDB_ENTITY", "other")
    with pytest.raises(NotFoundError, match="project 'other/mine' not found"):
        plugin(Cloud(run="abc")).run()


def test_an_older_server_is_asked_in_the_exported_way(server, monkeypatch):
    server.store.add(WHOLE)
    monkeypatch.setattr(
        "wandbwatch.sources.cloud.query.RUN", "query R { viewer { newer } }"
    )
    assert project(run="abc").run().last_step == 199
    assert server.counts["R"] == server.counts["Run"] == 1


def test_both_ways_are_the_same(server, monkeypatch):
    known_to_both = replace(WHOLE, exitcode=None, host=None, summary={"a": {"b": 1}})
    server.store.add(known_to_both)
    (one,) = project().runs(Query()).runs
    monkeypatch.setattr("wandbwatch.sources.cloud.graphql.execute", no_wire)
    (other,) = project().runs(Query()).runs
    assert replace(one, host="") == other
    assert server.counts["WandbwatchRuns"] == server.counts["Runs"] == 1


def test_a_table_with_a_value_of_its_own_is_kept(server):
    server.store.add(Run("abc", settings={"opt": {"value": {"value": 1}}}))
    assert project(run="abc").run().config == {"opt.value.value": 1}


def test_nothing_is_asked_before_a_method(server: WandbServer):
    plugins.load("wandbwatch.sources", "cloud")(Cloud("acme", "gpt"))
    assert not server.counts
