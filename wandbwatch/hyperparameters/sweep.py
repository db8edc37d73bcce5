"""A W&B sweep configuration: its parameters, and how they are searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.hyperparameters.distributions import Draw, read
from wandbwatch.hyperparameters.objects import WORDS, Object, Path, check_clash, dotted
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json

_METHODS = ("grid", "random", "bayes")
_KEYS = (
    *("method", "parameters", "metric", "program", "command", "name", "description"),
    *("project", "entity", "run_cap", "early_terminate", "apiVersion", "kind"),
    *("controller", "job", "image_uri", "metrics", "scheduler"),
)
_METRIC = ("name", "goal", "target", "impute", "impute_while_running")
_PARAMETER = {"value", "values", "min", "max", "mu", "distribution", "parameters"}
"""Words of which each parameter has one."""


@dataclass(frozen=True)
class Sweep:
    name: str = ""
    """The name of its file, for errors."""
    method: str = ""
    """``grid`` or ``random``; empty: there is no sweep configuration."""
    draws: Mapping[Path, Draw] = field(default_factory=dict)
    """By the paths of the parameters."""
    best: str = ""
    """``KEY:min`` or ``KEY:max``."""
    project: str = ""
    entity: str = ""
    run_cap: int | None = None


def is_sweep(values: Object) -> bool:
    """Whether *values* is the configuration of a sweep, not parameters themselves.

    One with a mistake, too, such as a misspelt word.
    """
    parameters = values.get("parameters")
    if "method" in values:
        misspelt = values["method"] in _METHODS and _only_sweep_words(values)
        return "parameters" in values or misspelt
    return (
        isinstance(parameters, dict)
        and bool(parameters)
        and all(
            isinstance(one, dict) and not _PARAMETER.isdisjoint(one)
            for one in parameters.values()
        )
    )


def _only_sweep_words(values: Object) -> bool:
    return all(key in _KEYS or did_you_mean(key, _KEYS) for key in values)


def from_values(values: Object, name: str) -> Sweep:
    """Read a sweep configuration. UsageError, which begins with *name*."""
    for key in values:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"; a sweep has {', '.join(_KEYS[:7])}"
            raise UsageError(f"{name}: {key}: unknown word {key!r}{hint}")
    if "method" not in values:
        raise UsageError(f"{name}: method: needs grid, random or bayes")
    method = values["method"]
    file = "sweep.yaml" if name == WORDS else name
    if method == "bayes":
        raise UsageError(
            f"{name}: method bayes: W&B chooses each set after the last result. Run"
            f" `wandb sweep {file}`, then start its agent with wandbwatch experiment"
            " --script ./agent.sh, where agent.sh runs"
            " `wandb agent ENTITY/PROJECT/SWEEP`"
        )
    if method not in _METHODS:
        hint = did_you_mean(str(method), _METHODS) or "; use grid, random or bayes"
        raise UsageError(f"{name}: method: unknown method {method!r}{hint}")
    if "early_terminate" in values:
        raise UsageError(
            f"{name}: early_terminate: only W&B's own agents stop runs early; remove"
            f" it, or run `wandb sweep {file}`"
        )
    parameters = values.get("parameters")
    if not isinstance(parameters, dict) or not parameters:
        raise UsageError(f"{name}: parameters: needs at least one parameter")
    return Sweep(
        name,
        str(method),
        _without_clash(_draws(parameters, name, ()), name),
        _best(values.get("metric"), name),
        _text(values, "project", name),
        _text(values, "entity", name),
        _run_cap(values.get("run_cap"), name),
    )


def _without_clash(
    found: Iterable[tuple[Path, Draw]], name: str
) -> Mapping[Path, Draw]:
    draws: dict[Path, Draw] = {}
    for path, draw in found:
        check_clash(path, draws, f"{name}: parameters.")
        draws[path] = draw
    return draws


def _draws(
    parameters: Mapping[str, Json], name: str, path: Path
) -> Iterator[tuple[Path, Draw]]:
    for key, given in parameters.items():
        here = (*path, *key.split(".")) if all(key.split(".")) else (*path, key)
        place = f"{name}: parameters.{dotted(here)}"
        if not isinstance(given, dict):
            raise UsageError(f"{place}: write {{value: …}} or {{values: […]}}")
        if "parameters" in given:
            if extra := [word for word in given if word != "parameters"]:
                raise UsageError(f"{place}.{extra[0]}: unknown word beside parameters")
            inner = given["parameters"]
            if not isinstance(inner, dict) or not inner:
                raise UsageError(f"{place}.parameters: needs at least one parameter")
            yield from _draws(inner, name, here)
        else:
            yield here, read(given, place)


def _best(metric: Json, name: str) -> str:
    if metric is None:
        return ""
    if not isinstance(metric, dict) or not isinstance(metric.get("name"), str):
        raise UsageError(f"{name}: metric: needs a name")
    for key in metric:
        if key not in _METRIC:
            hint = did_you_mean(key, _METRIC) or f"; use {', '.join(_METRIC)}"
            raise UsageError(f"{name}: metric.{key}: unknown word {key!r}{hint}")
    goals = {"minimize": "min", "maximize": "max"}
    goal = metric.get("goal", "minimize")
    if not isinstance(goal, str) or goal not in goals:
        raise UsageError(f"{name}: metric.goal: use minimize or maximize, not {goal!r}")
    return f"{metric['name']}:{goals[goal]}"


def _text(values: Object, key: str, name: str) -> str:
    text = values.get(key, "")
    if not isinstance(text, str):
        raise UsageError(f"{name}: {key}: must be a text")
    return text


def _run_cap(value: Json, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{name}: run_cap: must be a whole number above 0")
    return value
