from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.options import AimOption, Span

if TYPE_CHECKING:
    from wandbwatch.model.report import Report


Words: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME] [PARAMETERS]",
        help="An experiment of watch.toml and its parameters: a JSON object, KEY=VALUE,"
        " @FILE.json, @FILE.toml or @FILE.yaml; a W&B sweep configuration, too.",
    ),
]


Script: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The script to run, without a NAME."),
]


Launcher: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="COMMAND",
        help="The command that starts the script: 'srun --gres=gpu:1'.",
    ),
]


Grid: TypeAlias = Annotated[
    bool, typer.Option("--grid", help="Start every combination of the lists' values.")
]


Samples: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Sample N sets: lr=log_uniform(1e-5,1e-2), x=uniform(0,1), x=choice(1,2).",
    ),
]


Seed: TypeAlias = Annotated[
    int | None, typer.Option(metavar="S", help="Make --random reproducible.")
]


Jobs: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Run at most N at once; the rest wait."),
]


Gpus: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="Give each local training GPUs of its own: 0-7 or 0,2.",
    ),
]


GpusPerRun: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="How many GPUs each training gets."),
]


DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="List the trainings without starting them.")
]


Detach: TypeAlias = Annotated[
    bool, typer.Option("--detach", help="Return at once; survive this terminal.")
]


To: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", metavar="CHANNEL", help="Report start and end in a channel."),
]


Timeout: TypeAlias = Annotated[
    Span | None,
    typer.Option(parser=Span.read, metavar="SPAN", help="Stop it after SPAN."),
]


Retries: TypeAlias = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Retry a failed training N times at most."),
]


RetryOn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--retry-on",
        metavar="CAUSES",
        help="Retry after these ends too: timeout, oom, lost.",
    ),
]
Project: TypeAlias = Annotated[
    str | None, typer.Option(metavar="PROJECT", help="The W&B project of its runs.")
]


Entity: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ENTITY", help="The W&B entity of its runs.")
]


Group: TypeAlias = Annotated[
    str | None, typer.Option(metavar="GROUP", help="The W&B group of its runs.")
]


RunId: TypeAlias = Annotated[
    str | None,
    typer.Option("--id", metavar="ID", help="The id of its run, if there is only one."),
]


def experiment(
    ctx: typer.Context,
    words: Words = None,
    *,
    script: Script = None,
    launcher: Launcher = None,
    grid: Grid = False,
    random: Samples = None,
    seed: Seed = None,
    jobs: Jobs = None,
    gpus: Gpus = None,
    gpus_per_run: GpusPerRun = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    to: To = None,
    timeout: Timeout = None,
    retries: Retries = None,
    retry_on: RetryOn = None,
    best: AimOption = None,
    project: Project = None,
    entity: Entity = None,
    group: Group = None,
    run_id: RunId = None,
) -> Iterator[Report]:
    """Start a training, show its output, and report how it ended.

    The script gets its hyperparameters as one JSON object, its only argument. The exit
    code is the script's.
    """
    from wandbwatch.commands.experiment.report import started
    from wandbwatch.experiments.plan import Request
    from wandbwatch.hyperparameters import Search

    request = Request(
        words or (),
        script,
        launcher,
        Search(grid, random, seed),
        jobs,
        to,
        timeout,
        retries,
        str(best) if best else None,
        entity,
        project,
        group,
        run_id,
        retry_on,
        gpus,
        gpus_per_run,
    )
    return started(ctx.obj, request, dry_run=dry_run, detach=detach)


plugin = experiment
