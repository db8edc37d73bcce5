"""How busy GPUs are while their batch's supervisor is killed all the time.

The daemon replaces it. It takes about nine minutes, most of them asleep.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from wandbwatch.model.experiment import Experiment

from tests.daemon.running import Place
from tests.experiments.place import Bench
from tests.launchers.trainings import supervisors
from tests.servers.discord import DiscordServer

COUNT, KILLS, GPUS, SECONDS = 200, 50, 16, (20.0, 60.0)
LEAST = 0.95
"""Of the time of all GPUs, while trainings wait."""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        server = DiscordServer(here / "discord").start()
        bench = Bench(Place(here, server))
        with bench.place.start():
            kills = _run(bench, random.Random(1))  # noqa: S311 -- the same each time
        server.stop()
        ended = bench.experiments()
        used = _busy(here / "used")
    bad = used < LEAST
    sys.stdout.write(
        f"  {COUNT} trainings of {SECONDS[0]:g}–{SECONDS[1]:g} s on {GPUS} GPUs,"
        f" {kills} kills: {used:.1%} of the GPUs' time is used (least: {LEAST:.0%}),"
        f" {_twice(ended)} GPUs with two at once: {'MISSED' if bad else 'ok'}\n"
    )
    if bad or _twice(ended):
        sys.exit(1)


def _run(bench: Bench, moments: random.Random) -> int:
    """Start all, kill each supervisor after a while; return the number of kills."""
    bench.script(
        "start=$EPOCHREALTIME\nsleep $(tr -dc 0-9. <<< $1)\n"
        'echo "$start $EPOCHREALTIME" >> used\n'
    )
    seconds = [round(moments.uniform(*SECONDS), 1) for _ in range(COUNT)]
    options = ("--grid", "--script", "./run.sh", "--detach", "--gpus", f"0-{GPUS - 1}")
    bench.run("experiment", f"s={seconds}".replace(" ", ""), *options)
    pause = sum(seconds) / GPUS / KILLS
    kills = 0
    while not all(one.phase.over for one in bench.experiments()):
        time.sleep(pause * moments.uniform(0.6, 1.2))
        for pid in supervisors(bench) if kills < KILLS else ():
            os.kill(pid, signal.SIGKILL)
            kills += 1
    return kills


def _busy(used: Path) -> float:
    """Return the share of the GPUs' time in which a training ran, while some waited."""
    spans = [tuple(map(float, line.split())) for line in used.read_text().splitlines()]
    first, last = min(start for start, _ in spans), max(start for start, _ in spans)
    busy = sum(min(end, last) - start for start, end in spans)
    return busy / (GPUS * (last - first))


def _twice(ended: Sequence[Experiment]) -> int:
    """Count the trainings that started on a GPU while another one ran there."""
    return sum(
        one.gpus == other.gpus and other.started < one.started < other.ended
        for one in ended
        for other in ended
        if one.started and other.started and other.ended
    )


if __name__ == "__main__":
    main()
