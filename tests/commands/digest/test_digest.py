"""`digest`: of values, of a server with few requests, of runs of this machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.main import _source
from wandbwatch.model.cell import Level
from wandbwatch.model.ports import Env
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import Fields, Note, Report, Table
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Printed
from wandbwatch.sources.cloud import session

from tests.fakes import NOW, FakeSource, fake_env
from tests.servers.wandb import Run as Served

HOUR = timedelta(hours=1)


def asked(line: str, source: FakeSource) -> Report:
    (told,) = grammar.parse(line, fake_env(source)).reports
    return told


def tables(report: Report) -> dict[str, Table]:
    return {block.title: block for block in report.blocks if isinstance(block, Table)}


def run(name: str, state: State, created: int, heard: int, loss: float) -> Run:
    return Run(
        name,
        name,
        state,
        created=NOW - created * HOUR,
        heartbeat=NOW - heard * HOUR,
        runtime=(created - heard) * 3600.0,
        exit_code=1 if state is State.FAILED else None,
        summary={"val/loss": loss},
        system={"gpu.0.temp": 50.0},
    )


RUNS = (
    run("a", State.RUNNING, 3, 0, 0.5),
    run("b", State.FAILED, 5, 1, 0.1),
    run("c", State.FINISHED, 50, 2, 0.3),
    run("d", State.FINISHED, 99, 90, 0.01),
)


@pytest.mark.parametrize(("command", "least"), [("digest", 0.1), ("events", 0.01)])
def test_the_best_is_also_found_where_a_summary_has_only_the_least(command, least):
    runs = [replace(one, summary={"loss.min": one.summary["val/loss"]}) for one in RUNS]
    found = tables(asked(f"{command} acme/gpt --best loss:min", FakeSource(runs)))
    assert [row[-2:] for row in found["best"].rows] == [("loss", least)]


def test_a_digest_tells_what_happened_of_late():
    source = FakeSource(RUNS, console=[Printed("ValueError: no")])
    told = asked("digest acme/gpt --since 24h --best val/loss:min", source)
    assert (told.title, told.level, told.event) == (
        "acme/gpt, the last day",
        Level.INFO,
        True,
    )
    said = "2 started, 1 finished, 1 failed, 1 running"
    assert told.headline == f"acme/gpt, the last day: {said}"
    counts = told.blocks[0]
    assert isinstance(counts, Fields)
    assert dict(counts.items) == {
        "started": 2,
        "ended": 2,
        "failed": 1,
        "finished": 1,
        "running now": 1,
        "run time": 29 * HOUR,
        "GPU hours": 29.0,
    }
    found = tables(told)
    assert found["best"].rows == (("b", "b", State.FAILED, "val/loss", 0.1),)
    assert found["failures"].rows == (("ValueError: no", 1, "b (b)"),)
    silent = tables(asked("digest acme/gpt", FakeSource(RUNS)))["failures"]
    assert silent.brief
    assert silent.brief.rows[0][0] in ("reason unknown", "exit code 1")
    assert [row[2] for row in found["ended"].rows] == ["b", "c"]
    assert [row[2] for row in found["started and not ended"].rows] == ["a"]


def test_where_nothing_happened_little_is_said():
    told = asked("digest acme/gpt --since 30m --best x:max", FakeSource(RUNS[3:]))
    assert not told.event
    assert told.title == "acme/gpt, the last 30 minutes"
    assert told.blocks[1:] == (Note("no run has a value for 'x'"),)


def test_a_server_is_asked_little(wandb_server):
    def when(hours: int) -> str:
        return (datetime.now(UTC) - hours * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")

    wandb_server.store.add(
        *(
            Served(
                f"r{i}",
                state="failed" if i % 50 == 0 else "finished",
                created_at=when(i + 2),
                heartbeat_at=when(i + 1),
                summary={"_runtime": 3600, "loss": i},
                system={"system.gpu.0.temp": 1.0, "system.gpu.1.temp": 1.0},
                console=[f"RuntimeError: out of room, {i}"],
            )
            for i in range(100)
        )
    )
    session.forget()
    (told,) = grammar.parse("digest acme/gpt --since 72h", real_env()).reports
    assert wandb_server.data_requests <= 2 + 2, "a listing, the runs, two consoles"
    assert tables(told)["failures"].rows == (
        ("RuntimeError: out of room, 0", 2, "r0 (r0), r50 (r50)"),
    )
    (counts, *_) = told.blocks
    assert isinstance(counts, Fields)
    found = dict(counts.items)
    assert (found["ended"], found["failed"]) == (71, 2)
    assert found["GPU hours"] == pytest.approx(142, abs=2)


def real_env() -> Env:
    env = fake_env(FakeSource())
    return Env(
        _source,
        lambda: datetime.now(UTC),
        env.account,
    )


def test_real_runs_of_this_machine(local_runs):
    env = real_env()
    (told,) = grammar.parse(f"digest {local_runs} --since 1h", env).reports
    found = tables(told)
    ended = {row[2]: row[0] for row in found["ended"].rows}
    assert ended["finished"] is State.FINISHED
    assert ended["failed"] is State.FAILED
    reasons = {str(row[2]): str(row[0]) for row in found["failures"].rows}
    assert reasons["failed (failed)"].startswith("exit code 3")


def test_more_runs_than_a_page_are_all_counted():
    class Paged(FakeSource):
        def runs(self, query: Query) -> Listing:
            listing = super().runs(query)
            some = listing.runs[: query.limit and 2]
            return Listing(some or listing.runs, len(RUNS))

    source = Paged(RUNS)
    counts = asked("digest acme/gpt --since 24h", source).blocks[0]
    assert isinstance(counts, Fields)
    assert dict(counts.items)["ended"] == 2
    assert [query.limit for query in source.queries] == [0], "all of them at once"
