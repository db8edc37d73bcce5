"""A picture 800 pixels wide: matplotlib's Axes, its legend, and the words around."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from wandbwatch.plots import palette
from wandbwatch.plots.ticks import NO_TICKS, Ticks
from wandbwatch.plots.words import DPI, TEXT, Words, points

WIDTH, PLOT = 800, 330
EDGE = 16
TITLE = 26
_TOP, _ROW = 18, 32
_TICKS, _NAME = 40, 28
_RIGHT = 30
_BESIDE = 10
_PAD_X, _PAD_Y = 10, 14
_SAMPLE, _MARK = 34, 14
_BETWEEN = 26
_COLUMNS = 3
_COMPRESSED = 3
"""Of 9; more does not make files smaller, and takes a fifth of the drawing time."""
_LOW = 8
"""Up to this many rows a legend has full names, beyond it columns."""


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw by matplotlib's defaults, whatever a matplotlibrc says; then put it back."""
    with mpl.rc_context(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams["agg.path.chunksize"] = 10_000  # of a longer line Agg may refuse
        yield


@dataclass(frozen=True)
class Entry:
    """A legend's entry for one line, or one kind of mark."""

    text: str
    colour: str
    handle: Line2D | None = None


@dataclass(frozen=True)
class Frame:
    """The parts around the Axes; the picture's height depends on them."""

    title: str = ""
    aside: str = ""
    """Small, above the axes on their right."""
    x: Ticks = NO_TICKS
    y: Ticks = NO_TICKS
    x_name: str = ""
    y_name: str = ""
    left: float = 0.0
    right: float = 0.0
    """Pixels beside the axes for names: of bars, or of lines."""
    bare: bool = False
    """Whether there are no ticks, no grid and no line along the bottom."""
    below: float = 0.0
    above: float = 0.0
    """Pixels kept free of lines along the bottom and the top of the axes."""
    legends: tuple[tuple[Entry, ...], ...] = ()
    plot: int = PLOT


class Sheet:
    """A picture being drawn: all its values have places from 0 to 1 on ``axes``."""

    def __init__(self, words: Words, frame: Frame) -> None:
        self.words, self._frame = words, frame
        widest = max(map(words.width, frame.y.texts), default=frame.left)
        self.left = EDGE + (widest + _BESIDE if widest else 0.0)
        self.right = WIDTH - max(frame.right + EDGE, _RIGHT)
        self.figure = Figure(facecolor=palette.BACKGROUND, dpi=DPI)
        FigureCanvasAgg(self.figure)  # sets itself as what draws the figure
        legends = [self._legend(entries) for entries in frame.legends if entries]
        rows = [_height(legend) for legend in legends]
        self._x = self._apart(frame.x)
        self._x_name, named = self._x_named()
        foot = _TICKS + named if self._x_name or frame.x.places else 0
        self.bottom = foot + sum(rows) + _TOP
        self.top = self.bottom + frame.plot
        height = round(self.top + self._head)
        self.figure.set_size_inches(WIDTH / DPI, height / DPI)
        self._put(legends, rows, self.bottom - foot, height)
        self._set_axes(height)
        self._write_around(named)

    def x(self, place: float) -> float:
        """Return the pixel of a *place* from 0 to 1 along x."""
        return float(self.left + _PAD_X + place * (self.right - self.left - 2 * _PAD_X))

    def y(self, place: float) -> float:
        """Return the pixel of a *place* from 0 to 1 up the axes."""
        low, high = self._inner
        return float(low + place * (high - low))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = palette.TEXT,
        *,
        over: bool = False,
    ) -> None:
        """Write *text*; *over* lines it has some background of its own."""
        artist = self.words.write(self.figure, (x, y), text, colour)
        if over:
            look = {"facecolor": palette.BACKGROUND, "alpha": 0.6, "linewidth": 0}
            artist.set_bbox({"pad": 1.0, **look})

    def set_limits(self) -> None:
        """Set the axes' limits to 0 to 1 and the space kept free."""
        inner = self.x(1) - self.x(0)
        self.axes.set_xlim(-_PAD_X / inner, 1 + _PAD_X / inner)
        low, high = self._inner
        tops = [(end - low) / (high - low) for end in (self.bottom, self.top)]
        self.axes.set_ylim(*tops)

    def write_nothing(self) -> None:
        text = "no points"
        x = (WIDTH - self.words.width(text)) / 2
        self.write(x, (self.bottom + self.top) / 2, text, palette.MUTED)

    def png(self) -> bytes:
        return png(self.figure)

    @property
    def _inner(self) -> tuple[float, float]:
        frame = self._frame
        low = self.bottom + max(_PAD_Y, frame.below)
        return low, self.top - max(_PAD_Y, frame.above)

    @property
    def _head(self) -> int:
        frame = self._frame
        named = _ROW if frame.y_name or frame.y.offset else 0
        return _TOP + named + (_ROW + 8 if frame.title or frame.aside else 0)

    def _set_axes(self, height: int) -> None:
        frame = self._frame
        wide, tall = self.right - self.left, self.top - self.bottom
        place = (self.left / WIDTH, self.bottom / height, wide / WIDTH, tall / height)
        self.axes = axes = self.figure.add_axes(place, facecolor="none")
        self.set_limits()
        for side in ("left", "top", "right"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set(color=palette.MUTED, linewidth=points(2))
        axes.spines["bottom"].set_visible(bool(frame.x.places))
        axes.set_xticks(self._x.places, self._x.texts)
        axes.set_yticks(frame.y.places, frame.y.texts)
        look = {"labelsize": points(TEXT), "labelcolor": palette.MUTED}
        axes.tick_params("x", color=palette.MUTED, direction="in", **look)
        axes.tick_params("y", length=0, pad=points(_BESIDE), **look)
        if frame.bare:
            axes.set_axis_off()
        axes.grid(visible=True, axis="y", color=palette.GRID, linewidth=points(1))
        axes.set_axisbelow(True)

    def _apart(self, ticks: Ticks) -> Ticks:
        """Leave out ticks, evenly, until no labels overlap."""
        widest = max(map(self.words.width, ticks.texts), default=0.0)
        for every in range(1, len(ticks.places)):
            kept = ticks.places[::every]
            gap = (self.x(1) - self.x(0)) * min(np.diff(kept), default=1.0)
            if gap > widest + _BESIDE:
                return Ticks(kept, ticks.texts[::every])
        return Ticks(ticks.places[:1], ticks.texts[:1])

    def _x_named(self) -> tuple[str, int]:
        """Return the x axis' name, and how much lower than the ticks it stands: not at
        all where it fits beside them."""
        frame, words = self._frame, self.words
        called = " ".join(filter(None, (frame.x.offset, frame.x_name)))
        text = words.fit(called, WIDTH - EDGE - self.left)
        if not text or not self._x.places:
            return text, 0
        end = self.x(self._x.places[-1]) + words.width(self._x.texts[-1]) / 2
        return text, 0 if end + _BETWEEN + words.width(text) < WIDTH - EDGE else _NAME

    def _write_around(self, named: int) -> None:
        frame, words = self._frame, self.words
        level = self.top + 12.0
        if y_name := " ".join(filter(None, (frame.y_name, frame.y.offset))):
            text = words.fit(y_name, WIDTH - 2 * EDGE)
            self.write(EDGE, level, text, palette.MUTED)
            level += _ROW
        aside = words.fit(frame.aside, WIDTH / 2)
        end = WIDTH - EDGE - words.width(aside)
        if aside:
            self.write(end, level, aside, palette.MUTED)
        if frame.title:
            bold = words.font(TITLE, bold=True)
            title = words.fit(frame.title, end - 2 * EDGE, bold)
            words.write(self.figure, (EDGE, level), title, palette.INK, bold)
        x = WIDTH - EDGE - words.width(self._x_name)
        self.write(x, self.bottom - 22 - named, self._x_name, palette.MUTED)

    def _legend(self, entries: Sequence[Entry]) -> Legend:
        """Lay entries out in as many columns as fit, before it is placed."""
        handles = [entry.handle for entry in entries if entry.handle]
        dashes = any(handle.get_linestyle() != "None" for handle in handles)
        sample = _SAMPLE if dashes else _MARK if handles else 0
        gap = _BESIDE if sample else 0
        columns, room = _columns(entries, sample + gap, self.words)
        legend = self.figure.legend(
            [entry.handle or Line2D([], [], linestyle="none") for entry in entries],
            [" "] * len(entries),
            loc="upper left",
            ncols=columns,
            frameon=False,
            prop=self.words.font(),
            labelcolor=[entry.colour for entry in entries],
            handlelength=sample / TEXT,
            handletextpad=gap / TEXT,
            columnspacing=_BETWEEN / TEXT,
            labelspacing=0.35,
            borderpad=0,
            borderaxespad=0,
        )
        for artist, entry in zip(legend.get_texts(), entries, strict=True):
            text = self.words.fit(entry.text, room)
            self.words.dress(self.figure, artist, text)
        return legend

    def _put(
        self, legends: Sequence[Legend], rows: Sequence[float], top: float, height: int
    ) -> None:
        for legend, tall in zip(legends, rows, strict=True):
            legend.set_bbox_to_anchor((EDGE / WIDTH, top / height))
            top -= tall


def png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(
        file,
        format="png",
        metadata={"Software": None},  # the default names a version
        pil_kwargs={"compress_level": _COMPRESSED},
    )
    return file.getvalue()


def _height(legend: Legend) -> float:
    return float(legend.get_window_extent(RendererAgg(1, 1, DPI)).height) + _BESIDE


def _columns(
    entries: Sequence[Entry], before: float, words: Words
) -> tuple[int, float]:
    """Return how many columns fit, and the width of a text in one."""
    whole = WIDTH - 2 * EDGE + _BETWEEN
    widest = max(words.width(words.clean(entry.text)) for entry in entries)
    for columns in range(min(_COLUMNS, len(entries)), 1, -1):
        if widest + before + _BETWEEN <= whole / columns:
            return columns, widest
    columns = 1 if len(entries) <= _LOW else 2
    return columns, whole / columns - before - _BETWEEN
