"""A directory's runs may be of several projects: each is compared with its own."""

from __future__ import annotations

from datetime import timedelta

from wandbwatch.analysis.compare import Peers
from wandbwatch.cli import grammar
from wandbwatch.model.cell import MISSING
from wandbwatch.model.report import Block, Plot, Report, Table
from wandbwatch.model.run import Run, Series, State

from tests.fakes import NOW, FakeSource, fake_env

HOUR = timedelta(hours=1)


def run(name: str, project: str, hours: int, **summary: float) -> Run:
    return Run(
        name,
        name,
        State.FINISHED,
        created=NOW - hours * HOUR,
        heartbeat=NOW - hours * HOUR,
        project=project,
        summary=summary,
    )


RUNS = (
    run("whisper", "asr", 1, loss=0.4, wer=14.0),
    run("llama", "sft", 2, eval_loss=1.1),
    run("older", "asr", 3, loss=0.3, wer=19.0),
    run("unnamed", "", 4, val_acc=0.5),
)


def told(line: str) -> Report:
    curves = [Series(key, [1, 2], [2, 1]) for key in ("wer", "eval_loss", "val_acc")]
    (report,) = grammar.parse(line, fake_env(FakeSource(RUNS, curves))).reports
    return report


def rows(blocks: tuple[Block, ...], title: str) -> list[dict[str, object]]:
    (table,) = (b for b in blocks if isinstance(b, Table) and b.title == title)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_each_run_shows_the_metric_of_its_project():
    found = rows(told("project ./runs").blocks, "runs")
    assert [(r["wer"], r["eval_loss"], r["val_acc"]) for r in found] == [
        (14.0, MISSING, MISSING),
        (MISSING, 1.1, MISSING),
        (19.0, MISSING, MISSING),
        (MISSING, MISSING, 0.5),
    ]


def test_a_digest_names_the_best_of_each_project():
    blocks = told("digest ./runs --since 24h").blocks
    assert [(r["project"], r["ended"]) for r in rows(blocks, "projects")] == [
        ("asr", 2),
        ("sft", 1),
        ("./runs", 1),
    ]
    assert [(r["project"], r["name"], r["best of"]) for r in rows(blocks, "best")] == [
        ("asr", "whisper", "wer"),
        ("sft", "llama", "eval_loss"),
        ("./runs", "unnamed", "val_acc"),
    ]


def test_events_name_the_best_of_each_project():
    found = rows(told("events ./runs").blocks, "best")
    assert [(r["project"], r["name"]) for r in found] == [
        ("asr", "whisper"),
        ("sft", "llama"),
        ("", "unnamed"),
    ]


def test_the_metric_of_each_project_is_drawn():
    blocks = told("image ./runs").blocks
    assert [b.key for b in blocks if isinstance(b, Plot)][:3] == [
        "wer",
        "eval_loss",
        "val_acc",
    ]


def test_a_run_of_another_project_is_no_peer():
    peers = Peers.of(RUNS[0], RUNS)
    assert peers.others == (RUNS[2],)
    assert peers.previous == RUNS[2]
