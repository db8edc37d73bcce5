"""Convert W&B's data about a run to our own types."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from wandbwatch.model.run import NOT_FINITE, Json, Run, State, flat
from wandbwatch.sources.cloud.query import OWN, Node, Project, ordered_by

_DEEPEST = 64
"""Tables in tables beyond this are nobody's metrics, and would fill our stack."""
NAME, GLOB, _GOAL = "1", "2", "8"
"""The numbers of MetricRecord's fields, which stand for their names in a config.
https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto
"""
_GOALS: Mapping[float | None, bool] = {1.0: False, 2.0: True}
_OURS = ("_step", "_runtime", "_timestamp", "_wandb")
"""The summary keys that fields of a `Run` are made of."""


def run(node: Node, project: Project) -> Run:
    """Make a `Run` from the data of W&B or of the wandb package."""
    summary = flat(table(node.get("summaryMetrics")))
    config = table(node.get("config"))
    name = text(node.get("name"))
    user = node.get("user") or {}
    created, heartbeat = moment(node.get("createdAt")), moment(node.get("heartbeatAt"))
    return Run(
        id=name,
        name=text(node.get("displayName")) or name,
        state=_state(node.get("state")),
        created=created,
        heartbeat=heartbeat,
        runtime=_runtime(summary, created, heartbeat),
        last_step=_step(summary.get("_step")),
        entity=project.entity,
        project=project.name,
        url=text(node.get("url")) or None,
        group=text(node.get("group")),
        job_type=text(node.get("jobType")),
        tags=tuple(text(tag) for tag in node.get("tags") or ()),
        user=text(user.get("username") or user.get("name")),
        notes=text(node.get("notes")),
        sweep=text(node.get("sweepName")),
        host=text(node.get("host")) or _host(config),
        exit_code=_step(node.get("exitcode")),
        config=flat(unwrapped(config)),
        summary=summary,
        system=_system(table(node.get("systemMetrics"))),
        goals=_goals(config),
    )


def url(app: str, entity: str, project: str, run_id: str) -> str:
    """Return the URL of a run's page, as ``wandb.apis.public.Run.url`` does."""
    path = "/".join(quote(part, safe="") for part in (entity, project, "runs", run_id))
    return f"{app.rstrip('/')}/{path}"


def wanted(keys: Iterable[str] | None, *more: str) -> list[str] | None:
    """Return the keys to request: *keys*, the tables they may be in, and *more*."""
    if keys is None:
        return None
    asked = dict.fromkeys(more)
    for key in keys:
        asked[key] = None
        parts = key.split(".")
        asked.update((".".join(parts[:n]), None) for n in range(1, len(parts)))
    return list(asked)


def summary_wanted(keys: Iterable[str] | None) -> list[str] | None:
    return wanted(keys, *_OURS)


def only(values: Mapping[str, Json], keys: Iterable[str] | None) -> dict[str, Json]:
    """Keep only the values that *keys* request, by the key or by a table around it."""
    if keys is None:
        return dict(values)
    asked = tuple(keys)
    tables = tuple(f"{key}." for key in asked)
    return {k: v for k, v in values.items() if k in asked or k.startswith(tables)}


def table(given: Any) -> dict[str, Json]:
    """Read a JSON object, parsed or as text; anything else gives an empty one."""
    if isinstance(given, str):
        try:
            given = json.loads(given, strict=False)
        except (ValueError, RecursionError):
            return {}
    return {str(k): value(v) for k, v in given.items()} if _is_table(given) else {}


_PLAIN = frozenset({bool, int, float})


def value(given: Any, depth: int = 0) -> Json:
    """Convert W&B's spellings of NaN and infinities to floats."""
    if type(given) in _PLAIN:
        return given  # type: ignore[no-any-return]
    if isinstance(given, str):
        return NOT_FINITE.get(given, given)
    if depth > _DEEPEST:
        return "…"
    if _is_table(given):
        return {str(k): value(v, depth + 1) for k, v in given.items()}
    if isinstance(given, list | tuple):
        return [value(v, depth + 1) for v in given]
    return given if isinstance(given, bool | int | float) else None


def number(given: Any) -> float | None:
    """Return a value that can be plotted (a number or a bool), else None."""
    if type(given) is float:  # as nearly all of the thousands in a history
        return given
    read = value(given)
    if isinstance(read, int | float):
        try:
            return float(read)
        except OverflowError:
            return math.inf if read > 0 else -math.inf
    return None


def text(given: Any) -> str:
    return given if isinstance(given, str) else ""


def moment(given: Any) -> datetime | None:
    """Read a time; W&B sometimes omits the zone, which is UTC."""
    try:
        read = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _is_table(given: Any) -> bool:
    return isinstance(given, (dict, Mapping))  # dict first: the fast check


def _state(given: Any) -> State:
    try:
        return State(given)
    except ValueError:
        return State.UNKNOWN


def _step(given: Any) -> int | None:
    read = number(given)
    return int(read) if read is not None and math.isfinite(read) else None


def _runtime(
    summary: Mapping[str, Json], created: datetime | None, heartbeat: datetime | None
) -> float | None:
    for key in ("_runtime", "_wandb.runtime"):
        read = number(summary.get(key))
        if read is not None and math.isfinite(read):
            return read
    if created is None or heartbeat is None:
        return None
    return max(0.0, (heartbeat - created).total_seconds())


def unwrapped(config: Mapping[str, Json]) -> dict[str, Json]:
    """Unwrap each value from its ``{"value": …}``, and drop W&B's own keys."""
    return {
        key: wrapped["value"]
        if isinstance(wrapped, Mapping) and "value" in wrapped
        else wrapped
        for key, wrapped in config.items()
        if key not in ("_wandb", "wandb_version")
    }


def _host(config: Mapping[str, Json]) -> str:
    """Find the host in W&B's own part of the config, where newer SDKs store it."""
    own = unwrapped({"own": config.get("_wandb")})["own"]
    writers = own.get("e") if isinstance(own, Mapping) else None
    hosts = [
        text(writer.get("host"))
        for writer in (writers.values() if isinstance(writers, Mapping) else ())
        if isinstance(writer, Mapping)
    ]
    return hosts[-1] if hosts else ""


def metrics(config: Mapping[str, Json]) -> list[Mapping[str, Any]]:
    """Return the ``define_metric`` settings in *config*, as MetricRecord's fields."""
    own = unwrapped({"own": config.get(OWN)})["own"]
    listed = own.get("m") if isinstance(own, Mapping) else None
    found = listed if isinstance(listed, list) else []
    return [metric if isinstance(metric, Mapping) else {} for metric in found]


def _goals(config: Mapping[str, Json]) -> dict[str, bool]:
    found = {}
    for metric in metrics(config):
        name = text(metric.get(NAME)).replace("\\.", ".") or text(metric.get(GLOB))
        goal = _GOALS.get(number(metric.get(_GOAL)))
        if name and goal is not None:
            found[name] = goal
    return found


def _system(metrics: Mapping[str, Json]) -> dict[str, float]:
    """Name system metrics as local files do; skip ``_runtime`` and the like."""
    read = {
        key.removeprefix("system."): number(found)
        for key, found in metrics.items()
        if not key.startswith("_")
    }
    return {key: found for key, found in read.items() if found is not None}


def ranked(found: Iterable[Node], order: str, limit: int) -> list[Node]:
    """Return the first *limit* runs (0 is all); runs without a value come last.

    W&B places runs that lack the value, or have NaN, inconsistently. We put them last,
    and read on until there are enough others.
    """
    placed: list[Node] = []
    last: list[Node] = []
    for node in found:
        (placed if _has_place(node, order) else last).append(node)
        if limit and len(placed) == limit:
            break
    return (placed + last)[: limit or None]


def _has_place(node: Node, order: str) -> bool:
    keys = ordered_by(order)
    if not keys:
        return True
    value: Json = None
    if "summary" in keys:
        value = flat(table(node.get("summaryMetrics"))).get(keys["summary"])
    else:
        config = unwrapped(table(node.get("config")))
        value = flat(config).get(keys["config"])
    return value is not None and not (isinstance(value, float) and math.isnan(value))
