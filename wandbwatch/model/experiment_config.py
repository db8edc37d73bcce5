"""A configured training script, to be started by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from wandbwatch.model.run import Json


class ParameterType(Enum):
    """Types of values, as TOML and JSON name them."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STRING = "string"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True)
class ParameterRule:
    """The allowed values of one hyperparameter; None allows anything."""

    kind: ParameterType | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[Json, ...] | None = None
    default: Json = None
    """The default; None: no default."""
    required: bool = False


@dataclass(frozen=True)
class Schema:
    """The rules by the parameters' paths. Without rules, everything is accepted."""

    rules: Mapping[tuple[str, ...], ParameterRule] = field(default_factory=dict)


@dataclass(frozen=True)
class ExperimentConfig:
    """One ``[experiments.NAME]``."""

    name: str
    script: str
    """Its absolute path."""
    workdir: str
    """The absolute path of the directory that it is started in."""
    launcher: tuple[str, ...] = ()
    """The words before the script."""
    schema: Schema = field(default_factory=Schema)
    jobs: int = 1
    """How many experiments of one batch run at once."""
    env: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    timeout: timedelta | None = None
    retries: int = 0
    best: str = ""
    """``KEY:min`` or ``KEY:max``."""
    entity: str = ""
    project: str = ""
    group: str = ""
    one_run: bool = False
    """Whether the script makes one W&B run, whose id can be preset then."""
