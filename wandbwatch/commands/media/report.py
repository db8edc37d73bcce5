"""What ``media`` reports: each kind of media as what shows it best."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from wandbwatch.analysis import keys as known_keys
from wandbwatch.commands.media import panels, sheets
from wandbwatch.commands.media.panels import Panel
from wandbwatch.commands.media.sheets import LoggedTable
from wandbwatch.formatting import filenames
from wandbwatch.formatting.filenames import plain
from wandbwatch.formatting.run_blocks import run_subject, run_title
from wandbwatch.formatting.text import did_you_mean, yet
from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.media import Album, Attachment, Medium, Piece, RunFile
from wandbwatch.model.report import Block, Note, Report, Table, Text
from wandbwatch.model.run import Json, Run

NOUNS = {
    "image-file": "image",
    "images/separated": "images",
    "video-file": "video",
    "videos": "videos",
    "audio-file": "audio",
    "audio": "audio",
    "html-file": "HTML page",
    "html": "HTML pages",
    "object3D-file": "3D object",
    "object3D": "3D objects",
    "molecule-file": "molecule",
    "molecule": "molecules",
    "bokeh-file": "bokeh chart",
    "plotly-file": "plotly figure",
    "table-file": "table",
    "graph-file": "graph",
}
_SHOWN = ("image/", "video/", "audio/")
_MOST = 64
"""Files of one key that an answer has, unless a directory is asked for."""


def attachment(
    media: Sequence[Medium], files: Mapping[str, RunFile], run: Run, *, every: bool
) -> Attachment:
    """Put the files of one key's *media* together, the newest first; *every* leaves
    none out."""
    first = media[0]
    several = len({medium.step for medium in media}) > 1
    newest = reversed(media)
    pieces = [p for m in newest for p in _pieces(m, files, run, named=several)]
    shown = pieces if every else pieces[:_MOST]
    about = [f"{name} {text}" for name, text in _masks(media).items()]
    if first.step is not None and not several:
        about.insert(0, f"step {first.step}")
    if len(pieces) > len(shown):
        about.append(f"the newest {len(shown)} of {len(pieces)}; --out DIR keeps all")
    named = not any(piece.mime.startswith(_SHOWN) for piece in shown)
    noun = NOUNS.get(first.kind, first.kind)
    return Attachment(first.key, noun, tuple(shown), " · ".join(about), named)


def _pieces(
    medium: Medium, files: Mapping[str, RunFile], run: Run, *, named: bool
) -> Iterator[Piece]:
    paths = medium.paths
    for place, path in enumerate(paths):
        step = "" if medium.step is None else f"_{medium.step}"
        number = f"_{place + 1}" if len(paths) > 1 else ""
        name = filenames.plain(f"{medium.key}{step}{number}", filenames.suffix(path))
        caption = _caption(medium.value, place)
        if named:
            parts = (f"step {medium.step}", caption)
            caption = " · ".join(part for part in parts if part)
        found = piece(name, files.get(path) or _missing(path), run)
        yield replace(found, caption=caption)


def piece(name: str, file: RunFile, run: Run) -> Piece:
    return Piece(
        name,
        file.path,
        file.content,
        file.size,
        filenames.mime(file.path),
        url=page(run, file.path),
    )


def page(run: Run, path: str) -> str | None:
    """Return the page that shows a file of *run*."""
    return f"{run.url}/files/{quote(path)}" if run.url else None


def _missing(path: str) -> RunFile:
    def gone() -> Iterator[bytes]:
        raise NotFoundError("the file is missing or not uploaded yet")

    return RunFile(path, None, gone)


def _caption(value: Mapping[str, Json], place: int) -> str:
    several = value.get("captions")
    given = value.get("caption")
    if isinstance(several, list):
        given = several[place] if place < len(several) else ""
    return given if isinstance(given, str) else ""


def _masks(media: Sequence[Medium]) -> dict[str, str]:
    """Name the masks and the boxes that images have; they are not drawn."""
    found: dict[str, str] = {}
    for what, several in (("masks", "all_masks"), ("boxes", "all_boxes")):
        layers = [m.value.get(what) for m in media]
        for more in (m.value.get(several) for m in media):
            layers += more if isinstance(more, list) else []
        tables = [layer for layer in layers if isinstance(layer, Mapping)]
        if names := dict.fromkeys(name for table in tables for name in table):
            found[what] = ", ".join(names)
    return found


_HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Page:
    """How much is shown."""

    rows: int = 10
    """Of a table; 0 is all."""
    out: Path | None = None
    """Where all files are saved, if anywhere."""


WHOLE = Page()


def album_blocks(
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
        return attachment(media, self.files, self.run, every=self.page.out is not None)

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
        drawn = list(panels.figure_blocks(_titled(medium), figure, self.run.id))
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


def report(
    run: Run,
    album: Album,
    files: Sequence[RunFile],
    keys: Sequence[str] = (),
    page: Page = WHOLE,
) -> Report:
    """Tell of the media in *album*, whose *files* were looked at."""
    blocks = (*album_blocks(album, files, run, page), *_notes(run, album, keys))
    return Report(
        "media",
        run_title(run),
        blocks,
        url=run.url,
        out=page.out,
        subject=run_subject(run),
    )


def chart_names(key: str) -> tuple[str, str]:
    """Return *key*, and the key of its table should it be a chart's."""
    return key, f"{key}_table"


def unknown(album: Album, keys: Sequence[str]) -> dict[str, str]:
    """Return those of *keys* without media, each with what to say of it."""
    known = {medium.key for medium in album.media}
    return {
        wanted: f"no media of {wanted!r}{_meant(wanted, album.keys)}"
        for wanted in keys
        if not any(known_keys.selected(name, known) for name in chart_names(wanted))
    }


def _notes(run: Run, album: Album, keys: Sequence[str]) -> Iterator[Block]:
    yield from map(Note, unknown(album, keys).values())
    if not album.media and not keys:
        at = " at this step" if album.keys else yet(run)
        yield Note(f"the run has logged no media{at}")
    if album.sampled:
        yield Note("W&B returned a sample of the steps; --step N shows any")


def _meant(wanted: str, known: Sequence[str]) -> str:
    return " at this step" if wanted in known else did_you_mean(wanted, known)
