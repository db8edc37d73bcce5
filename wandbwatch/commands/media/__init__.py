from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.analysis import keys as known_keys
from wandbwatch.commands.media import albums
from wandbwatch.commands.media.albums import WHOLE, Page
from wandbwatch.formatting import titles
from wandbwatch.formatting.text import did_you_mean, yet
from wandbwatch.model.media import Album, RunFile, Steps, When
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Block, Note, Report
from wandbwatch.model.run import Run
from wandbwatch.options import HERE, NO_KEYS, Keys, RunAddress, directory

_ROWS = 10


@dataclass(frozen=True)
class Step:
    """Of which steps, as ``last``, ``all`` or a number: a type that Typer can name."""

    when: When

    @classmethod
    def read(cls, text: str) -> Step:
        word = text.strip().lower()
        if word.isascii() and word.isdigit():
            return cls(int(word))
        try:
            return cls(Steps(word))
        except ValueError as e:
            why = f"{text!r} is not a step; use last, all or a number"
            raise typer.BadParameter(why) from e


_LAST = Step(Steps.LAST)


def media(
    ctx: typer.Context,
    address: RunAddress = HERE,
    *,
    keys: Annotated[
        Keys,
        typer.Option(
            parser=Keys.read,
            metavar="KEYS",
            show_default=False,
            help="Only these: a key, a group (eval) or a glob (*/replay).",
        ),
    ] = NO_KEYS,
    step: Annotated[
        Step,
        typer.Option(
            parser=Step.read,
            metavar="STEP",
            show_default=False,
            help="last (the default), all, or a step's number.",
        ),
    ] = _LAST,
    rows: Annotated[
        int, typer.Option(min=0, metavar="N", help="Table rows to show; 0 shows all.")
    ] = _ROWS,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=directory, metavar="DIR", help="Save all files here, tables as CSV."
        ),
    ] = None,
) -> Iterator[Report]:
    """Show the images, videos, tables and charts that a run logged."""
    env: Env = ctx.obj
    source = env.source(address)
    run = source.run()
    album = source.media(run.id, keys, step.when)
    paths = tuple(dict.fromkeys(path for m in album.media for path in m.paths))
    files = source.files(run.id, paths) if paths else ()
    yield report(run, album, files, keys, Page(rows, out))


def report(
    run: Run,
    album: Album,
    files: Sequence[RunFile],
    keys: Sequence[str] = (),
    page: Page = WHOLE,
) -> Report:
    """Tell of the media in *album*, whose *files* were looked at."""
    blocks = (*albums.blocks(album, files, run, page), *_notes(run, album, keys))
    return Report("media", titles.of_run(run), blocks, url=run.url, out=page.out)


def _notes(run: Run, album: Album, keys: Sequence[str]) -> Iterator[Block]:
    known = {medium.key for medium in album.media}
    for wanted in keys:
        if not known_keys.selected(wanted, known):
            yield Note(f"no media of {wanted!r}{_meant(wanted, album.keys)}")
    if not album.media and not keys:
        at = " at this step" if album.keys else yet(run)
        yield Note(f"the run has logged no media{at}")
    if album.sampled:
        yield Note("W&B returned a sample of the steps; --step N shows any")


def _meant(wanted: str, known: Sequence[str]) -> str:
    return " at this step" if wanted in known else did_you_mean(wanted, known)


plugin = media
