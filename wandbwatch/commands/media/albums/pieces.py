"""Media as files of a report: the name and the caption of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from wandbwatch.formatting import filenames
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.media import Attachment, Medium, Piece, RunFile
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
