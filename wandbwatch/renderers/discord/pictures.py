"""Plots drawn into files, each with a name that Discord leaves as it is."""

from __future__ import annotations

from collections.abc import Callable

from wandbwatch.figure.keeping import file_name
from wandbwatch.model.message import File
from wandbwatch.model.report import Plot


class Pictures:
    """Draws with *png*; no two of its files have one name."""

    def __init__(self, png: Callable[[Plot], bytes]) -> None:
        self._png = png
        self._taken: set[str] = set()

    def draw(self, plot: Plot) -> File:
        name = file_name(plot.key, self._taken)
        self._taken.add(name)
        return File(name, self._png(plot))
