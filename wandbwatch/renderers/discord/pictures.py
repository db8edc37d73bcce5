"""Plots and charts drawn into files, each with a name that Discord leaves as it is."""

from __future__ import annotations

from collections.abc import Callable

from wandbwatch.model.message import File
from wandbwatch.model.report import Chart, Plot
from wandbwatch.plots.keeping import called, file_name


class Pictures:
    """Draws with *png*; no two of its files have one name."""

    def __init__(self, png: Callable[[Plot | Chart], bytes]) -> None:
        self._png = png
        self._taken: set[str] = set()

    def take(self, name: str, content: bytes) -> File:
        """Give a file of ours its name, or one like it that is free."""
        stem, dot, end = name.rpartition(".")
        free, count = name, 1
        while free in self._taken:
            count += 1
            free = f"{stem}_{count}{dot}{end}"
        self._taken.add(free)
        return File(free, content)

    def draw(self, drawn: Plot | Chart) -> File:
        name = file_name(called(drawn), self._taken)
        self._taken.add(name)
        return File(name, self._png(drawn))
