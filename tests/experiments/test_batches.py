"""A batch: its number, its live message, its ranked end, stop, wait and retry."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments import batch_reports, reports
from wandbwatch.experiments.notify import with_error
from wandbwatch.experiments.outcomes import hold_reason
from wandbwatch.model.cell import MISSING
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.report import Fields, Note, Table, Text
from wandbwatch.model.run import Json, Run, State

ASKED = datetime(2026, 1, 1, tzinfo=UTC)
SCRIPT = 'n=$(echo "$1" | tr -dc 0-9); exit $(( n % 3 ? 0 : 4 ))\n'
WAITS = "while [ ! -e go ]; do sleep 0.05; done\n"


def trial(
    number: int, phase: Phase, score: float | None = None, **more: Any
) -> Experiment:
    plan = Plan("ppo", "/s/run.sh", f'{{"lr": {number}}}', "/w", best="loss:min")
    code = {Phase.FINISHED: 0, Phase.FAILED: 1}.get(phase)
    found = Experiment(number, 1, plan, phase, "me", ASKED, 1, code=code, score=score)
    return replace(found, **more)


def test_a_batch_is_ranked_and_names_the_command_of_the_best():
    batch = [
        trial(1, Phase.FINISHED, 0.5),
        trial(2, Phase.FAILED),
        trial(3, Phase.FINISHED, 0.25),
    ]
    report = batch_reports.report(batch)
    assert report.title == "ppo (batch B1) ended"
    table = next(b for b in report.blocks if isinstance(b, Table))
    assert table.columns == ("id", "phase", "loss", "lr", "runtime")
    assert [row[:2] for row in table.rows] == [
        (3, "finished"),
        (1, "finished"),
        (2, "failed"),
    ]
    notes = [b.text for b in report.blocks if isinstance(b, Note)]
    assert notes == [
        (
            "repeat the best: `wandbwatch experiment '{\"lr\": 3}' --script /s/run.sh"
            " --best loss:min`"
        ),
        "start the failed ones again: `wandbwatch retry B1 --failed`",
    ]
    failures = next(
        b for b in report.blocks if isinstance(b, Fields) and b.title == "failures"
    )
    assert failures.items == (("exit code 1", 1),)


def test_a_message_on_a_batch_folds_its_trials():
    batch = [trial(n, Phase.FINISHED, n / 10) for n in range(1, 41)]
    batch += [trial(41, Phase.WAITING, attempt=0)]
    report = batch_reports.report(batch, most=10)
    assert report.title == "ppo (batch B1) 40 of 41 ended"
    table = next(b for b in report.blocks if isinstance(b, Table))
    assert [row[0] for row in table.rows] == [f"{n}" for n in range(1, 11)]
    (note,) = [b.text for b in report.blocks if isinstance(b, Note)]
    assert note == "31 more trials: `wandbwatch experiments show B1`"


def test_the_headline_of_a_batch_says_the_best_and_the_failures():
    batch = [trial(1, Phase.FINISHED, 0.5), trial(2, Phase.FAILED)]
    report = batch_reports.live(batch)
    assert (
        report.headline == "ppo (batch B1) ended: best loss 0.5 (lr 1), 1 of 2 failed"
    )
    (failures,) = [b for b in report.blocks if isinstance(b, Text)]
    assert failures.text == "1 × exit code 1"


def test_the_headline_of_a_finished_training_has_the_metric_that_matters():
    one = trial(1, Phase.FINISHED)
    one = replace(one, plan=replace(one.plan, best=""))
    values: dict[str, Json] = {"train/loss": 0.1, "val/acc": 0.9}
    (run,) = [Run("a", "owl", State.FINISHED, summary=values)]
    told = reports.ended(one, [run])
    assert told.headline == "ppo (experiment 1) finished: val/acc 0.9"
    assert reports.ended(one, []).headline == "ppo (experiment 1) finished"


def test_the_message_on_a_started_batch_says_what_it_searches():
    batch = [trial(n, Phase.WAITING, attempt=0) for n in range(1, 13)]
    report = batch_reports.live(batch)
    assert report.headline == "ppo (batch B1) started: 12 trials over lr"
    values = report.blocks[1]
    assert isinstance(values, Fields)
    assert values.items == (("lr", "1, 2, 3, 4, 5, 6, 7, 8, … (12)"),)


def test_a_message_on_a_batch_counts_failures_by_their_error(tmp_path):
    log = tmp_path / "2.log"
    log.write_text(
        '  File "t.py", line 3\n    raise RuntimeError("x")\n'
        "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB\n"
    )
    failed = with_error(trial(2, Phase.FAILED, 0.1, log=str(log)))
    report = batch_reports.report([trial(1, Phase.FINISHED, 0.5), failed], most=10)
    (failures,) = [b for b in report.blocks if isinstance(b, Text)]
    assert failures.text == "1 × CUDA out of memory"
    table = next(b for b in report.blocks if isinstance(b, Table))
    assert [row[0] for row in table.rows] == ["1", "2 ✗"]


def test_a_list_of_experiments_says_why_one_failed(tmp_path):
    log = tmp_path / "2.log"
    log.write_text("torch.cuda.OutOfMemoryError: CUDA out of memory.\n")
    fine, failed = trial(1, Phase.FINISHED), trial(2, Phase.FAILED, log=str(log))
    (table,) = reports.listing([with_error(failed), fine]).blocks
    assert isinstance(table, Table)
    place = table.columns.index("why")
    assert [row[place] for row in table.rows] == ["CUDA out of memory", MISSING]
    (table,) = reports.listing([fine]).blocks
    assert isinstance(table, Table)
    assert "why" not in table.columns


def test_a_failed_trial_is_not_the_best():
    failed = trial(2, Phase.FAILED, 0.1)
    report = batch_reports.report([trial(1, Phase.FINISHED, 0.5), failed])
    assert report.headline.endswith("ended: best loss 0.5 (lr 1), 1 of 2 failed")
    assert "best" not in batch_reports.report([failed]).headline
    table = next(b for b in report.blocks if isinstance(b, Table))
    assert [row[0] for row in table.rows] == [1, 2]


def test_the_best_of_watch_toml_is_repeated_by_its_name():
    one = trial(1, Phase.FINISHED, 0.5)
    plan = replace(one.plan, configured=True, launcher=("srun",))
    said = batch_reports.command(replace(one, plan=plan))
    assert said == "wandbwatch experiment ppo '{\"lr\": 1}'"


def test_equal_failures_at_the_start_hold_the_rest():
    rest = [trial(9, Phase.WAITING)]
    failed = [trial(n, Phase.FAILED) for n in range(5)]
    assert hold_reason([*failed, *rest]) == "the first 5 all failed: exit code 1"
    assert not hold_reason([*failed[:4], *rest])
    assert not hold_reason([*failed, trial(6, Phase.FINISHED), *rest])
    assert not hold_reason([*failed[:4], replace(failed[4], code=2), *rest])


def test_a_batch_that_fails_at_its_start_is_held_and_reported(bench):
    bench.script("exit 1\n")
    trials = f"n=[{','.join(map(str, range(30)))}]"
    done = bench.run(
        *("experiment", trials, "--grid", "--script", "./run.sh", "--to", "lab"),
    )
    assert done.returncode == 1
    phases = [one.phase for one in bench.experiments()]
    assert (phases.count(Phase.FAILED), phases.count(Phase.HELD)) == (5, 25)
    assert "held 25 trials: the first 5 all failed: exit code 1" in done.stdout
    assert len(bench.posted(2)) == 2


def test_two_hundred_trials_make_two_messages_and_few_edits(bench):
    bench.script(SCRIPT)
    trials = f"n=[{','.join(map(str, range(200)))}]"
    done = bench.run(
        *("experiment", trials, "--grid", "--jobs", "8", "--script", "./run.sh"),
        *("--to", "lab", "--detach", "-o", "json"),
    )
    assert "started" not in done.stdout
    assert bench.run("wait", "B1").returncode == 3
    assert bench.posted(2)[1] == "✗ run (batch B1) ended: 67 of 200 failed"
    with closing(Store(bench.place.state)) as store:
        posted = store.read("SELECT count(*) FROM message WHERE NOT edit")
    assert posted == [(1,)]
    failed = sum(one.phase is Phase.FAILED for one in bench.experiments())
    assert failed == 67
    done = bench.run("retry", "B1", "--failed", "--to", "lab")
    assert done.stdout == "batch B201 retries 67 experiments\n"
    bench.run("stop", "B201")
    bench.over()
    assert len(bench.experiments()) == 267


def test_a_batch_and_several_experiments_are_stopped_by_their_names(bench):
    bench.script(WAITS)
    for _ in range(2):
        bench.run(
            *("experiment", "n=[1,2,3]", "--grid", "--script", "./run.sh", "--detach")
        )
    bench.until(lambda: bench.one(1).pid)
    bench.until(lambda: bench.one(4).pid)
    assert bench.run("stop", "B2").returncode == 2
    done = bench.run("stop", "B1")
    assert done.stdout.splitlines() == [
        f"stopping experiment {number} (run)" for number in (1, 2, 3)
    ]
    bench.until(lambda: all(one.phase.over for one in bench.experiments()[:3]))
    assert bench.run("stop", "4", "5").returncode == 0
    assert bench.run("stop", "--all").returncode == 0
    assert {one.phase for one in bench.over()} == {Phase.STOPPED}
    assert bench.run("stop").returncode == 2


@pytest.mark.parametrize(("code", "end"), [(0, 0), (5, 3)])
def test_wait_returns_when_an_experiment_has_ended(bench, code, end):
    bench.script(f"{WAITS}exit {code}\n")
    bench.run("experiment", "--script", "./run.sh", "--detach")
    assert bench.run("wait", "1", "--timeout", "1s").returncode == 124
    (bench.place.directory / "go").touch()
    done = bench.run("wait", "1", "-o", "json")
    assert done.returncode == end
    assert "run (experiment 1)" in json.loads(done.stdout)["reports"][0]["title"]
