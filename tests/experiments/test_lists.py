"""Trainings in the commands of a subscription."""

from __future__ import annotations

import json
import signal
from collections import Counter
from contextlib import closing

from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.model.experiment import Phase, Plan

from tests.daemon.running import subscription

EACH_SECOND = 'cron = "* * * * * *"'
YEARLY = 'cron = "0 0 1 1 *"'


def subscribe(bench, body: str, when: str = YEARLY) -> None:
    script = bench.script(body)
    bench.place.write(
        subscription("nightly", f"experiment --script {script}", when=when)
    )


def messages(bench) -> Counter[str]:
    with closing(Store(bench.place.state)) as store:
        rows = store.read("SELECT subscription FROM message")
    return Counter(name for (name,) in rows)


def test_run_starts_a_training_and_its_supervisor(bench):
    subscribe(bench, "sleep 0.2; exit 3\n")
    done = bench.run("run")
    assert done.returncode == 0, done.stderr
    (one,) = bench.over()
    assert (one.by, one.code, one.plan.channel) == ("subscription nightly", 3, "lab")
    start, end = bench.posted(2)
    assert start == "run (experiment 1) started by subscription nightly"
    assert end.startswith("✗ run (experiment 1) failed: exit code 3")


def test_a_dry_run_lists_trainings_and_starts_none(bench):
    subscribe(bench, "exit 3\n")
    done = bench.run("run", "--dry-run")
    assert done.returncode == 0, done.stderr
    (report,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert "run.sh" in json.dumps(report)
    assert not bench.experiments()


def test_a_repeated_job_starts_its_trainings_once(bench):
    plan = Plan("run", "/bin/true", "{}", str(bench.place.directory))
    with closing(Store(bench.place.state)) as store:
        ledger = Ledger(store)
        first = ledger.add([plan, plan], 1, "a list", detached=True, once="key")
        assert ledger.add([plan, plan], 1, "a list", detached=True, once="key") == first
        other = ledger.add([plan], 1, "a list", detached=True, once="another")
        ledger.ask([*first, *other], "term", "over")
        assert len(ledger.listed(0)) == 3
    assert bench.run("experiments").returncode == 0
    assert {one.phase for one in bench.over()} == {Phase.STOPPED}


def test_a_training_survives_the_daemon_and_its_end_is_reported_once(bench):
    go = bench.place.directory / "go"
    subscribe(bench, f"while [ ! -e {go} ]; do sleep 0.05; done\n", EACH_SECOND)
    place = bench.place
    with place.start() as daemon:
        bench.until(lambda: bench.experiments() and bench.one().pid)
        daemon.end(signal.SIGKILL)
    assert bench.one().phase is Phase.RUNNING
    place.write()
    with place.start() as daemon:
        go.touch()
        ended = bench.over()
        bench.posted(2 * len(ended))
    assert {one.phase for one in ended} == {Phase.FINISHED}
    assert set(messages(bench).values()) == {2}
    titles = Counter(title.partition(") finished")[0] for title in bench.titles())
    assert all(titles[f"✓ run (experiment {one.id}"] == 1 for one in ended)


def test_a_list_does_not_start_trainings_while_its_last_ones_run(bench):
    subscribe(bench, "sleep 20\n")
    assert bench.run("run").returncode == 0
    done = bench.run("run")
    assert done.returncode == 0, done.stderr
    assert "experiment 1 of an earlier one is still running" in done.stderr
    assert len(bench.experiments()) == 1
    bench.place.file.write_text(bench.place.file.read_text() + "overlap = true\n")
    assert bench.run("run").returncode == 0
    assert len(bench.experiments()) == 2
    assert bench.run("stop", "--all").returncode == 0
    bench.over()
