from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.options import HERE, NO_KEYS, Keys, RunAddress, directory

if TYPE_CHECKING:
    from wandbwatch.model.media import When
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


_ROWS = 10


def step_of(text: str) -> When:
    """Read of which steps: ``last``, ``all`` or a number."""
    from wandbwatch.model.media import Steps

    word = text.strip().lower()
    if word.isascii() and word.isdigit():
        return int(word)
    try:
        return Steps(word)
    except ValueError as e:
        why = f"{text!r} is not a step; use last, all or a number"
        raise typer.BadParameter(why) from e


At: TypeAlias = Annotated[
    "When | None",
    typer.Option(
        parser=step_of,
        metavar="STEP",
        help="last (the default), all, or a step's number.",
    ),
]


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
    step: At = None,
    rows: Annotated[
        int,
        typer.Option(
            "--topk",
            "--rows",
            min=0,
            metavar="N",
            help="How many rows of a table; 0 shows all.",
        ),
    ] = _ROWS,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=directory, metavar="DIR", help="Save all files here, tables as CSV."
        ),
    ] = None,
) -> Iterator[Report]:
    """Show the images, videos, tables and charts that a run logged."""
    from wandbwatch.analysis.dead_keys import demand
    from wandbwatch.commands.media.report import Page, chart_names, report, unknown
    from wandbwatch.model.media import Steps

    env: Env = ctx.obj
    source = env.source(address)
    run = source.run()
    wanted = tuple(name for key in keys for name in chart_names(key))
    album = source.media(run.id, wanted, Steps.LAST if step is None else step)
    absent = unknown(album, keys)
    demand(env, keys, absent)
    paths = tuple(dict.fromkeys(path for m in album.media for path in m.paths))
    files = source.files(run.id, paths) if paths else ()
    yield report(run, album, files, keys, Page(rows, out))


plugin = media
