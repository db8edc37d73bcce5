"""A report of each kind as its command gives it, for golden texts."""

from __future__ import annotations

import math
from datetime import timedelta

from wandbwatch.model.cell import MISSING, Level
from wandbwatch.model.drawing import (
    Bars,
    Heatmap,
    HistogramColumn,
    Parallel,
    Point,
    Scatter,
)
from wandbwatch.model.report import (
    Chart,
    Fields,
    Line,
    Mark,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Series, State

from tests.fakes import NOW

_URL = "https://wandb.ai/acme/gpt"

PROJECT = Report(
    "project",
    "acme/gpt",
    (
        Table(
            "runs",
            ("state", "id", "name", "tags", "created", "runtime", "last step", "loss"),
            (
                (
                    State.RUNNING,
                    "k3v9x0ab",
                    "calm-sea-12",
                    ("baseline", "fp16"),
                    NOW - timedelta(minutes=12),
                    timedelta(minutes=11, seconds=58),
                    1200,
                    2.345678,
                ),
                (
                    State.FAILED,
                    "p0q1r2s3",
                    "実験-7 [bold] \x1b[31m",
                    (),
                    NOW - timedelta(hours=3),
                    timedelta(hours=1, minutes=2, seconds=3.5),
                    50000,
                    math.nan,
                ),
                (
                    State.FINISHED,
                    "zz00zz00",
                    "warmup",
                    ("=cmd()",),
                    NOW - timedelta(days=200),
                    timedelta(days=2, hours=5),
                    MISSING,
                    MISSING,
                ),
            ),
            (f"{_URL}/runs/k3v9x0ab", f"{_URL}/runs/p0q1r2s3", None),
        ),
        Note("3 older runs are left out; --topk 0 lists all"),
    ),
    url=_URL,
)

SUMMARY = Report(
    "summary",
    "calm-sea-12 (acme/gpt/k3v9x0ab)",
    (
        Fields(
            "run",
            (
                ("state", State.CRASHED),
                ("created", NOW - timedelta(hours=3)),
                ("runtime", timedelta(seconds=7384.25)),
                ("last step", 1200),
                ("tags", ("baseline", "fp16")),
            ),
        ),
        Text("notes", "First try of the\n\tnew schedule."),
        Fields(
            "train",
            (
                ("loss", 0.12345678901234),
                ("loss", math.inf),
                ("lr", 1.5e-07),
                ("samples", {"_type": "image-file", "width": 64, "height": 64}),
                ("betas", [0.9, 0.999]),
            ),
        ),
    ),
    Level.BAD,
    f"{_URL}/runs/k3v9x0ab",
)

IMAGE = Report(
    "image",
    "acme/gpt",
    (
        Plot(
            "train/loss",
            "step",
            (
                Line(
                    "k3v9x0ab",
                    "calm-sea-12",
                    Series("train/loss", [0, 1, 2, 3], [2.5, math.nan, 1.25, 0.5]),
                ),
                Line("p0q1r2s3", "one point", Series("train/loss", [2], [-1.0])),
            ),
            file="plots/train-loss.png",
        ),
    ),
)

_EDGES = tuple(i / 4 - 1 for i in range(9))

CHARTS = Report(
    "image",
    "acme/gpt",
    (
        Chart(
            "gradients/layer.0",
            Heatmap(
                "step",
                "gradients/layer.0",
                (
                    HistogramColumn(0, _EDGES, (0, 0, 1, 9, 8, 2, 0, 0)),
                    HistogramColumn(500, _EDGES, (0, 1, 3, 6, 5, 4, 1, 0)),
                    HistogramColumn(1000, _EDGES, (2, 3, 3, 2, 3, 3, 3, 1)),
                ),
            ),
            "plots/gradients_layer_0.png",
        ),
        Chart(
            "q_value",
            Heatmap("step", "q_value", (HistogramColumn(7, (0, 1, 2), (3, 1)),)),
        ),
        Chart(
            "val/loss over config.lr",
            Scatter(
                "config.lr",
                "val/loss",
                (
                    Point(1e-3, 0.5, "calm-sea-12"),
                    Point(3e-3, 0.25, "best [bold]", chosen=True),
                    Point(math.nan, 1.0, "=lost"),
                ),
            ),
        ),
        Chart("importance", Bars("correlation", (("lr", -0.75), ("seed", 0.125)))),
        Chart(
            "runs",
            Parallel(
                ("optimizer", "lr", "val/loss"),
                ("calm-sea-12", "best"),
                (("adam", 1e-3, 0.5), ("sgd", None, 0.25)),
            ),
        ),
        Plot(
            "return",
            "step",
            (
                Line(
                    "",
                    "ppo (n=3)",
                    Series("return", [0, 1, 2], [1.0, 2.0, 4.0]),
                    (
                        Series("return", [0, 1, 2], [0.5, 1.0, 3.0]),
                        Series("return", [0, 1, 2], [1.5, 3.0, 5.0]),
                    ),
                ),
            ),
            marks=(Mark(3.5, "solved"), Mark(1, "new lr", upright=True)),
        ),
    ),
)
