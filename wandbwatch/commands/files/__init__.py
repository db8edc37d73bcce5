from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import HERE, RunAddress, directory

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


EVERY = "*"


def files(
    ctx: typer.Context,
    address: RunAddress = HERE,
    glob: Annotated[
        str,
        typer.Argument(metavar="[GLOB]", help="File names or globs: 'ckpt/*'."),
    ] = EVERY,
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
    from wandbwatch.commands.files.report import report

    env: Env = ctx.obj
    source = env.source(address)
    run = source.run()
    yield report(run, source.files(run.id, None), glob, out)


plugin = files
