"""Plots to draw, and what of them is to be seen in a picture."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.image import imread
from wandbwatch.model.report import Line, Plot
from wandbwatch.model.run import Series
from wandbwatch.plots.palette import MUTED, look

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def line(
    y: Sequence[float],
    x: Sequence[float] | None = None,
    name: str = "owl",
    run: str = "a1",
) -> Line:
    return Line(run, name, Series("loss", range(len(y)) if x is None else x, y))


def plot(*lines: Line, key: str = "train/loss", x: str = "step") -> Plot:
    return Plot(key, x, lines)


def noisy(count: int, seed: int, noise: float = 0.1) -> list[float]:
    dice = random.Random(seed)  # noqa: S311 -- the same noise each time
    return [
        0.4 + 2 * math.exp(-5 * i / count) + dice.gauss(0, noise) for i in range(count)
    ]


def diverged() -> Plot:
    """One run that becomes NaN, one that is infinite for a step, one sparse."""
    bad = noisy(300, 1)
    bad[200:] = [math.nan] * 100
    odd = noisy(300, 2)
    odd[100], odd[101] = math.inf, -math.inf
    sparse = line([2.5, 1.5, 1.0, 0.9], [0, 100, 200, 290], "validation", "c3")
    return plot(line(bad), line(odd, name="lark", run="b2"), sparse)


def smooth() -> Plot:
    lines = (line(noisy(400, 3)), line(noisy(400, 4), name="lark", run="b2"))
    return Plot("val/loss", "runtime", lines, smooth=0.9)


def crowd(count: int) -> Plot:
    flights = (
        line([i + math.sin(j / 9) for j in range(100)], None, f"bird-{i}", f"run{i:05}")
        for i in range(count)
    )
    return plot(*flights)


def pixels(png: bytes) -> Pixels:
    """Decode a picture: rows from the top, columns, red green blue."""
    return (
        (imread(io.BytesIO(png), format="png")[:, :, :3] * 255).round().astype(np.uint8)
    )


def inside(picture: Pixels) -> tuple[int, int, int]:
    """Find the x axis: its row, and the columns where it begins and ends."""
    axis = np.abs(picture.astype(int) - _MUTED).max(axis=2) < _ALIKE
    row = int(axis.sum(axis=1).argmax())
    columns = np.flatnonzero(axis[row])
    return row, int(columns[0]), int(columns[-1])


def where(picture: Pixels, place: int) -> Mask:
    """Find the pixels in the plot that have the colour of the run at *place*."""
    wanted = _channels(look(place).colour)
    found: Mask = (picture == wanted).all(axis=2)
    row, left, right = inside(picture)
    found[row:] = False  # the legend has the colour as well
    found[:, right + 1 :] = found[:, :left] = False  # and so have the names at the ends
    return found


def foot(found: Mask, picture: Pixels, rows: int = 1) -> Mask:
    """Return the strip along the x axis in which *rows* of marks stand."""
    row = inside(picture)[0]
    return found[row - 4 - 18 * rows : row]


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


_MUTED = np.array(_channels(MUTED))
_ALIKE = 12
