"""Write real runs with the real SDK: ``python -m tests.runs.write KIND DIRECTORY``."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import wandb
from numpy import zeros

from tests.runs.rows import CONFIG, NAME, STEPS, row

_FLUSH = "x_transaction_log_flush_interval"
SOON: dict[str, Any] = {_FLUSH: 0.05} if _FLUSH in wandb.Settings.model_fields else {}
"""Rows reach the disk soon; SDKs before 0.31 do not have the setting."""


def start(directory: str, run_id: str, **given: Any) -> wandb.Run:
    settings: dict[str, Any] = {"console": "wrap", "x_stats_sampling_interval": 0.1}
    settings |= given
    return wandb.init(
        mode="offline",
        dir=directory,
        id=run_id,
        project="fixtures",
        name=NAME if run_id == "finished" else run_id,
        group="even" if run_id in {"finished", "failed"} else "odd",
        job_type="train",
        tags=["fixture", run_id],
        notes="two\nlines",
        config=CONFIG,
        reinit="finish_previous",
        settings=wandb.Settings(**settings),
    )


def finished(directory: str) -> None:
    run = start(directory, "finished")
    run.define_metric("val/step")
    run.define_metric("val/*", step_metric="val/step")
    run.define_metric("acc", summary="min,max,mean,first,last")
    run.define_metric("hidden", summary="none")
    run.config["later"] = {"x": 1}
    for step in range(STEPS):
        run.log(row(step) | (media() if step == 1 else {}))
    sys.stdout.write("one line \x1b[31mred\x1b[0m\n")
    sys.stderr.write("on stderr\n")
    run.summary["best"] = {"step": 3, "loss": 0.5}
    for steps in (100, 200):
        Path(directory, "weights.bin").write_bytes(bytes(steps))
        model = wandb.Artifact("policy", "model", description="after a while")
        model.add_file(str(Path(directory, "weights.bin")))
        run.log_artifact(model, aliases=[f"step-{steps}"])
    run.finish()


def media() -> dict[str, Any]:
    picture = zeros((2, 2, 3), dtype="uint8")
    return {
        "image": wandb.Image(picture, caption="a caption"),
        "images": [wandb.Image(picture), wandb.Image(picture)],
        "table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]]),
        "histogram": wandb.Histogram([1, 2, 3], num_bins=4),
    }


def failed(directory: str) -> None:
    run = start(directory, "failed")
    for step in range(STEPS):
        run.log({"train/loss": 1 / (step + 1)})
    run.alert("slow", "it will take days")
    run.alert("[b]NaN @everyone", "two\nlines", level="ERROR")
    sys.exit(3)


def crashed(directory: str) -> None:
    """Be killed with all that belongs to us, once the rows are on disk."""
    run = start(directory, "crashed", **SOON)
    for step in range(STEPS):
        run.log({"train/loss": 1 / (step + 1)})
    run.log({"last": 1})
    (file,) = Path(directory).glob("wandb/*-crashed/run-crashed.wandb")
    while file.read_bytes().count(b"\x04last") < 2:
        time.sleep(0.01)
    os.killpg(0, signal.SIGKILL)


def resumed(directory: str) -> None:
    for part in range(2):
        run = start(directory, "resumed")
        for step in range(part * STEPS, (part + 1) * STEPS):
            run.log({"train/loss": 1 / (step + 1)}, step=step)
        run.log({f"only/{part}": part})
        run.finish(exit_code=part and 254)


def derived(directory: str) -> None:
    """Leave the summary to the server, which there is none of."""
    run = start(directory, "derived", x_server_side_derived_summary=True)
    run.define_metric("acc", summary="max,mean")
    run.define_metric("hidden", summary="none")
    for step in range(STEPS):
        run.log(row(step))
    run.summary["best"] = 0.5
    run.finish()


def several(directory: str) -> None:
    for kind in (finished, resumed, derived):
        kind(directory)


def running(directory: str) -> None:
    """Log as many rows as each line of stdin says; say so when they are written."""
    run = start(directory, "running", **SOON, x_stats_sampling_interval=0.5)
    step = 0
    assert sys.__stdout__
    for line in sys.stdin:
        for _ in range(int(line)):
            run.log({"train/loss": 1 / (step + 1)})
            step += 1
        sys.__stdout__.write(f"logged {step}\n")
        sys.__stdout__.flush()
    run.finish()


KINDS = {f.__name__: f for f in (several, failed, crashed, running)}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2])
