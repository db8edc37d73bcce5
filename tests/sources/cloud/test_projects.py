"""The projects one may see, and the sweeps of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.ports import Source
from wandbwatch.model.report import Note, Table
from wandbwatch.sources.cloud import plugin

from tests.fakes import FakeSource, fake_env
from tests.servers.wandb import Fault, Run, User


def opened(address: Address) -> Source:
    assert isinstance(address, Cloud)
    return plugin(address)


CONFIG = "method: random\nmetric: {name: val/loss, goal: minimize}\n"


@pytest.fixture
def busy(server):
    server.store.users[0] = User(teams=("acme", "labs"))
    server.store.add(
        Run("a", project="gpt", heartbeat_at="2026-01-02T00:00:00Z"),
        Run("b", project="gpt", heartbeat_at="2026-01-05T00:00:00Z"),
        Run("c", "labs", "bert", heartbeat_at="2026-01-03T00:00:00Z"),
        Run("d", "other", "secret"),
    )
    server.store.project("acme", "empty")
    return server


def test_all_projects_are_listed_the_latest_active_first(busy):
    found = plugin.account().projects("", None)
    assert [str(one) for one in found] == ["acme/gpt", "labs/bert", "acme/empty"]
    assert (found[0].runs, found[0].active) == (2, datetime(2026, 1, 5, tzinfo=UTC))
    assert found[0].url == f"{busy.url}/acme/gpt"
    assert busy.data_requests == 2  # who one is comes first


def test_the_projects_of_one_entity_are_one_request(busy):
    (only,) = plugin.account().projects("labs", None)
    assert str(only) == "labs/bert"
    assert busy.data_requests == 1
    assert plugin.account().projects("nobody", None) == ()


def test_a_server_without_that_document_lists_them_as_the_package_does(busy):
    busy.faults.append(Fault("lacks", "WandbwatchProjects", name="runCount"))
    found = plugin.account().projects("labs", None)
    assert [str(one) for one in found] == ["labs/bert"]


@pytest.fixture
def swept(busy):
    project = busy.store.project("labs", "bert")
    for number in (1, 2):
        created = f"2026-01-0{number}T00:00:00Z"
        project.sweeps[f"s{number}"] = {"config": CONFIG, "createdAt": created}
    busy.store.add(Run("e", "labs", "bert", sweep_name="s2"))
    return busy


def test_the_sweeps_of_a_project_are_listed_the_newest_first(swept):
    newest, oldest = plugin(Cloud("labs", "bert")).sweeps()
    assert (newest.id, newest.count, oldest.count) == ("s2", 1, 0)
    assert (newest.method, newest.metric, newest.state) == (
        "random",
        "val/loss",
        "RUNNING",
    )
    assert swept.data_requests == 1


@pytest.mark.usefixtures("swept")
def test_sweep_lists_the_sweeps_where_a_project_is_named():
    env = replace(fake_env(FakeSource()), source=opened)
    line = grammar.read(["sweep", "labs/bert"], env)
    assert isinstance(line, grammar.ParsedLine)
    (told,) = line.reports
    assert told.title == "labs/bert: 2 sweeps"
    table, note = told.blocks
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == ["s2", "s1"]
    assert note == Note("`wandbwatch sweep labs/bert/s2` shows the newest")


@pytest.mark.usefixtures("swept")
def test_sweep_says_that_there_is_neither_such_a_sweep_nor_such_a_project():
    env = replace(fake_env(FakeSource()), source=opened)
    line = grammar.read(["sweep", "labs/none"], env)
    assert isinstance(line, grammar.ParsedLine)
    with pytest.raises(NotFoundError):
        list(line.reports)
