from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import HERE, NO_KEYS, AnyAddress, Keys

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def artifacts(
    ctx: typer.Context,
    address: AnyAddress = HERE,
    *,
    types: Annotated[
        Keys,
        typer.Option(
            parser=Keys.read,
            metavar="TYPES",
            show_default=False,
            help="Artifact types: model, a glob; default: all but the SDK's own.",
        ),
    ] = NO_KEYS,
) -> Iterator[Report]:
    """List the artifacts of a project, or those that a run logged or used."""
    from wandbwatch.commands.artifacts.report import report

    env: Env = ctx.obj
    yield report(address, env.source(address).artifacts(""), types)


plugin = artifacts
