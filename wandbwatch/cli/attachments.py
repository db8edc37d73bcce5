"""Save a report's attachments in a directory, and report their paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wandbwatch.formatting import filenames
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.report import Report


def save(report: Report, directory: Path) -> Report:
    """Save the files of *report* in *directory*; a file that can't be fetched says why.

    Files that are only listed are saved if the report itself needs a directory. Raises
    WandbwatchError when the directory can't be made or written to.
    """
    names = filenames.Names()
    blocks = (
        _kept(block, directory, names)
        if isinstance(block, Attachment) and (report.out or not block.named)
        else block
        for block in report.blocks
    )
    return replace(report, blocks=tuple(blocks))


def _kept(attachment: Attachment, place: Path, names: filenames.Names) -> Attachment:
    pieces = tuple(_piece(piece, place, names) for piece in attachment.pieces)
    return replace(attachment, pieces=pieces)


def _piece(piece: Piece, place: Path, names: filenames.Names) -> Piece:
    name = names.take(filenames.safe(piece.name))
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for part in piece.content():
            size += len(part)
            yield part

    try:
        path = filenames.write(place, name, counted())
    except SourceError as e:
        return replace(piece, trouble=str(e))
    return replace(piece, file=str(path), size=size)
