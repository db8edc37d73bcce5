"""One short training script, as a user would write it: `python -m … NAME`.

The runs come out finished, failed (its loss diverged) and crashed (killed, so that no
exit record was written). The only module beside the cloud source that imports wandb:
a training script does.
"""

from __future__ import annotations

import math
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEPS = 600
VALIDATE_EVERY = 50
HOUR = 3600.0


@dataclass(frozen=True)
class DemoTraining:
    id: str
    learning_rate: float
    halves_in: int
    """Steps in which the loss halves."""
    group: str
    tags: tuple[str, ...]
    steps: int = STEPS
    diverges_at: int | None = None
    killed: bool = False


TRAININGS = {
    "steady-otter": DemoTraining(
        "7h2kq9vd", 3e-4, 110, "baseline", ("paper", "seed-1")
    ),
    "wild-goose": DemoTraining(
        "m4xw81ce", 3e-2, 60, "sweep-lr", ("lr-too-high",), diverges_at=420
    ),
    "lost-heron": DemoTraining(
        "c9d0ztfy", 1e-3, 80, "sweep-lr", ("spot",), steps=350, killed=True
    ),
}


_FLUSH = "x_transaction_log_flush_interval"
"""Rows reach the disk soon; SDKs before 0.31 do not have the setting."""


def main() -> None:
    name = sys.argv[1]
    train(name, TRAININGS[name])


def train(name: str, training: DemoTraining) -> None:
    """Train for a second or two; logs as an offline run below WANDB_DIR."""
    import wandb  # noqa: PLC0415 -- not for --help

    early: dict[str, Any] = {}
    if _FLUSH in wandb.Settings.model_fields:
        early[_FLUSH] = 0.1
    if training.killed:
        _turn_back_the_clock()
    random.seed(name)
    run = wandb.init(
        project="demo",
        mode="offline",
        id=training.id,
        name=name,
        group=training.group,
        tags=training.tags,
        notes="a short training that wandbwatch's demo made",
        config={
            "lr": training.learning_rate,
            "batch_size": 32,
            "model": {"name": "mlp", "layers": 3},
        },
        settings=wandb.Settings(
            silent=True,
            # wandb-core's own timestamps ignore our clock
            console="off" if training.killed else "auto",
            x_disable_stats=training.killed,
            x_stats_sampling_interval=0.2,
            **early,
        ),
    )
    for row in rows(training):
        run.log(row)
        if "val/loss" in row:
            print(f"epoch {row['epoch']}: val/loss {row['val/loss']:.4f}")  # noqa: T201
        time.sleep(0.002)
    if training.killed:
        time.sleep(1)  # let the last rows reach the disk before the kill
        for file in Path(run.dir).parent.glob("*.wandb"):
            os.utime(file, (time.time(), time.time()))
        os.kill(os.getpid(), signal.SIGKILL)
    if training.diverges_at:
        raise FloatingPointError("loss is NaN")


def rows(training: DemoTraining) -> Iterator[dict[str, float]]:
    """Yield the logged rows: a loss at each step, validation every few steps."""
    for step in range(training.steps):
        noise = 1 + random.gauss(0, 0.06)
        accuracy = 1 - 0.9 * 0.5 ** (step / training.halves_in)
        loss = (0.2 + 2.3 * 0.5 ** (step / training.halves_in)) * noise
        if training.diverges_at and step > training.diverges_at:
            loss = loss * math.exp((step - training.diverges_at) / 40)
        if training.diverges_at and step > training.diverges_at + 120:
            loss, accuracy = math.nan, 0.1
        row = {"train/loss": loss, "train/lr": training.learning_rate}
        if step % VALIDATE_EVERY == VALIDATE_EVERY - 1:
            row["val/loss"] = loss * 1.1
            row["val/accuracy"] = accuracy
            row["epoch"] = (step + 1) // VALIDATE_EVERY
        yield row


def _turn_back_the_clock() -> None:
    """Date this training three hours back.

    A run without an exit record counts as crashed once its last heartbeat is old;
    a demo can't wait that long.
    """
    now = time.time
    time.time = lambda: now() - 3 * HOUR


if __name__ == "__main__":
    main()
