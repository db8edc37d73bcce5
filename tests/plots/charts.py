"""Charts to draw: plausible ones for looking at, odd ones for breaking."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from wandbwatch.model.drawing import (
    Bars,
    Heatmap,
    HistogramColumn,
    Matrix,
    Parallel,
    Point,
    Scatter,
)
from wandbwatch.model.report import Chart, Line, Mark, Panels, Plot
from wandbwatch.model.run import Series

from tests.plots.pictures import diverged, line, noisy, smooth


def histogram(x: float, values: Sequence[float], bins: int = 32) -> HistogramColumn:
    low, high = min(values), max(values)
    width = (high - low) / bins
    counts = [0] * bins
    for value in values:
        counts[min(int((value - low) / width), bins - 1)] += 1
    return HistogramColumn(
        x, tuple(low + i * width for i in range(bins + 1)), tuple(counts)
    )


def gradients() -> Chart:
    """Narrow at first, wider and in two humps at the end."""
    dice = random.Random(7)  # noqa: S311 -- the same each time
    columns = []
    for step in range(0, 2000, 50):
        centre = step / 1500
        values = [
            dice.gauss(centre * dice.choice((-1, 1)), 0.1 + step / 8000)
            for _ in range(400)
        ]
        columns.append(histogram(step, values))
    name = "gradients/layer.0.weight"
    return Chart(name, Heatmap("step", name, tuple(columns)))


def one_histogram() -> Chart:
    dice = random.Random(8)  # noqa: S311 -- the same each time
    values = [dice.gauss(3, 1) + dice.choice((0, 6)) for _ in range(2000)]
    drawing = Heatmap("step", "target q_value", (histogram(1200, values, 40),))
    return Chart("target q_value", drawing)


def scatter() -> Chart:
    dice = random.Random(9)  # noqa: S311 -- the same each time
    points = [
        Point(10**-x, 0.2 + (x - 3) ** 2 / 9 + dice.random() / 9, f"run-{i}", i == 5)
        for i, x in enumerate(dice.uniform(1.5, 4.5) for _ in range(12))
    ]
    title = "val/loss over config.lr"
    return Chart(title, Scatter("config.lr", "val/loss", tuple(points)))


def bars() -> Chart:
    items = (
        ("config.lr", 0.81),
        ("config.optimizer.weight_decay", -0.42),
        ("batch $size_", 0.1),
        ("seed", 0.0),
        ("never logged", math.nan),
    )
    return Chart("What matters for val/loss", Bars("correlation with val/loss", items))


def parallel() -> Chart:
    dice = random.Random(10)  # noqa: S311 -- the same each time
    rows: list[tuple[float | str | None, ...]] = []
    for i in range(25):
        kind = dice.choice(("adam", "sgd", "lion"))
        lr = dice.uniform(1e-4, 1e-2)
        loss = 0.3 + 40 * lr + 0.2 * (kind == "sgd") + dice.random() / 9
        rows.append((kind, lr, None if i == 3 else dice.choice((32, 64, 128)), loss))
    axes = ("optimizer", "lr", "batch_size", "val/loss")
    names = tuple(f"run-{i}" for i in range(len(rows)))
    return Chart("sweep of 25 runs", Parallel(axes, names, tuple(rows)))


def confusion() -> Chart:
    names = ("airplane", "cat", "dog", "frog", "a truck with a long name")
    values = (
        (92.0, 1.0, 0.0, 3.0, 4.0),
        (2.0, 61.0, 30.0, 7.0, 0.0),
        (0.0, 21.0, 74.0, 5.0, math.nan),
        (1.0, 4.0, 2.0, 93.0, 0.0),
        (12.0, 0.0, 0.0, 0.0, 88.0),
    )
    drawing = Matrix("actual", "predicted", names, values)
    return Chart("val confusion", drawing)


def panels() -> Chart:
    plots = (diverged(), smooth(), marked())
    return Chart("three plots", Panels(plots))


def marked() -> Plot:
    """Two groups with bands, a target and two moments."""
    lines = []
    for place, name in enumerate(("ppo", "sac 3 runs")):
        y = noisy(200, 11 + place, 0.05)
        x = list(range(200))
        low = Series("k", x, [v - 0.1 - i / 900 for i, v in enumerate(y)])
        high = Series("k", x, [v + 0.1 + i / 900 for i, v in enumerate(y)])
        centre = line([v + place for v in y], name=name).series
        edges = [Series("k", x, [v + place for v in edge.y]) for edge in (low, high)]
        lines.append(Line("", name, centre, (edges[0], edges[1])))
    marks = (
        Mark(0.5, "target"),
        Mark(60, "loss became NaN", upright=True),
        Mark(63, "new best", upright=True),
        Mark(2.0),
    )
    return Plot("val/loss", "step", tuple(lines), marks=marks)
