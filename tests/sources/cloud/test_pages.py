"""Pages as real servers give them: repeated, slow, with holes, and asked less of."""

from __future__ import annotations

import pytest
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import (
    NetworkError,
    NotFoundError,
    RateLimitError,
    TimeOutError,
)
from wandbwatch.model.query import Query
from wandbwatch.model.report import taken_remarks
from wandbwatch.sources.cloud import plugin

from tests.servers.wandb import Fault, Run

GPT = Cloud("acme", "gpt")
MANY = 120


@pytest.fixture(autouse=True)
def _patient(server, monkeypatch):
    monkeypatch.setattr("wandbwatch.sources.cloud.pages._PAUSE", 0)
    server.store.add(*(Run(f"r{i:03}") for i in range(MANY)))
    taken_remarks()


def listed() -> list[str]:
    query = Query(order="+name", summary=(), config=())
    source = plugin(GPT)
    found = source.runs(query)
    return [run.id for run in found.runs]


def whole() -> list[str]:
    return [f"r{i:03}" for i in range(MANY)]


def test_a_run_on_two_pages_is_listed_once(server):
    server.faults.append(Fault("status", operation="Runs", status=500, times=2))
    server.faults.append(Fault("repeat", operation="Runs"))
    assert listed() == whole()
    assert server.counts["WandbwatchRuns"] == 2 + 3


def test_a_missing_node_is_skipped(server):
    server.faults.append(Fault("null_edges", operation="Runs"))
    assert listed() == whole()


def test_after_a_time_out_a_smaller_page_is_asked_for(server, monkeypatch):
    monkeypatch.setenv("WANDB_X_GRAPHQL_TIMEOUT_SECONDS", "2")
    server.faults.append(Fault("latency", operation="Runs", per_run=0.025))
    assert listed() == whole()
    assert server.counts["WandbwatchRuns"] >= 1 + 3


def test_a_slow_answer_is_waited_for_and_asked_once(server):
    server.faults.append(Fault("latency", operation="Runs", seconds=2))
    assert listed() == whole()
    assert server.counts["WandbwatchRuns"] == 1


def test_the_run_that_the_server_cannot_read_is_named(server):
    server.faults.append(
        Fault("poison", operation="WandbwatchRuns", run="r077", message="bad row")
    )
    assert listed() == [name for name in whole() if name != "r077"]
    (said,) = taken_remarks()
    assert said.startswith("W&B can't read the run 'r077'")
    assert "bad row" in said


def test_runs_beyond_one_without_a_readable_name_are_listed(server):
    server.faults.append(Fault("poison", operation="Wandbwatch", run="r077"))
    assert listed() == [name for name in whole() if name != "r077"]
    (said,) = taken_remarks()
    assert said.startswith("W&B can't read the run before 'r078' in this order: http")


def test_a_run_that_is_asked_for_and_cannot_be_read_is_an_error(server):
    server.faults.append(Fault("poison", operation="WandbwatchRuns", run="r077"))
    with pytest.raises(NetworkError, match="W&B can't read the run 'r077'"):
        plugin(GPT).runs(Query(ids=("r077", "r078"), summary=(), config=()))


def test_a_part_of_an_answer_is_used_and_said(server):
    server.faults.append(
        Fault("partial", operation="Runs", run="r003", message="deadline exceeded")
    )
    assert listed() == [name for name in whole() if name != "r003"]
    assert taken_remarks() == ("W&B could not read all of it: deadline exceeded",)


def test_a_server_that_is_down_is_not_a_run_that_is_broken(server):
    server.faults.append(Fault("status", operation="Wandbwatch", status=503))
    with pytest.raises(NetworkError, match="failed \\(503: injected\\)"):
        listed()


def test_a_rate_limit_is_reported_with_its_seconds_and_heeded(server):
    wait = Fault("status", "Wandbwatch", 429, {"Retry-After": "30"}, message="slow")
    server.faults.append(wait)
    for _ in range(2):
        with pytest.raises(RateLimitError, match="to slow down, for 30 s") as told:
            listed()
        assert told.value.seconds == 30
    assert server.counts["WandbwatchRuns"] == 1


def test_a_short_rate_limit_is_waited_out(server):
    wait = Fault("status", "WandbwatchRun$", 429, {"Retry-After": "1"}, times=1)
    server.faults.append(wait)
    assert plugin(Cloud("acme", "gpt", "r001")).run().id == "r001"


def test_what_an_older_server_lacks_is_tried_once(server):
    server.faults.append(Fault("lacks", operation="WandbwatchRun$", name="exitcode"))
    source = plugin(Cloud("acme", "gpt", "r001"))
    assert [source.run().id for _ in range(2)] == ["r001", "r001"]
    assert server.counts["WandbwatchRun"] == 1


def test_without_console_lines_the_file_is_read(server):
    server.faults.append(Fault("lacks", name="logLines"))
    run = server.store.run("acme/gpt/r001")
    run.files["output.log"] = b"one\ntwo\nthree\n"
    lines = plugin(GPT).console("r001", 2)
    assert [line.text for line in lines] == ["two", "three"]
    with pytest.raises(NotFoundError, match="keeps no console lines"):
        plugin(GPT).console("r002", 2)


def test_the_questions_of_one_command_share_its_time(server, monkeypatch):
    source = plugin(Cloud("acme", "gpt", "r001"))
    source.run()  # to open takes long at times
    monkeypatch.setenv("WANDBWATCH_TIMEOUT", "2")
    server.faults.append(Fault("latency", operation="WandbwatchRun$", seconds=1.2))
    assert source.run().id == "r001"
    with pytest.raises(TimeOutError, match="within 2 s"):
        source.run()
    assert server.counts["WandbwatchRun"] == 3
