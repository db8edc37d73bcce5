"""A sweep as the wandb package tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wandbwatch.model.run import Json
from wandbwatch.model.run_details import Sweep
from wandbwatch.sources.cloud import public_api, reading
from wandbwatch.sources.cloud.query import Project

_DRAWN = frozenset(
    {"value", "values", "min", "max", "distribution", "mu", "sigma", "q"}
    | {"probabilities"}
)


def sweep(api: Any, project: Project, sweep_id: str) -> Sweep | None:
    """Ask by ``wandb.Api.sweep``, one request; None when there is no such sweep."""
    try:
        found = api.sweep(f"{project.entity}/{project.name}/{sweep_id}")
    except Exception as e:
        if not isinstance(getattr(e, "exc", e), ValueError):  # that it is not there
            raise
        public_api.check_project(api, project)
        return None
    config = reading.table(found.config)
    metric = config.get("metric")
    metric = metric if isinstance(metric, Mapping) else {}
    told = getattr(found, "_attrs", {})  # what it has no property for
    expected = found.expected_run_count
    return Sweep(
        id=sweep_id,
        name=reading.text(found.name),
        state=reading.text(found.state),
        method=reading.text(config.get("method")),
        metric=reading.text(metric.get("name")),
        goal=reading.text(metric.get("goal")) or ("minimize" if metric else ""),
        parameters=dict(_parameters(config.get("parameters"))),
        expected=expected if isinstance(expected, int) else None,
        created=reading.moment(told.get("createdAt")),
        description=reading.text(config.get("description") or told.get("description")),
        url=reading.text(found.url) or None,
    )


def _parameters(
    given: Json, above: str = ""
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield each parameter with what it is drawn from; nested ones by their path."""
    if not isinstance(given, Mapping):
        return
    for name, spec in given.items():
        if isinstance(spec, Mapping) and not _DRAWN & spec.keys():
            inner = spec.get("parameters")
            nested = inner if isinstance(inner, Mapping) else spec
            yield from _parameters(nested, f"{above}{name}.")
        elif isinstance(spec, Mapping):
            yield above + name, spec
