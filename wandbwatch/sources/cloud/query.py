"""The parts of a query to W&B, independent of how it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from wandbwatch.analysis import filters
from wandbwatch.model.query import Details, Query

Node: TypeAlias = Mapping[str, Any]
"""A run as GraphQL tells it."""

OWN = "_wandb"
"""The config key of what W&B itself keeps there, such as define_metric's goals."""
MOST_A_PAGE = 1000


@dataclass(frozen=True)
class Project:
    entity: str
    name: str
    sweep: str = ""

    def __str__(self) -> str:
        return f"{self.entity}/{self.name}"


@dataclass(frozen=True)
class FoundRuns:
    """The runs found, in order; pages are read lazily."""

    total: int
    nodes: Iterator[Node]


@dataclass(frozen=True)
class RunsQuery:
    """Which runs to fetch, and what of each; None means all keys."""

    filters: str
    order: str
    page: int
    """How many runs a request asks for."""
    summary: tuple[str, ...] | None = None
    config: tuple[str, ...] | None = None
    specs: tuple[str, ...] = ()
    """One sampledHistory spec (JSON) for each key."""
    ahead: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The specs of the ends of histories that are known to be long, by run."""
    samples: int = 0
    system: bool = False
    """Whether the rows of system metrics are wanted."""
    learn: bool = False
    """Whether the keys that the first runs logged are to be remembered."""
    machine: bool = False
    """Whether the last system metrics are wanted."""
    last_system: bool = False
    """Whether they are wanted beside the rows of system metrics, or for them."""
    details: Details = Details.ALL
    whole_or_nothing: bool = False
    """Whether a part of the runs answers nothing: they are asked for by name."""


def runs_query(query: Query, sweep: str = "", page: int = MOST_A_PAGE) -> RunsQuery:
    """Translate *query* to W&B's terms; *page* is the most runs of one request.

    If runs can lack the value to sort by, we place those ourselves (see
    `reading.ranked`), which may need all runs.
    """
    keys = ordered_by(query.order)
    few = query.limit and not keys
    return RunsQuery(
        filters=json.dumps(_filters(query, sweep)),
        order=query.order,
        page=min(query.limit, page) if few else page,
        summary=_and(query.summary, keys.get("summary")),
        config=_and(_with_goals(query), keys.get("config")),
        learn=query.numbers and query.summary is not None,
        machine=query.machine or query.summary is None,
        details=query.details,
        whole_or_nothing=bool(query.ids),
    )


def _with_goals(query: Query) -> tuple[str, ...] | None:
    """Return the config keys to fetch, with W&B's own if `Run.goals` needs them."""
    config = query.config
    return config if config is None or query.summary is not None else (*config, OWN)


def ordered_by(order: str) -> dict[str, str]:
    """Return the summary or config key that *order* sorts by, if any."""
    kind, _, key = order.lstrip("+-").partition(".")
    if kind == "config":
        return {"config": key.removesuffix(".value")}
    if kind in ("summary_metrics", "summaryMetrics"):
        return {"summary": key}
    return {}


def _and(keys: tuple[str, ...] | None, more: str | None) -> tuple[str, ...] | None:
    return keys if keys is None or more is None else (*keys, more)


def _filters(query: Query, sweep: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = (
        [filters.worded(query.filters)] if query.filters else []
    )
    if query.ids:
        parts.append({"name": {"$in": list(query.ids)}})
    if sweep:
        parts.append({"sweep": sweep})
    return parts[0] if len(parts) == 1 else {"$and": parts} if parts else {}
