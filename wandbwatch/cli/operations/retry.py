from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


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


plugin = retry
