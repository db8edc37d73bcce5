from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.hyperparameters import Search, given, sets
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Report
from wandbwatch.model.schema import Schema


def experiment(
    ctx: typer.Context,
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[JSON]", help="What the script gets: a JSON object."),
    ] = None,
    *,
    script: Annotated[str, typer.Option(metavar="PATH", help="What is started.")] = "",
    jobs: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many at once; the rest wait.")
    ] = 1,
    detach: Annotated[
        bool, typer.Option("--detach", help="Outlive this terminal.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="CHANNEL", help="Tell its start and end there."),
    ] = None,
) -> Iterator[Report]:
    """Start a training, follow it, and say how it ended."""
    env: Env = ctx.obj
    if not script:
        raise typer.BadParameter("--script PATH says what is started")
    made = sets(given(parameters or ["{}"], _no_file), Search(), Schema(), int)
    plans = [
        Plan(Path(script).stem, script, text, workdir="", channel=to)
        for text in made.texts
    ]
    return _reports(env, plans, jobs, detach=detach or env.memory is not None)


def _no_file(name: str) -> str:
    raise UsageError(f"{name}: files of parameters are not read here")


def _reports(
    env: Env, plans: Sequence[Plan], jobs: int, *, detach: bool
) -> Iterator[Report]:
    experiments = env.experiments()
    batch = experiments.start(plans, jobs, detached=detach)
    yield from (experiments.report(one.id) for one in batch)
    if detach:
        return
    ended = experiments.follow(batch[0].batch)
    for one in ended:
        yield experiments.report(one.id)
    code = code_of(ended)
    if code:
        raise typer.Exit(code)


def code_of(ended: Sequence[Experiment]) -> int:
    """Return what the shell is told: the code of the first that did not go well."""
    for one in ended:
        if one.phase is Phase.TIMED_OUT:
            return 124
        if one.code:
            return one.code if one.code > 0 else 128 - one.code
        if one.phase is not Phase.FINISHED:
            return 1
    return 0


plugin = experiment
