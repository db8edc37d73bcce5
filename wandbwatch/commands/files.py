from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.formatting import filenames, size, titles
from wandbwatch.model.media import Attachment, Piece, RunFile
from wandbwatch.model.ports import Env
from wandbwatch.model.report import MISSING, Bytes, Note, Report, Table
from wandbwatch.model.run import Run
from wandbwatch.options import HERE, RunAddress, directory

_EVERY = "*"


def files(
    ctx: typer.Context,
    address: RunAddress = HERE,
    glob: Annotated[
        str,
        typer.Argument(metavar="[GLOB]", help="File names or globs: 'ckpt/*'."),
    ] = _EVERY,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=directory,
            metavar="DIR",
            help="Download the files into this directory.",
        ),
    ] = None,
) -> Iterator[Report]:
    """List the files of a run, or download them with --out DIR."""
    env: Env = ctx.obj
    source = env.source(address)
    run = source.run()
    yield report(run, source.files(run.id, None), glob, out)


def report(
    run: Run, files: Sequence[RunFile], glob: str = _EVERY, out: Path | None = None
) -> Report:
    """List the *files* that match *glob*; with *out*, they are saved there."""
    found = [file for file in files if _fits(file.path, glob)]
    title = titles.of_run(run)
    if not found:
        note = Note(_nothing(files, glob))
        return Report("files", title, (note,), url=run.url, out=out)
    total = size(sum(file.size or 0 for file in found))
    count = f"{len(found)} file{'s' if len(found) > 1 else ''}, {total}"
    if out is not None:
        pieces = tuple(_piece(file) for file in found)
        fetched = Attachment(glob, "files", pieces, count, named=True)
        return Report("files", title, (fetched,), url=run.url, out=out)
    return Report("files", title, (_table(found), Note(count)), url=run.url)


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
    return Table("files", ("path", "size", "updated"), rows)


def _piece(file: RunFile) -> Piece:
    name, mime = filenames.safe(file.path), filenames.mime(file.path)
    return Piece(name, file.path, file.content, file.size, mime)


def _nothing(files: Sequence[RunFile], glob: str) -> str:
    if glob == _EVERY or not files:
        return "the run has no files"
    return f"none of its {len(files)} files match {glob!r}"


plugin = files
