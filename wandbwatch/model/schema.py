"""What hyperparameters an experiment takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from wandbwatch.model.run import Json


class ParameterType(Enum):
    """As TOML and JSON name the kinds of values."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STRING = "string"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True)
class ParameterRule:
    """What one hyperparameter may be; None is anything."""

    kind: ParameterType | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[Json, ...] | None = None
    default: Json = None
    """What it is where nobody says; None is nothing at all."""
    required: bool = False


@dataclass(frozen=True)
class Schema:
    """The rules by the parameters' paths. Without any, everything is taken."""

    rules: Mapping[tuple[str, ...], ParameterRule] = field(default_factory=dict)
