"""The interactive table: select a run, sort, filter, and open its details."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wandbwatch import formatting
from wandbwatch.cli.watch import LiveScreen, Why
from wandbwatch.model.cell import Cell, latest
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.options import HERE

if TYPE_CHECKING:
    from wandbwatch.cli.watch import Answers, DrawReports
    from wandbwatch.model.address import Address

More = Callable[[Sequence[str]], Iterator[Report]]
"""Reads another command line, such as the one that plots a run."""

_KEYS = "↑↓ choose · s sort · / filter · enter plots · l log · o page · q ends"
_SHORT = {60: "↑↓ s / enter l o · q ends", 0: "q ends"}
_ROOMY = 100
"""Columns from which there is room to explain the keys."""
_BACK = "↑↓ scroll · q goes back"
_KEY = re.compile(r"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|.", re.DOTALL)
_UP, _DOWN = {"\x1b[A", "\x1bOA", "k"}, {"\x1b[B", "\x1bOB", "j"}
_FIRST, _LAST = {"\x1b[H", "\x1bOH", "g"}, {"\x1b[F", "\x1bOF", "G"}
_PAGES = {"\x1b[5~": -1, "\x1b[6~": 1, " ": 1}
_ENTER, _ESCAPE, _ERASE = {"\r", "\n"}, "\x1b", {"\x7f", "\x08"}
_LOG_LINES = "200"
_END = 1_000_000
"""Lines, more than any view has."""
_SHARES = (1, 2, 6, 12)
"""Rows of a table take about one of these many lines each."""


@dataclass(frozen=True)
class ListedRun:
    """The selected run."""

    id: str
    name: str
    url: str | None
    project: str


class Browser:
    """The state of the table of *answers*: selection, sorting, filter, open view."""

    def __init__(
        self,
        answers: Answers,
        draw: DrawReports,
        more: More,
        addresses: Sequence[Address],
    ) -> None:
        self._answers = answers
        self._draw = draw
        self._more = more
        self._addresses = addresses or (HERE,)
        self._chosen = ""
        self._sorted: str | None = None
        self._descending = True
        self._filter = ""
        self._typing = False
        self._said = ""
        self._scrolled = 0
        """Lines by which the open view is scrolled: a log from its end."""
        self._open: tuple[str, Sequence[str], Sequence[Report]] | None = None

    def stay(self, screen: LiveScreen, every: timedelta) -> bool:
        """Show it until the next refresh is due; True if the user quits."""
        until = time.monotonic() + every.total_seconds()
        if self._open:
            self._ask(screen, *self._open[:2])
        while True:
            screen.show(lambda height: self._drawn(height, every))
            why = screen.pause(until - time.monotonic(), keys=True)
            if why is Why.TIME:
                return False
            if why is Why.KEYS:
                for key in _KEY.findall(screen.typed):
                    if self._pressed(key, screen):
                        return True

    def _pressed(self, key: str, screen: LiveScreen) -> bool:
        """Handle *key*; True if the user quits."""
        self._said = ""
        if self._typing:
            self._type(key)
        elif self._open:
            if key in {"q", "Q", _ESCAPE, "\x04"}:
                self._open = None
            self._scroll(key)
        elif key in {"q", "Q", "\x04"}:
            return True
        elif key == _ESCAPE:
            if not self._filter:
                return True
            self._filter = ""
        elif key in _UP | _DOWN | _FIRST | _LAST:
            self._move(key)
        elif key in {"s", "S"}:
            self._sort(key)
        elif key == "/":
            self._typing, self._filter = True, ""
        else:
            self._act(key, screen)
        return False

    def _type(self, key: str) -> None:
        if key in _ENTER:
            self._typing = False
        elif key == _ESCAPE:
            self._typing, self._filter = False, ""
        elif key in _ERASE:
            self._filter = self._filter[:-1]
        elif key.isprintable():
            self._filter += key

    def _move(self, key: str) -> None:
        runs = self._runs()
        if not runs:
            return
        at = self._place(runs)
        last = len(runs) - 1
        ends = 0 if key in _FIRST else last
        by = -1 if key in _UP else 1
        goes = ends if key in _FIRST | _LAST else min(max(at + by, 0), last)
        self._chosen = runs[goes].id

    def _scroll(self, key: str) -> None:
        page = shutil.get_terminal_size().lines - 2
        by = _PAGES.get(key, 0) * page + (key in _DOWN) - (key in _UP)
        self._scrolled += by + _END * ((key in _LAST) - (key in _FIRST))

    def _sort(self, key: str) -> None:
        """Sort by the next column; S reverses the order."""
        table = self._table()
        if table is None:
            return
        if key == "S":
            self._descending = not self._descending
            return
        names = [None, *table.columns]
        at = names.index(self._sorted) if self._sorted in names else 0
        self._sorted = names[(at + 1) % len(names)]

    def _act(self, key: str, screen: LiveScreen) -> None:
        runs = self._runs()
        run = runs[self._place(runs)] if runs else None
        if run is None:
            return
        if key in _ENTER or key == "p":
            self._ask(screen, f"plots of {run.name}", ["image", self._address(run)])
        elif key == "l":
            words = ["logs", self._address(run), "--topk", _LOG_LINES]
            self._ask(screen, f"log of {run.name}", words)
        elif key == "o":
            self._said = _page(run.url)

    def _ask(self, screen: LiveScreen, what: str, words: Sequence[str]) -> None:
        screen.show(lambda _: f"asking for the {what} …")
        try:
            found = list(self._more(words))
        except Exception as e:  # noqa: BLE001 -- it is shown, and the table stays
            found = [Report("top", what, (Note(str(e)),))]
        if not self._open:
            self._scrolled = 0
        self._open = (what, words, found)

    def _address(self, run: ListedRun) -> str:
        local = [one for one in self._addresses if one.local]
        if local and (len(self._addresses) == 1 or not run.url):
            named = [one for one in local if str(one) == run.project]
            return str((named or local)[0].named(run.id))
        if run.url:
            return run.url
        return f"{run.project or self._addresses[0]}/{run.id}"

    def _table(self) -> Table | None:
        """Return the table of runs, filtered and sorted."""
        found = [t for t in _tables(self._answers.reports) if "id" in t.columns]
        return self._arranged(found[0]) if found else None

    def _arranged(self, table: Table) -> Table:
        links = [*table.links, *[None] * (len(table.rows) - len(table.links))]
        rows = list(zip(table.rows, links, strict=True))
        if self._filter:
            wanted = self._filter.casefold()
            rows = [row for row in rows if wanted in _words(row[0])]
        if self._sorted in table.columns:
            at = table.columns.index(self._sorted)
            there = [row for row in rows if _rank(row[0][at]) is not None]
            there.sort(
                key=lambda row: _rank(row[0][at]) or (), reverse=self._descending
            )
            rows = there + [row for row in rows if _rank(row[0][at]) is None]
        shown, urls = [row for row, _ in rows], [url for _, url in rows]
        return replace(table, rows=tuple(shown), links=tuple(urls))

    def _runs(self) -> list[ListedRun]:
        table = self._table()
        if table is None:
            return []
        places = {name: at for at, name in enumerate(table.columns)}

        def value(row: Sequence[Cell], name: str) -> str:
            return formatting.cell(row[places[name]]) if name in places else ""

        return [
            ListedRun(value(row, "id"), value(row, "name"), url, value(row, "project"))
            for row, url in zip(table.rows, table.links, strict=True)
        ]

    def _place(self, runs: Sequence[ListedRun]) -> int:
        ids = [run.id for run in runs]
        return ids.index(self._chosen) if self._chosen in ids else 0

    def _drawn(self, height: int, every: timedelta) -> str:
        from wandbwatch.cli.watch import fitting, heading  # noqa: PLC0415 -- it has us

        if self._open:
            return self._view(*self._open[::2], height)
        columns = shutil.get_terminal_size().columns
        short = next(text for width, text in _SHORT.items() if columns >= width)
        keys = _KEYS if columns >= _ROOMY else short
        head = heading(self._answers, every, keys)
        table = self._table()
        if table is None:
            return fitting(head, self._answers.reports, self._draw, height)
        return self._listed(f"{head}\n{self._status(table)}", table, height)

    def _view(self, what: str, reports: Sequence[Report], height: int) -> str:
        """Draw what is open, from where it is scrolled to."""
        from wandbwatch.cli.watch import fitting  # noqa: PLC0415 -- it has us

        text = fitting(f"{what} · {_BACK}", reports, self._draw, height)
        head, *lines = text.split("\n")
        last = max(len(lines) - height + 1, 0)
        first = last if any(one.kind == "logs" for one in reports) else 0
        start = min(max(first + self._scrolled, 0), last)
        self._scrolled = start - first
        return "\n".join([head, *lines[start:]])

    def _status(self, table: Table) -> str:
        runs = self._runs()
        run = runs[self._place(runs)] if runs else None
        said = [f"▸ {run.name} ({run.id})" if run else "no run matches"]
        if self._sorted:
            said.append(f"by {self._sorted} {'↓' if self._descending else '↑'}")
        if self._filter or self._typing:
            end = "▏" if self._typing else ""
            count = len(table.rows)
            matching = "1 run" if count == 1 else f"{count} runs"
            said.append(f"/{self._filter}{end} ({matching})")
        return " · ".join([*said, *filter(None, [self._said])])

    def _listed(self, head: str, table: Table, height: int) -> str:
        """Draw as many rows around the selected one as fit."""
        at = self._place(self._runs())
        text = ""
        for share in _SHARES:
            count = max((height - 8) // share, 1)
            if share == 1 and len(table.rows) <= count:
                count = len(table.rows)
            start = min(max(at - count // 2, 0), max(len(table.rows) - count, 0))
            end = start + count
            part = replace(
                table, rows=table.rows[start:end], links=table.links[start:end]
            )
            reports = _with(self._answers.reports, part)
            text = "\n".join((head, "", *self._draw(reports, 0, at - start)))
            if text.count("\n") < height:
                break
        return text


def _tables(reports: Sequence[Report]) -> Iterator[Table]:
    for report in reports:
        yield from (block for block in report.blocks if isinstance(block, Table))


def _with(reports: Sequence[Report], table: Table) -> list[Report]:
    """Replace the original table of runs by *table*."""

    def mine(block: object) -> bool:
        return isinstance(block, Table) and block.columns == table.columns

    return [
        replace(one, blocks=tuple(table if mine(b) else b for b in one.blocks))
        for one in reports
    ]


def _words(row: Sequence[Cell]) -> str:
    return " ".join(map(formatting.cell, row)).casefold()


def _rank(cell: Cell) -> tuple[int, float, str] | None:
    """Return a sort key for a cell; None for a missing value."""
    match latest(cell):
        case bool() as value:
            return 0, float(value), ""
        case int() | float() as value:
            return (0, value, "") if value == value else None  # noqa: PLR0124 -- NaN
        case datetime() as value:
            return 0, value.timestamp(), ""
        case timedelta() as value:
            return 0, value.total_seconds(), ""
        case str() as value:
            return 1, 0.0, value.casefold()
        case _:
            return None


def _page(url: str | None) -> str:
    """Open a page in a graphical browser; without one, show its URL."""
    if not url:
        return "this run has no page"
    windows = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform == "darwin" or any(map(os.environ.get, windows)):
        webbrowser.open(url)
    return url
