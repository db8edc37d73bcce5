from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from wandbwatch.experiments import dry_run as rehearsal
from wandbwatch.experiments.plan import PlanSet, Random, Request, planned
from wandbwatch.hyperparameters import Search
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import ExitCode, SourceError, UsageError
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.memory import LineRound
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Report
from wandbwatch.options import AimOption, Span


def check_free(plan: Plan, env: Env) -> None:
    """Raise UsageError where a run with the plan's id is there already.

    Where W&B does not answer, or the project is the script's own business, nobody
    can tell.
    """
    for one in env.experiments().listed(0):
        there = (one.plan.entity, one.plan.project, one.plan.run_id)
        if there == (plan.entity, plan.project, plan.run_id):
            raise UsageError(
                f"--id {plan.run_id}: taken by experiment {one.id}; use another id, or"
                " let the script resume the run"
            )
    if not plan.project:
        return
    try:
        run = env.source(Cloud(plan.entity or None, plan.project, plan.run_id)).run()
    except SourceError:
        return
    raise UsageError(f"--id {plan.run_id}: taken by {run.url or run.name}")


Words: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME] [PARAMETERS]",
        help="An experiment of watch.toml, then hyperparameters: a JSON object,"
        " KEY=VALUE, @FILE.json, @FILE.toml.",
    ),
]
Script: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The script to start, without a NAME."),
]
Launcher: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="COMMAND",
        help="The command that starts the script: 'srun --gres=gpu:1'.",
    ),
]
Grid: TypeAlias = Annotated[
    bool, typer.Option("--grid", help="Start all combinations of the values in lists.")
]
Draws: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Start N draws: lr=log_uniform(1e-5,1e-2), x=uniform(0,1), x=choice(1,2).",
    ),
]
Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="S", help="Seed of --random; the same seed gives the same draws."
    ),
]
Jobs: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="How many run at once; the rest wait."),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="List what would start; start nothing.")
]
Detach: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--detach", help="Return at once and keep running without this terminal."
    ),
]
To: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="CHANNEL", help="Report start and end to this channel."
    ),
]
Timeout: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        parser=Span.read, metavar="SPAN", help="Stop a training after this long."
    ),
]
Retries: TypeAlias = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Restart a failed training up to N times."),
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
    random: Draws = None,
    seed: Seed = None,
    jobs: Jobs = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    to: To = None,
    timeout: Timeout = None,
    retries: Retries = None,
    best: AimOption = None,
    project: Project = None,
    entity: Entity = None,
    group: Group = None,
    run_id: RunId = None,
) -> Iterator[Report]:
    """Start a training, follow it, and report how it ended.

    The script gets its hyperparameters as one JSON object, its only argument. The exit
    code is the script's own.
    """
    env: Env = ctx.obj
    asked = Request(
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
    )
    chance = Random(lambda: int(env.now().timestamp()), lambda: secrets.token_hex(4))
    found = planned(asked, env.experiment_configs, read_text, chance)
    if dry_run:
        return iter([rehearsal.report(found)])
    if run_id:
        check_free(found.plans[0], env)
    if env.rehearsing:
        return iter([rehearsal.report(found)])
    if env.memory:
        return _of_list(env, found, env.memory.round)
    return _reports(env, found, detach=detach)


def _of_list(env: Env, found: PlanSet, round_: LineRound | None) -> Iterator[Report]:
    """Take it on and say nothing: its start and its end are told by themselves."""
    env.experiments().start(found.plans, found.jobs, detached=True, round_=round_)
    yield from ()


def _reports(env: Env, found: PlanSet, *, detach: bool) -> Iterator[Report]:
    experiments = env.experiments()
    batch = experiments.start(found.plans, found.jobs, detached=detach)
    yield from (experiments.report(one.id) for one in batch)
    if detach:
        return
    ended = experiments.follow(batch[0].batch)
    for one in ended:
        yield experiments.report(one.id)
    if code := code_of(ended):
        raise typer.Exit(code)


def code_of(ended: Sequence[Experiment]) -> int:
    """Return what the shell is told: the code of the first that did not go well."""
    for one in ended:
        if one.phase is Phase.TIMED_OUT:
            return ExitCode.TIME_OUT
        if one.code:
            return one.code if one.code > 0 else 128 - one.code
        if one.phase is not Phase.FINISHED:
            return ExitCode.OURS
    return ExitCode.FINE


plugin = experiment


LARGEST = 1 << 20
"""Bytes; no program takes an eighth of it as an argument."""


def read_text(place: str) -> str:
    """Return what stands in the file at *place*; UsageError where nothing can."""
    try:
        with Path(place).expanduser().open("rb") as file:
            content = file.read(LARGEST + 1)
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UsageError(f"{place}: not UTF-8 text: {e.reason}") from e
    except (OSError, ValueError, RuntimeError) as e:
        why = getattr(e, "strerror", None) or e
        raise UsageError(f"{place}: cannot be read: {why}") from e
    if len(content) > LARGEST:
        raise UsageError(f"{place}: larger than {LARGEST:,} bytes")
    return decoded
