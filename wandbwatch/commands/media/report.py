"""What ``media`` reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wandbwatch.analysis import keys as known_keys
from wandbwatch.commands.media import albums
from wandbwatch.commands.media.albums import WHOLE, Page
from wandbwatch.formatting.run_blocks import run_subject, run_title
from wandbwatch.formatting.text import did_you_mean, yet
from wandbwatch.model.media import Album, RunFile
from wandbwatch.model.report import Block, Note, Report
from wandbwatch.model.run import Run


def report(
    run: Run,
    album: Album,
    files: Sequence[RunFile],
    keys: Sequence[str] = (),
    page: Page = WHOLE,
) -> Report:
    """Tell of the media in *album*, whose *files* were looked at."""
    blocks = (*albums.blocks(album, files, run, page), *_notes(run, album, keys))
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
