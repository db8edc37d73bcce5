from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def experiments(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]", help="Show one experiment (7) or batch (B3)."),
    ] = None,
    *,
    topk: Annotated[
        int, typer.Option(min=0, metavar="N", help="List the newest N; 0 shows all.")
    ] = 20,
) -> Iterator[Report]:
    """List the experiments on this machine: waiting, running and ended."""
    env: Env = ctx.obj
    if not words:
        return _listing(env, topk)
    match words[1:] if words[0] == "show" else words:
        case [number] if number.isdecimal():
            return _one(env, int(number))
        case [name] if name[:1] in ("B", "b") and name[1:].isdecimal():
            return _batch(env, name)
        case _:
            why = "name one experiment (`experiments 7`) or batch (`experiments B3`)"
            raise typer.BadParameter(why)


def _listing(env: Env, topk: int) -> Iterator[Report]:
    from wandbwatch.experiments import reports

    yield reports.listing(env.experiments().listed(topk))


def _one(env: Env, number: int) -> Iterator[Report]:
    yield env.experiments().report(number)


def _batch(env: Env, name: str) -> Iterator[Report]:
    (first, *_) = env.experiments().select([name])
    yield env.experiments().batch_report(first.batch)


plugin = experiments
