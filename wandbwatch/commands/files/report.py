"""What ``files`` reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from wandbwatch.commands.files import EVERY
from wandbwatch.formatting import filenames, size
from wandbwatch.formatting.run_blocks import run_subject, run_title
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.cell import MISSING, Bytes
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.media import Attachment, Piece, RunFile
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.model.run import Run


def report(
    run: Run, files: Sequence[RunFile], glob: str = EVERY, out: Path | None = None
) -> Report:
    """List the *files* that match *glob*; with *out*, they are saved there."""
    found = [file for file in files if _fits(file.path, glob)]
    about = Report(
        "files",
        run_title(run),
        url=run.url,
        out=out,
        subject=run_subject(run),
    )
    if not found and files and glob != EVERY:
        known = {file.path for file in files}
        known |= {path.rpartition("/")[2] for path in known}
        hint = did_you_mean(glob, known) or "; `wandbwatch files RUN` lists them"
        raise NotFoundError(f"none of its {len(files)} files match {glob!r}{hint}")
    if not found:
        note = Note("the run has no files")
        return replace(about, blocks=(note,))
    total = size(sum(file.size or 0 for file in found))
    count = f"{len(found)} file{'s' if len(found) > 1 else ''}, {total}"
    if out is not None:
        pieces = tuple(_piece(file) for file in found)
        fetched = Attachment(glob, "files", pieces, count, named=True)
        return replace(about, blocks=(fetched,))
    return replace(about, blocks=(_table(found), Note(count)))


def _fits(path: str, glob: str) -> bool:
    """Whether a path fits, or its last name where the glob has no slash."""
    name = path.rpartition("/")[2]
    return fnmatchcase(path, glob) or ("/" not in glob and fnmatchcase(name, glob))


def _table(found: Sequence[RunFile]) -> Table:
    rows = tuple(
        (
            file.path,
            MISSING if file.size is None else Bytes(file.size),
            file.updated or MISSING,
        )
        for file in found
    )
    return Table("files", ("path", "size", "updated"), rows, spare=("updated",))


def _piece(file: RunFile) -> Piece:
    name, mime = filenames.safe(file.path), filenames.mime(file.path)
    return Piece(name, file.path, file.content, file.size, mime)
