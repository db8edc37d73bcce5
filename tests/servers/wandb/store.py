"""What the server keeps: users, projects and their runs."""

from __future__ import annotations

import base64
import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.servers.wandb import sampling
from tests.servers.wandb.artifacts import Shelf

NOBODY = "nobody"
"""The name of who has no key."""
KEY = "k" * 40
"""The API key of the one user there is to begin with."""


@dataclass(frozen=True)
class User:
    username: str = "alice"
    entity: str = "acme"
    teams: tuple[str, ...] = ("acme",)
    key: str = KEY


@dataclass
class Run:
    """A run as W&B keeps it; its methods are the GraphQL fields that take arguments."""

    name: str
    entity: str = "acme"
    project: str = "gpt"
    display_name: str = ""
    state: str = "finished"
    group: str | None = None
    job_type: str | None = None
    tags: list[str] = field(default_factory=list)
    sweep_name: str | None = None
    notes: str | None = None
    host: str | None = None
    exitcode: int | None = None
    username: str = "alice"
    created_at: str = "2026-01-01T00:00:00Z"
    heartbeat_at: str | None = "2026-01-01T01:00:00Z"
    settings: dict[str, Any] = field(default_factory=dict)
    """The config, without the ``{"value": …}`` around each value."""
    summary: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    """The last system metrics, named ``system.…`` as the server does."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    event_rows: list[dict[str, Any]] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """How large files are said to be where that is not how large they are."""
    written: dict[str, int] = field(default_factory=dict)
    """Lines received of each file that the SDK streams."""
    stops: int = 0
    """How often it was asked to stop; its script hears of it at its next upload."""

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}/{self.name}"

    @property
    def id(self) -> str:
        return base64.b64encode(f"Run:v1:{self.path}".encode()).decode()

    @property
    def history_line_count(self) -> int:
        return len(self.rows)

    def config(self, keys: Sequence[str] | None = None) -> str:
        wrapped = {k: {"value": v, "desc": None} for k, v in self.settings.items()}
        return dumps(chosen(wrapped, keys))

    def summary_metrics(self, keys: Sequence[str] | None = None) -> str:
        return dumps(chosen(self.summary, keys))

    def system_metrics(self) -> str:
        last: dict[str, Any] = {}
        for row in self.event_rows:
            last.update({k: v for k, v in row.items() if k.startswith("system.")})
        return dumps(last | self.system)

    def sampled_history(self, specs: Sequence[str]) -> list[Any]:
        read = [json.loads(spec) for spec in specs]
        return [strings(sampling.sampled(self.rows, spec)) for spec in read]

    def parquet_history(self, live_keys: Sequence[str]) -> dict[str, Any]:
        """Say that all rows are still live: nothing was written to parquet yet."""
        del live_keys
        live = [{"_step": row["_step"]} for row in self.rows[:1]]
        return {"parquetUrls": [], "liveData": live}

    def history_keys(self) -> dict[str, Any] | None:
        if not self.rows:
            return None
        names = dict.fromkeys(key for row in self.rows for key in row)
        keys = {n: {"typeCounts": [{"type": _kind(self.rows, n)}]} for n in names}
        return {"sets": [], "keys": keys, "lastStep": self.rows[-1]["_step"]}

    def history(
        self,
        min_step: int | None = None,
        max_step: int | None = None,
        samples: int | None = None,
    ) -> list[str]:
        rows = sampling.between(self.rows, min_step, max_step)
        return [json.dumps(row) for row in sampling.pick(rows, samples or 500)]

    def events(self, samples: int | None = None) -> list[str]:
        return [json.dumps(r) for r in sampling.pick(self.event_rows, samples or 500)]


@dataclass
class Project:
    entity: str
    name: str
    runs: dict[str, Run] = field(default_factory=dict)
    sweeps: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each is more than its name, in GraphQL's words."""
    readers: set[str] | None = None
    """The users who may read it; None is everybody with a key."""
    public: bool = False
    """Whether it is read without a key."""


class Store:
    """All projects; `lock` is held while anything is changed."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        with self.lock:
            self.users: list[User] = [User()]
            self.projects: dict[tuple[str, str], Project] = {}
            self.shelf = Shelf()

    def project(self, entity: str, name: str) -> Project:
        """Return the project, made if there was none."""
        with self.lock:
            return self.projects.setdefault((entity, name), Project(entity, name))

    def add(self, *runs: Run) -> None:
        for run in runs:
            project = self.project(run.entity, run.project)
            project.runs[run.name] = run
            if run.sweep_name:
                project.sweeps.setdefault(run.sweep_name, {})

    def run(self, path: str) -> Run | None:
        entity, project, name = path.split("/")
        found = self.projects.get((entity, project))
        return found.runs.get(name) if found else None

    def user(self, key: str | None) -> User | None:
        return next((u for u in self.users if u.key == key), None)


def _kind(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    value = next(row[name] for row in rows if name in row)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else "other"


def chosen(values: Mapping[str, Any], keys: Sequence[str] | None) -> dict[str, Any]:
    if keys is None:
        return dict(values)
    found = {key: sampling.dig(values, key) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def strings(value: Any) -> Any:
    """Spell NaN and the infinities as strings, which is how W&B sends them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if isinstance(value, dict):
        return {k: strings(v) for k, v in value.items()}
    if isinstance(value, list):
        return [strings(v) for v in value]
    return value


def dumps(value: Any) -> str:
    return json.dumps(strings(value), allow_nan=False)
