"""``[experiments.NAME]``: training scripts that can be started by name."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from wandbwatch.analysis.ranking import Objective
from wandbwatch.config import values
from wandbwatch.config.values import TomlTable, below, kind_of
from wandbwatch.formatting.numbers import parse_positive_duration
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import (
    ExperimentConfig,
    ParameterRule,
    ParameterType,
    Schema,
)
from wandbwatch.model.run import Json

ParameterPath = tuple[str, ...]


def schema(table: TomlTable) -> Schema:
    """Read the rules; a nested parameter is written in tables or with dots."""
    given = table.of(dict, "schema") or {}
    return Schema(dict(_rules(table, given, ())))


def _rules(
    table: TomlTable, given: Mapping[str, object], path: ParameterPath
) -> Iterator[tuple[ParameterPath, ParameterRule]]:
    for key, value in given.items():
        if isinstance(value, Mapping) and _is_a_group(value):
            yield from _rules(table, value, (*path, key))
            continue
        says = {"type": value} if isinstance(value, str) else value
        parts = key.split(".")
        here = (*path, *(parts if all(parts) else [key]))
        place = (*table.path, "schema", *path, key)
        yield here, parameter_rule(TomlTable(place, says, table.complaints))


def _is_a_group(value: Mapping[str, object]) -> bool:
    """Whether *value* is a group of parameters: it holds only tables, no setting."""
    inner = [v for key, v in value.items() if key != "default"]
    return bool(inner) and all(isinstance(v, Mapping) for v in inner)


def parameter_rule(table: TomlTable) -> ParameterRule:
    """Read the rule of one parameter."""
    choices = _values(table, "choices")
    (default,) = _values(table, "default", alone=True) or (None,)
    rule = ParameterRule(
        table.read("type", values.one_of(ParameterType)),
        _bound(table, "min"),
        _bound(table, "max"),
        choices,
        default,
        table.flag("required"),
    )
    table.close()
    _check(table, rule)
    return rule


def _bound(table: TomlTable, key: str) -> float | None:
    value = table.value(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        table.complain(key, f"must be a number, not {kind_of(value)}")
        return None
    if not math.isfinite(value):
        table.complain(key, f"must be a number, not {value}")
        return None
    return value


def _values(
    table: TomlTable, key: str, *, alone: bool = False
) -> tuple[Json, ...] | None:
    given = table.value(key) if alone else table.of(list, key)
    if given is None:
        return None
    if not alone and not given:
        table.complain(key, "has no choices")
        return None
    from wandbwatch.hyperparameters.objects import plain  # noqa: PLC0415 -- slow

    several = [given] if alone or not isinstance(given, list) else given
    try:
        return tuple(plain(value, "", "") for value in several)
    except UsageError as e:
        table.complain(key, str(e).strip(": "))
        return None


def _check(table: TomlTable, rule: ParameterRule) -> None:
    """Complain about rules that no value can satisfy."""
    from wandbwatch.hyperparameters.objects import fault  # noqa: PLC0415 -- slow

    if rule.low is not None and rule.high is not None and rule.low > rule.high:
        table.complain("min", f"{rule.low} is more than max, {rule.high}")
    bounded = rule.low is not None or rule.high is not None
    if bounded and rule.kind not in (None, ParameterType.INT, ParameterType.FLOAT):
        table.complain("type", "min and max are for numbers")
    elif rule.default is not None and (why := fault(rule.default, rule)):
        table.complain("default", why)
    if rule.default is not None and rule.required:
        table.complain("required", "has no effect beside a default")


_MOST_JOBS = 256
_MOST_RETRIES = 100
_LONGEST = 128
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = {"WANDB_RUN_GROUP": "group", "WANDB_PROJECT": "project"}
_OURS |= {"WANDB_ENTITY": "entity"}


def experiment(
    table: TomlTable, name: str, base: Path, channels: Collection[str]
) -> ExperimentConfig | None:
    """Read one experiment; None, with a complaint, if it has no script."""
    table.required("script")
    script, workdir = table.read("script", _place), table.read("workdir", _place)
    channel = table.of(str, "channel")
    if channel is not None and channel not in channels:
        there = f"no [channels.{channel[:80]}]"
        table.complain("channel", f"{there}{did_you_mean(channel, channels)}")
    found = ExperimentConfig(
        name,
        str(below(base, script or "?")),
        str(below(base, workdir or "")),
        launcher=_launcher(table),
        schema=schema(table),
        jobs=_number(table, "jobs", 1, _MOST_JOBS) or 1,
        env=_environment(table),
        channel=channel,
        timeout=table.read("timeout", parse_positive_duration),
        retries=_number(table, "retries", 0, _MOST_RETRIES) or 0,
        best=table.read("best", _aim) or "",
        entity=table.read("entity", _part) or "",
        project=table.read("project", _part) or "",
        group=table.read("group", _group) or "",
        one_run=table.flag("one_run"),
    )
    return found if script else None


def _launcher(table: TomlTable) -> tuple[str, ...]:
    """Read the words before the script: a list, or a string split as in a shell."""
    if isinstance(table.value("launcher"), str):
        return tuple(table.read("launcher", _words) or ())
    words = table.texts("launcher")
    if table.value("launcher") == [] or words[:1] == ("",):
        table.complain("launcher", "must name a program")
    if any("\0" in word for word in words):
        table.complain("launcher", "contains a NUL character")
    return words


def _words(text: str) -> list[str]:
    if "\0" in text or not any(words := shlex.split(text)):
        raise ValueError("must name a program")
    return words


def _number(table: TomlTable, key: str, least: int, most: int) -> int | None:
    number = table.of(int, key)
    if number is not None and not least <= number <= most:
        table.complain(key, f"must be from {least} to {most}, not {number}")
        return None
    return number


def _environment(table: TomlTable) -> dict[str, str]:
    given = table.of(dict, "env") or {}
    found: dict[str, str] = {}
    for name, value in given.items():
        why = _variable_fault(name, value)
        if why:
            table.complain("env", why, name)
        else:
            found[name] = str(value)
    return found


def _variable_fault(name: str, value: object) -> str:
    if not _VARIABLE.fullmatch(name):
        return "is not a variable name"
    if name == "WANDB_API_KEY":
        return "would be stored in the state: set it where wandbwatch is started"
    if name in _OURS:
        return f"is set by {_OURS[name]} = …"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return f"must be a string, not {kind_of(value)}"
    return "contains a NUL character" if "\0" in str(value) else ""


def _place(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("must be a path")
    return text


def _aim(text: str) -> str:
    return str(Objective.read(text))


def _part(text: str) -> str:
    """Check a W&B name that is part of addresses."""
    plain = text.strip()
    if not plain or len(plain) > _LONGEST or re.search(r"[/\\#?%:\s]", plain):
        raise ValueError(f"{text[:80]!r} is not a name that W&B accepts")
    return plain


def _group(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise ValueError(f"must have 1 to {_LONGEST} characters")
    return text
