"""A training as a configuration states it, to be started by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from wandbwatch.model.schema import Schema


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
    """How many of those that are asked for together run at once."""
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
