from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env

_LONGEST = 60


def learn(ctx: typer.Context, address: Annotated[str, typer.Argument()]) -> int:
    """(Internal.) Keep the names at an address for completion."""
    from wandbwatch.cli.grammar import known_names

    env: Env = ctx.obj
    signal.alarm(_LONGEST)
    try:
        known_names.learn(address, env)
    finally:
        signal.alarm(0)
    return 0


plugin = learn
