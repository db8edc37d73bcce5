"""Where the parts of a picture lie, in pixels from its bottom left."""

from __future__ import annotations

from dataclasses import dataclass

from wandbwatch.plots.scale import Floats

WIDTH = 800
PLOT = 300
_TITLE = 50
_TICKS = 28
_NAME = 26
_ROW = 26
_PAD = 14
_MARGIN_X = 12
_MARGIN_Y = 16
_MARK_ROW = 15
_Y_NAME = 26
EDGE = 20
LINE = 18
"""The height of small words; 9 pixels where a picture is shown 400 wide."""
HEADLINE = 22


def title(height: float) -> float:
    """Return the baseline of the title of a picture *height* pixels high."""
    return height - 34.0


@dataclass(frozen=True)
class PictureLayout:
    """The plot keeps its size; a longer legend makes the picture taller."""

    left: float
    """Where the plot begins; y tick labels end a little before it."""
    legend_rows: int
    hint_rows: int
    marks_below: int
    marks_above: int
    """Rows of marks kept free of lines, along the plot's bottom and top."""
    y_named: bool = False
    """Whether there is a row for the y axis' name, above the plot."""

    @property
    def height(self) -> int:
        rows = self.legend_rows + self.hint_rows
        return self._top + PLOT + _TICKS + _NAME + rows * _ROW + _PAD

    @property
    def _top(self) -> int:
        return _TITLE + (_Y_NAME if self.y_named else 0)

    @property
    def right(self) -> float:
        return WIDTH - 20.0

    @property
    def bottom(self) -> float:
        return self.height - self._top - PLOT

    @property
    def y_name(self) -> float:
        """The baseline of the y axis' name."""
        return self.bottom + PLOT + 10.0

    @property
    def name(self) -> float:
        """The baseline of the x axis' name."""
        return self.bottom - _TICKS - 17

    def row(self, place: int) -> float:
        """Return the baseline of a row below the axes, counted from 0."""
        return self.name - 4 - (place + 1) * _ROW

    @property
    def ticks(self) -> float:
        """The baseline of the x axis' tick labels."""
        return self.bottom - 24

    def x(self, place: Floats) -> Floats:
        """Return the pixels of places along the x axis, 0 to 1."""
        width = self.right - self.left - 2 * _MARGIN_X
        return self.left + _MARGIN_X + place * width

    def y(self, place: Floats) -> Floats:
        """Return the pixels of places along the y axis, 0 to 1."""
        low = self.bottom + _MARGIN_Y + self.marks_below * _MARK_ROW
        high = self.bottom + PLOT - _MARGIN_Y - self.marks_above * _MARK_ROW
        return low + place * (high - low)

    def mark(self, row: int, *, above: bool) -> float:
        """Return the pixel at which the marks of a row stand."""
        if above:
            return self.bottom + PLOT - (row + 0.8) * _MARK_ROW
        return self.bottom + (row + 0.8) * _MARK_ROW
