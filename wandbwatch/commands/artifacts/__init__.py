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
    from wandbwatch.analysis.dead_keys import demand
    from wandbwatch.commands.artifacts.report import absent, report

    env: Env = ctx.obj
    found = env.source(address).artifacts("")
    kinds = {one.kind for one in found.found}
    demand(env, types, absent(types, kinds) if kinds else {})
    yield report(address, found, types)


plugin = artifacts
