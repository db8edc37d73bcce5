"""Whatever is killed at any time, each start and end is reported once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing

from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.model.experiment import Phase, Plan

BODY = """
echo "$1" >> starts
sleep "0.$((RANDOM % 4))"
setsid sleep 0.1 &
exit $(( $(echo "$1" | tr -dc 0-9) % 3 ))
"""
COUNT = 20
KILLS = 4


def supervisor(bench, batch: int) -> subprocess.Popen[bytes]:
    """Start one as `supervisor_process.start` does, as a child that a test can kill.

    Without a watch.toml its messages stay in the outbox: Discord's rate limit would
    take a minute.
    """
    place = bench.place
    return subprocess.Popen(
        [sys.executable, "-m", "wandbwatch", "keep", str(place.state), str(batch)],
        env={**place.environ, "WANDBWATCH_EXPERIMENT": "keeper"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def add_batch(bench) -> int:
    script = bench.script(BODY)
    plans = [
        Plan(
            "run",
            str(script),
            f'{{"n": {n}}}',
            str(bench.place.directory),
            channel="lab",
        )
        for n in range(COUNT)
    ]
    with closing(Store(bench.place.state)) as store:
        return Ledger(store).add(plans, 4, "test", detached=True)[0].batch


def messages(bench) -> Counter[str]:
    """Count the messages that were ever queued, without edits of the live one."""
    with closing(Store(bench.place.state)) as store:
        rows = store.read("SELECT subscription, state FROM message WHERE NOT edit")
    return Counter(subscription for subscription, _ in rows)


def test_a_batch_of_twenty_with_failures(bench):
    batch = add_batch(bench)
    assert supervisor(bench, batch).wait() == 0
    ended = bench.experiments()
    assert [one.code for one in ended] == [n % 3 for n in range(COUNT)]
    phases = [Phase.FAILED if n % 3 else Phase.FINISHED for n in range(COUNT)]
    assert [one.phase for one in ended] == phases
    at_once = max(sum(a.started <= b.started < a.ended for a in ended) for b in ended)
    assert 2 <= at_once <= 4
    assert messages(bench) == {"batch B1": 1}


def test_supervisors_killed_at_any_moment(bench):
    batch = add_batch(bench)
    moments = random.Random(5)  # noqa: S311 -- the same moments each time
    for _ in range(KILLS):
        process = supervisor(bench, batch)
        started = sum(one.attempt for one in bench.experiments())
        bench.until(lambda: sum(o.attempt for o in bench.experiments()) > started)  # noqa: B023
        time.sleep(moments.uniform(0, 0.2))
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert supervisor(bench, batch).wait() == 0
    ended = bench.experiments()
    assert {one.phase for one in ended} <= {Phase.FINISHED, Phase.FAILED, Phase.LOST}
    assert messages(bench) == {"batch B1": 1}
    starts = Counter((bench.place.directory / "starts").read_text().splitlines())
    assert max(starts.values()) == 1, "nothing is started twice"
    known = [one for one in ended if one.phase is not Phase.LOST]
    assert all(one.code == one.plan.parameters["n"] % 3 for one in known)


def test_a_killed_training_is_reported_as_failed(bench):
    bench.script("echo ready; sleep 1000\n")
    bench.run("experiment", "--script", "./run.sh", "--detach", "--to", "lab")
    bench.until(lambda: bench.one().pid)
    os.kill(bench.one().pid, signal.SIGKILL)
    (one,) = bench.over()
    assert (one.phase, one.code) == (Phase.FAILED, -signal.SIGKILL)
    end = bench.posted(2)[1]
    assert end.startswith("✗ run (experiment 1) failed: signal SIGKILL")
