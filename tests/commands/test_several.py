"""Several projects in one line: acme/*, acme, addresses and directories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.main import _account, _source, _together
from wandbwatch.model.errors import NotFoundError, SeveralError
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.sources.cloud import session, together

from tests.fakes import FakeSource, fake_env
from tests.servers.wandb import Fault, Run, User

PROJECTS = 30


@pytest.fixture
def many(wandb_server):
    """Serve 30 projects, of which one has no runs, and one of another entity."""
    session.forget()
    wandb_server.store.users[0] = User(entity="alice", teams=("acme",))
    for number in range(PROJECTS):
        name = f"p{number:02}"
        created = f"2026-01-01T00:00:{number:02}Z"
        rows = [
            {"_step": i, "_runtime": i / 2, "loss": 1.0 / (i + 1)} for i in range(9)
        ]
        common: dict[str, Any] = {"project": name, "created_at": created, "rows": rows}
        common["summary"] = {"loss": number / 100, "val/acc": number / 100, "_step": 8}
        other = {"summary": {"val/acc": 1.0}}
        wandb_server.store.add(
            Run("same", display_name=f"bad {number}", state="failed", **common),
            Run(f"r{number}", state="running", **common | other),
        )
    wandb_server.store.project("acme", "empty")
    wandb_server.store.add(Run("mine", "alice", "solo", summary={"acc": 0.5}))
    yield wandb_server
    session.forget()


def asked(*words: str, memory: Memory | None = None) -> list[Report]:
    env = replace(
        fake_env(FakeSource()),
        source=_source,
        account=_account,
        together=_together,
        memory=memory,
    )
    line = grammar.read(list(words), env)
    assert isinstance(line, grammar.ParsedLine)
    return list(line.reports)


def column(report: Report, title: str, name: str) -> Sequence[object]:
    (table,) = (b for b in report.blocks if isinstance(b, Table) and b.title == title)
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


@pytest.mark.parametrize(
    "words",
    [
        ["project", "acme/*"],
        ["project", "acme/*", "--topk", "0"],
        ["project", "acme"],
        ["events", "acme/*"],
        ["digest", "acme/*", "--since", "3000d"],
        ["alert", "acme/*", "--when", "loss > 0.2"],
        ["top", "acme/*", "--topk", "50"],
        ["events", "acme"],
        ["digest", "acme", "--since", "3000d"],
        ["alert", "acme", "--when", "loss > 0.2"],
        ["top", "acme", "--topk", "50"],
    ],
)
def test_thirty_projects_are_a_few_requests(words, many):
    (told,) = asked(*words)
    assert many.data_requests <= 3
    assert not any("could not" in note for note in notes(told))


def test_the_newest_runs_of_all_come_first_with_their_project(many):
    (told,) = asked("project", "acme/*", "--topk", "4")
    assert told.title == "acme/*"
    projects = column(told, "runs", "project")
    assert Counter(projects) == {"acme/p29": 2, "acme/p28": 2}
    assert f"{PROJECTS * 2 - 4} older runs are left out; --topk 0 lists all" in notes(
        told
    )
    assert column(told, "runs", "val/acc") == [0.29, 1.0, 0.28, 1.0]
    assert many.data_requests == 2


@pytest.mark.usefixtures("many")
def test_an_order_goes_through_all_projects():
    order = ["--order", "+summary_metrics.loss", "--topk", "3"]
    (told,) = asked("project", "acme/*", *order)
    assert column(told, "runs", "loss") == [0.0, 0.01, 0.02]


@pytest.mark.usefixtures("many")
def test_a_glob_names_some_projects_and_a_name_an_entity():
    (told,) = asked("top", "acme/p0*")
    assert set(column(told, "", "project")) == {f"acme/p0{i}" for i in range(10)}
    (told,) = asked("project", "alice")
    assert column(told, "runs", "project") == ["alice/solo"]
    with pytest.raises(NotFoundError, match="no project with runs"):
        asked("project", "acme/x*")
    with pytest.raises(NotFoundError, match="nobody"):
        asked("project", "nobody")


def test_ones_own_project_of_that_name_comes_first(many):
    many.store.add(Run("own", "alice", "acme"))
    (told,) = asked("project", "acme")
    assert told.title == "alice/acme"


@pytest.mark.usefixtures("many")
def test_addresses_and_directories_stand_together(local_runs: Path):
    (told,) = asked("project", "acme/p01", str(local_runs), "--topk", "0")
    projects = Counter(column(told, "runs", "project"))
    assert projects.pop("acme/p01") == 2
    assert projects


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("command", ["project", "top", "events", "digest", "alert"])
def test_each_failure_is_a_line_of_its_own(command):
    more = ["--when", "loss > 5"] if command == "alert" else []
    (told,) = asked(command, "acme/p01", "acme/none", "./nowhere", *more)
    lines = [n for n in notes(told) if n.startswith(("acme/none: ", "./nowhere "))]
    assert len(lines) == 2
    with pytest.raises(SeveralError) as error:
        asked(command, "acme/none", "./nowhere", *more)
    assert len(error.value.lines) == 2
    assert error.value.exit_code == NotFoundError.exit_code


@pytest.mark.parametrize("kind", ["lacks", "status"])
def test_a_server_that_takes_no_such_document_is_asked_for_each_project(kind, many):
    (told,) = asked("project", "acme/*", "--topk", "2")
    fault = Fault(kind, "WandbwatchRuns", status=500, name="host", times=1)
    many.faults.append(fault)
    before = many.data_requests
    (again,) = asked("project", "acme/*", "--topk", "2")
    assert again == told
    assert many.data_requests - before <= 2 + PROJECTS


def test_a_run_that_fails_alone_leaves_the_others(many):
    many.store.project("acme", "p29").readers = set()
    (told,) = asked("project", "acme/p28", "acme/p29")
    assert set(column(told, "runs", "project")) == {"acme/p28"}
    assert notes(told)[-1].startswith("acme/p29: ")


def test_events_keep_a_memory_for_each_project(many):
    memory = Memory()
    assert asked("events", "acme/p01", "acme/p02", memory=memory) == []
    for number in (1, 2):
        many.store.run(f"acme/p0{number}/r{number}").state = "finished"
    memory = Memory(stored={k: v for k, v in memory.changes.items() if v})
    found = asked("events", "acme/p01", "acme/p02", "--on", "finished", memory=memory)
    assert sorted(r.url.split("/")[-3] for r in found if r.url) == ["p01", "p02"]


def test_an_address_that_fails_is_reported_once_and_so_is_its_return(many):
    memory = Memory()
    words = ("alert", "acme/p01", "acme/later", "--when", "loss > 5")
    (told,) = asked(*words, memory=memory)
    assert told.title.startswith("acme/later: ")
    assert asked(*words, memory=memory) == []
    many.store.add(Run("x", project="later"))
    (told,) = asked(*words, memory=memory)
    assert told.title == "acme/later: readable again"


def test_documents_become_one_with_an_alias_each():
    document = (
        "query Q($project: String!, $n: Int,) { project(name: $project) { a(n: $n) } }"
    )
    text, variables = together.merged(
        [(document, {"project": "x", "n": 1}), (document, {"project": "y", "n": 2})]
    )
    assert text == (
        "query Q($project_0: String!, $n_0: Int, $project_1: String!, $n_1: Int)"
        " { p0: project(name: $project_0) { a(n: $n_0) } "
        " p1: project(name: $project_1) { a(n: $n_1) }  }"
    )
    assert variables == {"project_0": "x", "n_0": 1, "project_1": "y", "n_1": 2}


def test_a_bug_in_one_piece_of_work_is_raised():
    def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        together.run([bug, lambda: None])
