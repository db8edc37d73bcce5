"""The words of a command line as one object: JSON, files, pairs and W&B sweeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

import tomli

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.hyperparameters.distributions import Draw, read
from wandbwatch.hyperparameters.objects import (
    WORDS,
    Object,
    Path,
    check_clash,
    dotted,
    from_json,
    from_toml,
    from_yaml,
    is_inside,
    leaves,
    plain,
    put,
)
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
class SweepConfig:
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


def from_values(values: Object, name: str) -> SweepConfig:
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
    return SweepConfig(
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


_PART = r"""(?:"[^"]+"|'[^']+'|[^\s."'=\[\]{},]+)"""
_PAIR = re.compile(rf"({_PART}(?:\.{_PART})*)=(.*)", re.DOTALL)
_PARTS = re.compile(_PART)
_BARE = re.compile(r"[^\s#]+")
_SHORT_FLOAT = re.compile(r"[+-]?(?:\.\d+|\d+\.)(?:[eE][+-]?\d+)?")
"""``.5`` and ``5.``, which TOML does not allow."""
_NOT_TOML = {"True": "true", "False": "false", "None": "null", "NULL": "null"}

Read = Callable[[str], str]
"""Returns the text of a file; UsageError if it cannot be read."""


@dataclass(frozen=True)
class Parsed:
    values: Object = field(default_factory=dict)
    text: str | None = None
    """The text of *values* if they were written as one JSON object."""
    sweep: SweepConfig = field(default_factory=SweepConfig)
    """The sweep configuration among them; its parameters are not in *values*."""


def is_parameters(word: str) -> bool:
    """Whether *word* states hyperparameters, and is not the name of an experiment."""
    return word.lstrip()[:1] in ("{", "[", "@", '"') or "=" in word or not word


def parse(words: Sequence[str], read: Read) -> Parsed:
    """Merge the objects and files in their order, then set the pairs.

    The later value of a key wins. UsageError for a pair that is given twice, and for
    what a user can hardly mean.
    """
    whole = [w for w in words if "=" not in w or w.lstrip()[:1] in ("{", "[", "@")]
    objects = [_object(word, read) for word in whole]
    pairs = [_pair(word) for word in words if word not in whole]
    if len(objects) == 1 and not pairs:
        return objects[0]
    sweeps = [one.sweep for one in objects if one.sweep.method]
    if len(sweeps) > 1:
        raise UsageError(f"{sweeps[1].name}: a second sweep configuration")
    sweep = sweeps[0] if sweeps else SweepConfig()
    values: Object = {}
    draws: dict[Path, Draw] = {}
    for one in objects:
        _merge(values, one.values)
        given = [path for path, _ in leaves(one.values)]
        draws = _besides(draws, given) | dict(one.sweep.draws)
    seen: set[Path] = set()
    for path, value in pairs:
        check_clash(path, seen)
        _check_draws(path, draws, sweep.name)
        seen.add(path)
        put(values, path, value)
    return Parsed(values, sweep=replace(sweep, draws=_besides(draws, seen)))


def _besides(draws: Mapping[Path, Draw], given: Iterable[Path]) -> dict[Path, Draw]:
    """Return the *draws* that no *given* value replaces."""
    return {
        path: draw
        for path, draw in draws.items()
        if not any(is_inside(path, one) or is_inside(one, path) for one in given)
    }


def _check_draws(path: Path, draws: Iterable[Path], sweep: str) -> None:
    for other in draws:
        if path != other and is_inside(path, other):
            raise UsageError(
                f"{dotted(path)}: {sweep}: parameters.{dotted(other)} has a value and"
                " is not a table"
            )


def _pair(word: str) -> tuple[Path, Json]:
    match = _PAIR.fullmatch(word)
    if not match:
        raise UsageError(f"{word[:80]!r} is not KEY=VALUE")
    path = tuple(part.strip("\"'") for part in _PARTS.findall(match[1]))
    return path, _value(match[2], match[1])


_UNQUOTED = re.compile(r"[\[,]\s*[A-Za-z_]")
"""A word in a list without quotes, as YAML would have it."""


def _value(text: str, key: str) -> Json:
    """Read a TOML value; anything else without brackets or quotes is a string."""
    if text in _NOT_TOML:
        right = _NOT_TOML[text]
        raise UsageError(f"{key}={text}: write {right}, or '\"{text}\"' for a string")
    if text == "null":
        return None
    if _SHORT_FLOAT.fullmatch(text):
        return float(text)
    quoted = text[:1] in ("[", "{", '"', "'")
    if not quoted and not _BARE.fullmatch(text):
        return text
    try:
        return plain(tomli.loads(f"value = {text}")["value"], f"{key}={text}"[:80], key)
    except (ValueError, RecursionError) as e:
        if not quoted:
            return text
        reason = e.msg if isinstance(e, tomli.TOMLDecodeError) else e
        hint = '; strings in a list need quotes: \'opt=["adam","sgd"]\''
        raise UsageError(
            f"{key}={text[:80]}: {reason}{hint if _UNQUOTED.search(text) else ''}"
        ) from e


def _object(word: str, read: Read) -> Parsed:
    place = word.strip().removeprefix("@")
    if not word.strip().startswith("@"):
        return _parsed(from_json(word, WORDS), WORDS, word)
    if not place.endswith((".toml", ".json", ".yaml", ".yml")):
        raise UsageError(f"{word[:80]!r}: write @FILE.json, @FILE.toml or @FILE.yaml")
    text = read(place)
    if place.endswith(".toml"):
        return _parsed(from_toml(text, place), place)
    if place.endswith((".yaml", ".yml")):
        return _parsed(from_yaml(text, place), place)
    return _parsed(from_json(text, place), place, text.strip())


def _parsed(values: Object, name: str, text: str | None = None) -> Parsed:
    if not is_sweep(values):
        return Parsed(values, text)
    return Parsed(sweep=from_values(values, name))


def _merge(values: Object, more: Object) -> None:
    for key, value in more.items():
        old = values.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        else:
            values[key] = deepcopy(value)
