"""What a command line asks for, as the plans of trainings that are to be started."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import PurePath

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.hyperparameters import Search, given, sets
from wandbwatch.hyperparameters.objects import Object
from wandbwatch.hyperparameters.parse import Read, is_parameters
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Plan
from wandbwatch.model.experiment_config import ExperimentConfig

_ID = re.compile(r"[^/\\#?%:\s\x00-\x1f]{1,128}")


@dataclass(frozen=True)
class Request:
    """The words and options of ``wandbwatch experiment``; None was not said."""

    words: Sequence[str] = ()
    script: str | None = None
    launcher: str | None = None
    search: Search = field(default_factory=Search)
    jobs: int | None = None
    channel: str | None = None
    timeout: timedelta | None = None
    retries: int | None = None
    best: str | None = None
    entity: str | None = None
    project: str | None = None
    group: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class PlanSet:
    plans: tuple[Plan, ...]
    """In the order of their starts."""
    parameters: tuple[Object, ...]
    """Of each plan."""
    jobs: int
    seed: int | None = None
    """What was drawn with, where something was."""


@dataclass(frozen=True)
class Random:
    """What is drawn when nobody says: a seed, and the ids of runs."""

    seed: Callable[[], int]
    run_id: Callable[[], str]


def planned(
    asked: Request,
    experiment_configs: Callable[[], Mapping[str, ExperimentConfig]],
    read: Read,
    chance: Random,
) -> PlanSet:
    """Plan all that *asked* means; UsageError, one line, where something is wrong.

    An experiment of watch.toml says what the line does not.
    """
    recipe, words = _recipe(asked, experiment_configs)
    made = sets(given(words, read), asked.search, recipe.schema, chance.seed)
    if asked.run_id is not None and len(made.texts) > 1:
        raise UsageError(f"--id names one run, not those of {len(made.texts)} sets")
    if asked.run_id is not None and not _ID.fullmatch(asked.run_id):
        what = f"--id {asked.run_id[:80]!r}: W&B takes no / \\ # ? % : and no space"
        raise UsageError(what)
    plan = _plan(asked, recipe)
    ours = chance.run_id if recipe.one_run else str
    plans = tuple(
        replace(plan, argument=text, run_id=asked.run_id or ours())
        for text in made.texts
    )
    return PlanSet(plans, made.values, asked.jobs or recipe.jobs, made.seed)


def _recipe(
    asked: Request, experiment_configs: Callable[[], Mapping[str, ExperimentConfig]]
) -> tuple[ExperimentConfig, Sequence[str]]:
    """Return what is to be started, with the words that are its parameters."""
    words = list(asked.words)
    named = words.pop(0) if words and not is_parameters(words[0]) else None
    for word in words:
        if not is_parameters(word):
            raise UsageError(f"{word[:80]!r} is not a parameter; write KEY=VALUE")
    if named is None and asked.script is None:
        raise UsageError(
            "nothing to start: --script PATH, or an experiment's NAME in watch.toml"
        )
    if named is None or asked.script is not None:
        script = asked.script or ""
        name = named or PurePath(script).stem or "experiment"
        return ExperimentConfig(name, script, workdir=""), words
    if named.startswith((".", "/", "~")):
        raise UsageError(
            f"{named[:80]!r} is not an experiment of watch.toml; --script {named[:80]}"
            " starts a script"
        )
    return _named(named, experiment_configs()), words


def _named(name: str, there: Mapping[str, ExperimentConfig]) -> ExperimentConfig:
    if name in there:
        return there[name]
    known = f"known: {', '.join(there)}" if there else "it has no [experiments.NAME]"
    hint = did_you_mean(name, there) or f"; {known}"
    raise UsageError(f"watch.toml has no experiment {name[:80]!r}{hint}")


def _plan(asked: Request, recipe: ExperimentConfig) -> Plan:
    timeout = asked.timeout or recipe.timeout
    return Plan(
        recipe.name,
        recipe.script,
        argument="",
        workdir=recipe.workdir,
        launcher=_words(asked.launcher) if asked.launcher else recipe.launcher,
        env=recipe.env,
        channel=asked.channel or recipe.channel,
        timeout=timeout.total_seconds() if timeout else None,
        retries=recipe.retries if asked.retries is None else asked.retries,
        best=asked.best or recipe.best,
        entity=asked.entity or recipe.entity,
        project=asked.project or recipe.project,
        group=asked.group or recipe.group,
    )


def _words(launcher: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(launcher))
    except ValueError as e:
        raise UsageError(f"--launcher {launcher[:80]!r}: {e}") from e
    if not any(words):
        raise UsageError("--launcher does not name a program")
    return words
