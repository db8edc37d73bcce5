"""Each kind of media as what shows it best."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

from wandbwatch.commands.media.albums import panels, pieces, plotly, sheets
from wandbwatch.commands.media.albums.panels import Panel
from wandbwatch.commands.media.albums.sheets import LoggedTable
from wandbwatch.formatting.filenames import plain
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import Album, Attachment, Medium, Piece, RunFile
from wandbwatch.model.report import Block, Note, Table, Text
from wandbwatch.model.run import Run

_HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Page:
    """How much is shown."""

    rows: int = 10
    """Of a table; 0 is all."""
    out: Path | None = None
    """Where all files are saved, if anywhere."""


WHOLE = Page()


def blocks(
    album: Album, files: Sequence[RunFile], run: Run, page: Page
) -> Iterator[Block]:
    """Yield the media of *album* key by key; *files* are those that they are in."""
    found = {file.path: file for file in files}
    charts = {panel.table: panel for panel in panels.panels(album.charts)}
    showing = _Showing(found, charts, run, page)
    histograms: list[str] = []
    for (key, kind), group in groupby(album.media, key=lambda m: (m.key, m.kind)):
        media = list(group)
        if kind == _HISTOGRAM:
            histograms.append(key)
        elif not any(medium.paths for medium in media):
            yield Note(f"{key} is a {kind}, which is not shown")
        else:
            yield from showing.of(kind, media)
    if histograms:
        keys = ", ".join(dict.fromkeys(histograms))
        yield Note(f"histograms: {keys}; `wandbwatch image` draws them")


@dataclass(frozen=True)
class _Showing:
    files: Mapping[str, RunFile]
    charts: Mapping[str, Panel]
    run: Run
    page: Page

    def of(self, kind: str, media: Sequence[Medium]) -> Iterator[Block]:
        """Show the media of one key and kind, which have files."""
        show = {
            "table-file": self._table,
            "plotly-file": self._plotly,
            "html-file": self._html,
        }.get(kind)
        if show is None:
            yield self._attached(media)
            return
        for medium in media:
            try:
                yield from show(medium)
            except (SourceError, ValueError) as e:
                yield self._attached([medium])
                yield Note(f"{medium.key}: {e}")

    def _attached(self, media: Sequence[Medium]) -> Attachment:
        return pieces.attachment(
            media, self.files, self.run, every=self.page.out is not None
        )

    def _file(self, medium: Medium) -> RunFile | None:
        return self.files.get(medium.paths[0])

    def _html(self, medium: Medium) -> Iterator[Block]:
        yield self._attached([medium])
        file = self._file(medium)
        if file is not None and (file.size or 0) <= sheets.MOST:
            text = preview(b"".join(file.content()).decode("utf-8", "replace"))
            if text:
                yield Text(_titled(medium), text)

    def _plotly(self, medium: Medium) -> Iterator[Block]:
        figure = sheets.read(self._file(medium))
        drawn = list(plotly.blocks(_titled(medium), figure, self.run.id))
        yield from drawn
        if not drawn or self.page.out:
            yield self._attached([medium])

    def _table(self, medium: Medium) -> Iterator[Block]:
        sheet = sheets.sheet(sheets.read(self._file(medium)))
        panel = self.charts.get(medium.key)
        drawn = panels.drawn(panel, sheet, self.run.id) if panel else None
        if drawn is not None:
            yield drawn
        else:
            yield from self._rows(medium, sheet, panel)
        if self.page.out:
            yield self._kept(medium, sheet)

    def _rows(
        self, medium: Medium, sheet: LoggedTable, panel: Panel | None
    ) -> Iterator[Block]:
        shown = sheet.rows[: self.page.rows or None]
        rows = tuple(map(sheets.cells, shown))
        yield Table(_titled(medium), sheet.columns, rows)
        if len(shown) < len(sheet.rows):
            count = f"{medium.key}: the first {len(shown)} of {len(sheet.rows)} rows"
            yield Note(f"{count}; --topk 0 shows all, --out DIR keeps CSV")
        if panel:
            kind = panel.kind or "a chart"
            yield Note(f"{panel.key} is {kind}, which is shown as its table")

    def _kept(self, medium: Medium, sheet: LoggedTable) -> Attachment:
        """Let the whole table be kept as CSV."""
        step = "" if medium.step is None else f"_{medium.step}"
        name = plain(f"{medium.key}{step}", ".csv")
        piece = Piece(name, name, lambda: sheets.as_csv(sheet), mime="text/csv")
        return Attachment(medium.key, "table as CSV", (piece,), named=True)


def _titled(medium: Medium) -> str:
    return medium.key if medium.step is None else f"{medium.key} · step {medium.step}"


_LINES = 12
_LONGEST = 1000
_HIDDEN = {"script", "style", "template", "noscript", "svg"}
_BREAKING = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "title"}


def preview(html: str) -> str:
    """Return the first lines of what a reader of the page would see."""
    reader = _Reader()
    reader.feed(html)
    text = re.sub(r"[ \t\r\f\v]+", " ", "".join(reader.found))
    lines = [line.strip() for line in text.split("\n")]
    shown = [line for line in lines if line]
    cut = "\n".join(shown[:_LINES])[:_LONGEST].rstrip()
    return f"{cut}…" if len(cut) < len("\n".join(shown)) else cut


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self._hidden += tag in _HIDDEN
        if tag in _BREAKING:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        if tag in _BREAKING:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)
