from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.model.ports import Env

if TYPE_CHECKING:
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
    yield env.experiments().listing(topk)


def _one(env: Env, number: int) -> Iterator[Report]:
    yield env.experiments().report(number)


def _batch(env: Env, name: str) -> Iterator[Report]:
    (first, *_) = env.experiments().select([name])
    yield env.experiments().batch_report(first.batch)


plugin = experiments


def stop(
    ctx: typer.Context,
    experiments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID…", help="Ids in `wandbwatch experiments`, or a batch: 7, B3."
        ),
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Stop everything that has not ended.")
    ] = False,
) -> int:
    """Stop experiments and their processes: SIGTERM, then SIGKILL."""
    env: Env = ctx.obj
    if bool(experiments) == every:
        raise typer.BadParameter("name experiments (7, B3), or write --all")
    stopped = env.experiments().stop(experiments or [])
    for one in stopped:
        typer.echo(f"stopping experiment {one.id} ({one.plan.name})")
    if not stopped:
        typer.echo("no experiment is running")
    return 0


def retry(
    ctx: typer.Context,
    experiments: Annotated[
        list[str],
        typer.Argument(
            metavar="ID…", help="Ids in `wandbwatch experiments`, or a batch: 7, B3."
        ),
    ],
    *,
    failed: Annotated[
        bool,
        typer.Option(
            "--failed", help="Only those that failed, timed out, were lost or held."
        ),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="CHANNEL", help="Report start and end in a channel."
        ),
    ] = None,
    detach: Annotated[
        bool,
        typer.Option("--detach/--follow", help="Return at once; default: --detach."),
    ] = True,
) -> int:
    """Start ended experiments again, with the same parameters."""
    env: Env = ctx.obj
    ours = env.experiments()
    chosen = ours.select(experiments)
    started = ours.retry(experiments, failed=failed, channel=to, detached=detach)
    if len(started) == 1 and len(chosen) == 1:
        one = started[0]
        typer.echo(
            f"experiment {one.id} ({one.plan.name}) retries experiment {chosen[0].id}"
        )
    else:
        typer.echo(f"batch B{started[0].batch} retries {len(started)} experiments")
    if detach:
        return 0
    from wandbwatch.experiments.reports import exit_code

    return exit_code(ours.follow(started[0].batch))
