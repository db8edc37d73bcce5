"""What ``experiment`` reports."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import typer

from wandbwatch.experiments import reports
from wandbwatch.experiments.plan import PlanSet, RandomSource, Request, make_plans
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import SourceError, UsageError
from wandbwatch.model.experiment import Plan
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Report

MOST_REPORTS = 20
"""Trials with a report of their own; a larger batch has its table only."""
MAX_FILE_BYTES = 1 << 20
"""Of a file of hyperparameters; a script's argument is shorter by far."""


def started(
    env: Env, request: Request, *, dry_run: bool, detach: bool
) -> Iterator[Report]:
    """Check everything at once, and return the reports, which start the trainings."""
    random = RandomSource(
        lambda: int(env.now().timestamp()), lambda: secrets.token_hex(4)
    )
    plans = make_plans(request, env.experiment_configs, read_text, random)
    if request.run_id and not dry_run:
        check_free(plans.plans[0], env)
    if dry_run or env.rehearsing:
        return iter([reports.dry_run(plans)])
    return _start(env, plans) if env.memory else _follow(env, plans, detach=detach)


def _start(env: Env, plans: PlanSet) -> Iterator[Report]:
    """Start a subscription's trainings; their supervisor reports on them."""
    round_ = env.memory.round if env.memory else None
    env.experiments().start(plans.plans, plans.jobs, detached=True, round_=round_)
    yield from ()


def _follow(env: Env, plans: PlanSet, *, detach: bool) -> Iterator[Report]:
    experiments = env.experiments()
    batch = experiments.start(plans.plans, plans.jobs, detached=detach)
    if len(batch) > 1:
        yield experiments.batch_report(batch[0].batch)
    else:
        yield experiments.report(batch[0].id)
    if detach:
        return
    ended = experiments.follow(batch[0].batch)
    if len(ended) <= MOST_REPORTS:
        yield from (experiments.report(one.id) for one in ended)
    if len(ended) > 1:
        yield experiments.batch_report(ended[0].batch)
    if code := reports.exit_code(ended):
        raise typer.Exit(code)


def check_free(plan: Plan, env: Env) -> None:
    """Raise UsageError if a run with the plan's id exists.

    Without a project, or without an answer from W&B, the id counts as free.
    """
    for one in env.experiments().listed(0):
        known = (one.plan.entity, one.plan.project, one.plan.run_id)
        if known == (plan.entity, plan.project, plan.run_id):
            raise UsageError(
                f"--id {plan.run_id}: experiment {one.id} uses this id; choose another"
                " one, or resume that run from the script itself"
            )
    if not plan.project:
        return
    try:
        run = env.source(Cloud(plan.entity or None, plan.project, plan.run_id)).run()
    except SourceError:
        return
    raise UsageError(f"--id {plan.run_id}: {run.url or run.name} uses this id")


def read_text(place: str) -> str:
    """Return the text of the file at *place*; UsageError if it cannot be read."""
    try:
        with Path(place).expanduser().open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UsageError(f"{place}: not UTF-8 text: {e.reason}") from e
    except (OSError, ValueError, RuntimeError) as e:
        reason = getattr(e, "strerror", None) or e
        raise UsageError(f"{place}: cannot be read: {reason}") from e
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{place}: larger than {MAX_FILE_BYTES:,} bytes")
    return text
