"""One run logged by the real SDK, plotted from the server and from its file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers.wandb import WandbServer

LOGS = """
    import math, wandb
    with wandb.init(project="birds", entity="acme", id="a1", name="owl") as run:
        for step in range(40):
            row = {"train/loss": math.nan if step == 30 else 2.0 / (step + 1)}
            if step % 10 == 0:
                row["val/loss"] = 3.0 / (step + 1)
            run.log(row)
        run.log({"test/once": math.inf})
"""
KEYS = "train/loss,val/loss,test/once"


def plotted(place: Path, *words: str) -> Any:
    """Ask in a process of its own, as a user does; return what came as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "wandbwatch", "image", *words, "-o", "json"],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    (report,) = json.loads(done.stdout)["reports"]
    return report


def plots(report: Any) -> dict[str, Any]:
    blocks = report["blocks"]
    return {b["key"]: (b["x"], b["lines"]) for b in blocks if b["type"] == "plot"}


def test_both_sources_give_the_same_plots(wandb_server, log_run, tmp_path):
    local = log_run(LOGS)
    wandb_server.counts.clear()
    cloud = plotted(tmp_path, "acme/birds", "--keys", KEYS, "--out", "kept")
    assert wandb_server.data_requests == 1
    assert plots(cloud) == plots(plotted(tmp_path, str(local), "--keys", KEYS))
    found = plots(cloud)
    assert [key for key in found if len(found[key][1]) == 1] == KEYS.split(",")
    _, (train,) = found["train/loss"]
    assert train["x"] == list(range(40))
    assert train["y"][30] == "NaN"
    assert (train["run"], train["name"]) == ("a1", "owl")
    _, (val,) = found["val/loss"]
    assert val["x"] == [0, 10, 20, 30]
    _, (once,) = found["test/once"]
    assert once["y"] == ["Infinity"]
    names = ["test_once.png", "train_loss.png", "val_loss.png"]
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == names
    same_keys_are_chosen(wandb_server, tmp_path, local)


def same_keys_are_chosen(server: WandbServer, place: Path, local: Path) -> None:
    server.counts.clear()
    cloud = plotted(place, "acme/birds/a1")
    assert server.data_requests == 2
    chosen = "no --keys given: chose val/loss, train/loss; --keys selects others"
    note = {"type": "note", "text": chosen}
    assert note in cloud["blocks"]
    assert note in plotted(place, str(local / "latest-run"))["blocks"]
