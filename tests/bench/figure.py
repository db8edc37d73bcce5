"""How long a picture takes, against matplotlib's plain plot of the same points."""

from __future__ import annotations

import io
import math
import random
import statistics
import sys
import time
from array import array
from collections.abc import Callable
from functools import partial

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from wandbwatch.model.report import Line, Plot
from wandbwatch.model.run import Series
from wandbwatch.plots import png

POINTS = 100_000
RUNS = 5
ROUNDS = 5
BOUNDS = {POINTS: 0.4, 1000: 1.15}
"""The most that our picture may take by its points, in plain matplotlib's time."""


def main() -> None:
    missed = False
    for points, bound in BOUNDS.items():
        plot = sample(points)
        ours, theirs = medians(partial(png, plot), partial(bare, plot))
        over = ours > bound * theirs
        missed |= over
        verdict = "MISSED" if over else "ok"
        ratio = f"{ours / theirs:.2f} of matplotlib, at most {bound}: {verdict}"
        _say(f"{RUNS} runs × {points} points: {ratio}")
        _say(f"  ({1000 * ours:.0f} ms and {1000 * theirs:.0f} ms)")
    smooth = Plot("loss", "step", sample(POINTS).lines, smooth=0.9)
    taken, plain = medians(partial(png, smooth), partial(png, _plot_of(smooth)))
    _say(f"smoothed: {taken / plain:.1f} times as long as without")
    if missed:
        sys.exit(1)


def sample(points: int) -> Plot:
    dice = random.Random(1)  # noqa: S311 -- the same noise each time
    lines = []
    for run in range(RUNS):
        noisy = (math.exp(-i / points) + dice.gauss(run, 0.1) for i in range(points))
        series = Series("loss", array("q", range(points)), array("d", noisy))
        lines.append(Line(f"run{run}", f"bird {run}", series))
    return Plot("loss", "step", tuple(lines))


def _plot_of(smooth: Plot) -> Plot:
    return Plot(smooth.key, smooth.x, smooth.lines)


def bare(plot: Plot) -> bytes:
    """Draw as one would with nothing but matplotlib."""
    figure = Figure(figsize=(8, 4.5), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for line in plot.lines:
        axes.plot(line.series.x, line.series.y, label=line.name)
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def medians(*works: Callable[[], object]) -> list[float]:
    """Take the processor time of the *works* by turns; a busy machine counts less."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(ROUNDS + 1):
        for work, taken in zip(works, times, strict=True):
            start = time.process_time()
            work()
            if turn:
                taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in times]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
