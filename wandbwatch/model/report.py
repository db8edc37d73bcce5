"""Reports and their blocks: what commands answer, for every medium."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from wandbwatch.model.cell import Cell, Level
from wandbwatch.model.run import Series

if TYPE_CHECKING:
    from wandbwatch.model.drawing import Drawing
    from wandbwatch.model.media import Attachment


@dataclass(frozen=True)
class Fields:
    """Names and their values; programs read the title, people the heading."""

    title: str
    items: tuple[tuple[str, Cell], ...]
    label: str = ""
    late: bool = field(default=False, compare=False)
    """Whether people see it after the last fields that are not late."""
    order: tuple[str, ...] | None = field(default=None, compare=False)
    """The names that people see, in order; None: all, as they are."""

    @property
    def heading(self) -> str:
        return self.label or self.title

    @property
    def read(self) -> Fields:
        """The fields as people see them."""
        if self.order is None:
            return self
        cells = dict(self.items)
        items = tuple((name, cells[name]) for name in self.order)
        return replace(self, items=items, order=None)


@dataclass(frozen=True)
class Table:
    """Rows of cells below named columns; ``links`` has a URL or None per row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    links: tuple[str | None, ...] = ()
    drawing: Drawing | None = None
    """What people see in its place where pictures are shown."""
    also: tuple[tuple[str, tuple[Cell, ...]], ...] = ()
    """Columns for people alone, by name: a cell for each row."""
    headings: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What people read above a column in place of its name."""
    spare: tuple[str, ...] = field(default=(), compare=False)
    """Columns that Discord leaves out where rows are too long for a phone, the first
    ones first; ``id`` in any case where the names differ."""
    repeated: frozenset[int] = field(default=frozenset(), compare=False)
    """The rows that another table of the report has too: Discord lists them once."""
    brief: Table | None = field(default=None, compare=False)
    """What Discord shows in its place."""
    file: str = ""
    """Where its drawing was kept, once it was."""

    @property
    def whole(self) -> Table:
        """The table as people see it."""
        if not self.also:
            return self
        more = zip(*(cells for _, cells in self.also), strict=True)
        rows = tuple((*row, *end) for row, end in zip(self.rows, more, strict=True))
        names = (*self.columns, *(name for name, _ in self.also))
        return replace(self, columns=names, rows=rows, also=())


@dataclass(frozen=True)
class Partial:
    """The part of a group's mean that covers fewer runs than the group has."""

    since: float
    """The last x at which all runs of the group have a value."""
    left: int
    """How many runs have a value at the end, out of *of* runs."""
    of: int


@dataclass(frozen=True)
class Line:
    """The series of one run, or of a group of runs, in a plot."""

    run: str
    name: str
    series: Series
    band: tuple[Series, Series] | None = None
    """Low and high around the series, over the same x."""
    partial: Partial | None = None
    called: str = ""
    """The name for people, if *name* is for programs, such as ``network.recv``."""

    @property
    def id(self) -> str:
        """The run's id, if people need it beside the label."""
        return "" if self.called or self.name == self.run else self.run

    @property
    def label(self) -> str:
        """The label for people; a group's says how many runs are left."""
        name = self.called or self.name or self.run
        if self.partial is None:
            return name
        left, of = self.partial.left, self.partial.of
        return f"{name.removesuffix(f' (n={of})')} (n={left} of {of})"

    @property
    def end(self) -> tuple[float, float] | None:
        """The last point; for a group's mean, the last one that covers all its runs."""
        xs, ys = self.series.x, self.series.y
        if not len(ys):
            return None
        last = bisect_right(xs, self.partial.since) - 1 if self.partial else -1
        return float(xs[last]), float(ys[last])


@dataclass(frozen=True)
class Shade:
    """A shaded range of the x axis, such as the window of a rule."""

    start: float
    end: float
    name: str = ""


@dataclass(frozen=True)
class Mark:
    """A reference line at a value of y, or, if *upright*, at a value of x."""

    at: float
    name: str = ""
    upright: bool = False


@dataclass(frozen=True)
class Plot:
    """The data of a line plot; a terminal and a PNG draw it differently."""

    key: str
    x: str
    """What the x axis is: ``step``, ``runtime`` (seconds), ``wall`` (POSIX seconds)
    or a key's name."""
    lines: tuple[Line, ...]
    log_y: bool = False
    smooth: float = 0.0
    """Weight of the time-weighted EMA drawn over the raw lines, from 0 (none) to 1."""
    file: str = ""
    """Where its picture was kept, once it was."""
    marks: tuple[Mark, ...] = ()
    limits: tuple[float, float] | None = None
    """Where the y axis begins and ends; None is where the values do. What lies beyond
    is drawn at its edge."""
    log_x: bool = False
    shades: tuple[Shade, ...] = ()
    shape: bool = False
    """Whether the lines are shapes, such as precision over recall, of which the last
    point says nothing."""
    told: bool = field(default=False, compare=False)
    """Whether its last values stand in the report: people see no plot of one point."""

    @property
    def points(self) -> bool:
        """Whether no line has two points."""
        return all(len(one.series.x) <= 1 for one in self.lines)


@dataclass(frozen=True)
class Panels:
    """Several plots in one image."""

    plots: tuple[Plot, ...]


@dataclass(frozen=True)
class Chart:
    """A chart that is not a line plot, with a title."""

    title: str
    drawing: Drawing | Panels
    file: str = ""
    """Where its picture was kept, once it was."""


@dataclass(frozen=True)
class Note:
    """A sentence about the report itself: what was left out, what matched nothing."""

    text: str


@dataclass(frozen=True)
class Text:
    """Verbatim lines: notes, console output."""

    title: str
    text: str


Block: TypeAlias = "Fields | Table | Plot | Chart | Note | Text | Attachment"


@dataclass(frozen=True)
class Subject:
    """A run, as one that a report is about."""

    path: str
    """ENTITY/PROJECT/ID, or what of it is known."""
    name: str
    """The display name and the id."""


@dataclass(frozen=True)
class Report:
    """One report. ``kind`` is the name of the command that made it."""

    kind: str
    title: str
    blocks: tuple[Block, ...] = ()
    level: Level = Level.INFO
    url: str | None = None
    event: bool = False
    """Whether it reports something that happened: it is sent however late, while a
    waiting report of another kind is replaced by its next one."""
    message_key: str = ""
    """Names its message: a later report of the same subscription with that name
    replaces it."""
    headline: str = field(default="", compare=False)
    """One line for a notification: what happened, to which run, why, how far it was.
    Discord shows it as the message's content and the card's title."""
    fingerprint: Callable[[], str] | None = field(default=None, compare=False)
    """Computes what must change for this report to be news; else `skip_unchanged` drops
    it. None: all its values except times and durations."""
    edited: datetime | None = field(default=None, compare=False)
    """When its data was requested, if its message is edited in place: readers see its
    age."""
    out: Path | None = field(default=None, compare=False)
    """Where the user wants this report's pictures kept."""
    runs: tuple[str, ...] = field(default=(), compare=False)
    """The ids of the runs that an event or alert is about."""
    subject: Subject | None = field(default=None, compare=False)
    """The one run that it is about; it may have a thread of its own."""
    card: bool = field(default=False, compare=False)
    """Whether it is kept as the first message of its run's thread; it pings nobody."""
    rule: str = field(default="", compare=False)
    """The rule of an alert."""
    line: str = field(default="", compare=False)
    """The command line of a list that this answers."""

    @property
    def read(self) -> tuple[Block, ...]:
        """The blocks as people see them; programs get them as they are."""
        found = [
            b.read if isinstance(b, Fields) else b
            for b in self.blocks
            if not (isinstance(b, Fields) and b.order == ())
            if not (isinstance(b, Plot) and b.told and b.points)
        ]
        last = max(
            (n for n, b in enumerate(found) if isinstance(b, Fields) and not b.late),
            default=-1,
        )
        late = [b for b in found[: last + 1] if isinstance(b, Fields) and b.late]
        early = [b for b in found[: last + 1] if b not in late]
        return (*early, *late, *found[last + 1 :])


_remarks: list[str] = []


def remark(text: str) -> None:
    """Add *text* to the next report, such as: runs or values are missing."""
    if text not in _remarks:
        _remarks.append(text)


def taken_remarks() -> tuple[str, ...]:
    """Return the remarks since the last call."""
    found = tuple(_remarks)
    _remarks.clear()
    return found
