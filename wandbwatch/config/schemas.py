"""``[experiments.NAME.schema]``: what hyperparameters an experiment takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from wandbwatch.config import values
from wandbwatch.config.table import TomlTable, kind_of
from wandbwatch.hyperparameters.objects import plain
from wandbwatch.hyperparameters.schema import fault
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json
from wandbwatch.model.schema import ParameterRule, ParameterType, Schema

Path = tuple[str, ...]


def schema(table: TomlTable) -> Schema:
    """Read the rules; a parameter inside tables stands in tables, or by its dots."""
    given = table.of(dict, "schema") or {}
    return Schema(dict(_rules(table, given, ())))


def _rules(
    table: TomlTable, given: Mapping[str, object], path: Path
) -> Iterator[tuple[Path, ParameterRule]]:
    for key, value in given.items():
        if isinstance(value, Mapping) and _is_a_group(value):
            yield from _rules(table, value, (*path, key))
            continue
        says = {"type": value} if isinstance(value, str) else value
        parts = key.split(".")
        here = (*path, *(parts if all(parts) else [key]))
        place = (*table.path, "schema", *path, key)
        yield here, _rule(TomlTable(place, says, table.complaints))


def _is_a_group(value: Mapping[str, object]) -> bool:
    """Whether *value* holds parameters of its own: only tables, and no setting."""
    inner = [v for key, v in value.items() if key != "default"]
    return bool(inner) and all(isinstance(v, Mapping) for v in inner)


def _rule(table: TomlTable) -> ParameterRule:
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
        table.complain(key, "leaves nothing to choose from")
        return None
    several = [given] if alone or not isinstance(given, list) else given
    try:
        return tuple(plain(value, "", "") for value in several)
    except UsageError as e:
        table.complain(key, str(e).strip(": "))
        return None


def _check(table: TomlTable, rule: ParameterRule) -> None:
    """Complain of what can never be kept."""
    if rule.low is not None and rule.high is not None and rule.low > rule.high:
        table.complain("min", f"{rule.low} is more than max, {rule.high}")
    bounded = rule.low is not None or rule.high is not None
    if bounded and rule.kind not in (None, ParameterType.INT, ParameterType.FLOAT):
        table.complain("type", "min and max are for numbers")
    elif rule.default is not None and (why := fault(rule.default, rule)):
        table.complain("default", why)
    if rule.default is not None and rule.required:
        table.complain("required", "says nothing beside a default")
