"""A picture 800 pixels wide: matplotlib's Axes, its legend, and the words around.

Its constrained layout lays out all text twice, which takes half as long as drawing, and
can't choose a figure's height: so the few parts around the axes are placed here.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from wandbwatch.plots import palette
from wandbwatch.plots.ticks import Floats, Scale
from wandbwatch.plots.words import DPI, TEXT, Words, points

WIDTH, PLOT = 800, 330
EDGE = 16
_TITLE = 26
_TOP, _ROW = 18, 32
_X_ROW, _NAME = 40, 28
_RIGHT = 40
_BESIDE = 10
_PAD = 14
_SAMPLE, _MARK = 34, 14
_BETWEEN = 26
_COLUMNS = 3
_CLEAR = 4
"""Pixels between a tick's text and the picture's edge."""
_NEAR, _BELOW = 6, 4
"""Pixels from a text to what is beside it, and from its baseline to its foot."""
_Y_TICKS, _APART = 5, 130
"""How many ticks y has, and the least pixels from one of x to the next."""
_FEWEST = 3
"""Of fewer, the locator of dates has no interval for some lengths of time."""
_COMPRESSED = 3
"""Of 9; more does not make files smaller, and takes a fifth of the drawing time."""
LOW = 8
"""Up to this many rows a legend has full names, beyond it columns."""


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw by matplotlib's defaults, whatever a matplotlibrc says; then put it back."""
    with mpl.rc_context(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams["agg.path.chunksize"] = 10_000  # of a longer line Agg may refuse
        yield


def note(text: str) -> Line2D:
    """Return a legend's entry of words alone."""
    return Line2D([], [], linestyle="none", color=palette.MUTED, label=text)


@dataclass(frozen=True)
class Frame:
    """The parts around the Axes; the picture's height depends on them."""

    title: str = ""
    aside: str = ""
    """Small, above the axes on their right."""
    x: Scale | None = None
    y: Scale | None = None
    """Without one, the axis has no ticks."""
    x_name: str = ""
    y_name: str = ""
    left: float = 0.0
    right: float = 0.0
    """Pixels beside the axes for names: of bars, or of lines."""
    below: float = _PAD
    above: float = _PAD
    """Pixels between the axes and the line at the bottom, or what is above."""
    legends: tuple[tuple[Line2D, ...], ...] = ()
    """Each entry has its words as its label."""
    plot: int = PLOT


class Sheet:
    """A picture being drawn: ``axes`` and, in pixels, where they end on each side."""

    def __init__(self, words: Words, frame: Frame) -> None:
        self.words = words
        self._taken: list[Bbox] = []
        self.figure = Figure((WIDTH / DPI, 1), DPI, facecolor=palette.BACKGROUND)
        FigureCanvasAgg(self.figure)  # sets itself as what draws the figure
        self.axes = axes = self.figure.add_axes((0, 0, 1, 1), facecolor="none")
        axes.set(xticks=[], yticks=[])
        ticks, y_offset = frame.y.set(axes.yaxis, _Y_TICKS) if frame.y else ({}, "")
        wide = max(map(words.width, ticks.values()), default=frame.left)
        self.left = EDGE + (wide + _BESIDE if wide else _PAD)
        self.right = WIDTH - max(frame.right + EDGE + _PAD, _RIGHT)
        count = max(int((self.right - self.left) / _APART), _FEWEST)
        ticks, x_offset = frame.x.set(axes.xaxis, count) if frame.x else ({}, "")
        self._make_room(ticks)
        x_name = "UTC" if frame.x_name == "wall" else frame.x_name
        x_name = self._axis_name(f"{x_offset} {x_name}", frame.x)
        y_name = self._axis_name(f"{frame.y_name} {y_offset}", frame.y)
        lower = _NAME * self._is_lower(x_name, ticks)
        legends = [self._legend(entries) for entries in frame.legends if entries]
        rows = [_height(legend) for legend in legends]
        foot = _X_ROW + lower if x_name or ticks else 0
        self.bottom = _TOP + sum(rows) + foot + frame.below
        self.top = self.bottom + frame.plot - frame.below - frame.above
        head = _ROW * bool(y_name) + (_ROW + 8) * bool(frame.title or frame.aside)
        height = round(self.top + frame.above + head + _TOP)
        self._place(height)
        self._style(frame)
        for i, legend in enumerate(legends):
            top = _TOP + sum(rows[i:])
            legend.set_bbox_to_anchor((EDGE / WIDTH, top / height))
        level = self.top + frame.above + 12
        self.write(EDGE, level, y_name, palette.MUTED)
        self._write_title(frame, level + _ROW * bool(y_name))
        low = self.bottom - frame.below - 22 - lower
        self.write(WIDTH - EDGE, low, x_name, palette.MUTED, align=1)

    def across(self, x: npt.ArrayLike) -> Floats:
        """Return the pixels of places on the x axis."""
        points = np.column_stack([np.ravel(x), np.ones(np.size(x))])
        return self.axes.transData.transform(points)[:, 0]

    def up(self, y: npt.ArrayLike) -> Floats:
        """Return the pixels of places on the y axis."""
        points = np.column_stack([np.ones(np.size(y)), np.ravel(y)])
        return self.axes.transData.transform(points)[:, 1]

    def write(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = palette.TEXT,
        *,
        align: float = 0.0,
        over: bool = False,
    ) -> None:
        """Write *text*; *over* lines it has some background of its own."""
        artist = self.words.write(self.figure, (x, y), text, colour, align=align)
        if over:
            look = {"facecolor": palette.BACKGROUND, "alpha": 0.6, "linewidth": 0}
            artist.set_bbox({"pad": 1.0, **look})

    def write_free(
        self,
        text: str,
        places: Iterable[tuple[float, float]],
        colour: str = palette.TEXT,
        *,
        over: bool = False,
    ) -> None:
        """Write *text* at one of *places*, its left end and its baseline, where it
        covers nothing that was written so or `keep_free`, and least of the lines; the
        first of several such; else not at all."""
        width = self.words.width(text)
        boxes = [Bbox.from_bounds(x, y - _BELOW, width, TEXT) for x, y in places]
        if free := [box for box in boxes if not box.count_overlaps(self._taken)]:
            box = min(free, key=self._crossings)
            self._taken.append(box.padded(_NEAR, 0))
            self.write(box.x0, box.y0 + _BELOW, text, colour, over=over)

    def _crossings(self, box: Bbox) -> int:
        """Count the lines that go through *box*."""
        lines = (one for one in self.axes.lines if one.get_linestyle() != "None")
        paths = (n.get_transform().transform_path(n.get_path()) for n in lines)
        return sum(path.intersects_bbox(box, filled=False) for path in paths)

    def keep_free(self, places: Floats) -> None:
        """Let `write_free` cover none of *places*, x and y in pixels."""
        self._taken += [Bbox(((x, y), (x, y))).padded(_NEAR) for x, y in places]

    def write_nothing(self) -> None:
        middle = (self.bottom + self.top) / 2
        self.write(WIDTH / 2, middle, "no points", palette.MUTED, align=0.5)

    def png(self) -> bytes:
        return png(self.figure)

    def _axis_name(self, name: str, scale: Scale | None) -> str:
        said = name.strip()
        is_log = said and scale and scale.log
        return self.words.fit(f"{said} (log)" if is_log else said, WIDTH - 2 * EDGE)

    def _is_lower(self, x_name: str, ticks: Mapping[float, str]) -> bool:
        """Whether the name of the x axis does not fit beside its last tick."""
        if not ticks:
            return False
        last = max(ticks)
        taken = self.words.width(ticks[last]) / 2 + _BETWEEN + self.words.width(x_name)
        return self._column(last) + taken > WIDTH - EDGE

    def _make_room(self, ticks: Mapping[float, str]) -> None:
        """Move the ends of the axes in where a text below them would be cut."""
        for at in (min(ticks), max(ticks)) if ticks else ():
            half = self.words.width(ticks[at]) / 2 + _CLEAR
            self.left += max(half - self._column(at), 0.0)
            self.right -= max(self._column(at) + half - WIDTH, 0.0)

    def _column(self, x: float) -> float:
        """Return the pixels of a place on the x axis before the axes have theirs."""
        to_axes = self.axes.transScale + self.axes.transLimits
        share = float(to_axes.transform((x, 1))[0])
        return self.left + share * (self.right - self.left)

    def _place(self, height: int) -> None:
        self.figure.set_size_inches(WIDTH / DPI, height / DPI)
        wide, tall = self.right - self.left, self.top - self.bottom
        place = (self.left / WIDTH, self.bottom / height, wide / WIDTH, tall / height)
        self.axes.set_position(place)

    def _style(self, frame: Frame) -> None:
        axes, muted = self.axes, palette.MUTED
        axes.spines[["left", "top", "right"]].set_visible(False)
        axes.spines.bottom.set(color=muted, linewidth=points(2), visible=bool(frame.x))
        axes.spines.bottom.set_position(("outward", points(frame.below)))
        look = {"labelsize": points(TEXT), "labelcolor": muted}
        axes.tick_params("x", color=muted, direction="in", **look)
        axes.tick_params("y", length=0, pad=points(_BESIDE), **look)
        axes.grid(visible=True, axis="y", color=palette.GRID, linewidth=points(1))
        axes.set_axisbelow(True)
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_offset_text().set_visible(False)

    def _write_title(self, frame: Frame, level: float) -> None:
        words = self.words
        aside = words.fit(frame.aside, WIDTH / 2)
        self.write(WIDTH - EDGE, level, aside, palette.MUTED, align=1)
        bold = words.font(_TITLE, bold=True)
        title = words.fit(frame.title, WIDTH - words.width(aside) - 3 * EDGE, bold)
        words.write(self.figure, (EDGE, level), title, palette.INK, bold)

    def _legend(self, entries: Sequence[Line2D]) -> Legend:
        """Lay entries out in as many columns as fit, before it is placed."""
        dashes = any(entry.get_linestyle() != "None" for entry in entries)
        marks = any(entry.get_marker() != "None" for entry in entries)
        sample = _SAMPLE if dashes else _MARK if marks else 0
        gap = _BESIDE if sample else 0
        columns, room = _columns(entries, sample + gap, self.words)
        legend = self.figure.legend(
            entries,
            [" "] * len(entries),
            loc="upper left",
            ncols=columns,
            frameon=False,
            prop=self.words.font(),
            labelcolor="linecolor",
            handlelength=sample / TEXT,
            handletextpad=gap / TEXT,
            columnspacing=_BETWEEN / TEXT,
            labelspacing=0.35,
            borderpad=0,
            borderaxespad=0,
        )
        for artist, entry in zip(legend.get_texts(), entries, strict=True):
            text = self.words.fit(str(entry.get_label()), room)
            self.words.dress(self.figure, artist, text)
        return legend


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
    entries: Sequence[Line2D], before: float, words: Words
) -> tuple[int, float]:
    """Return how many columns fit, and the width of a text in one."""
    whole = WIDTH - 2 * EDGE + _BETWEEN
    labels = (words.clean(str(entry.get_label())) for entry in entries)
    widest = max(map(words.width, labels))
    for columns in range(min(_COLUMNS, len(entries)), 1, -1):
        if widest + before + _BETWEEN <= whole / columns:
            return columns, widest
    columns = 1 if len(entries) <= LOW else 2
    return columns, whole / columns - before - _BETWEEN
