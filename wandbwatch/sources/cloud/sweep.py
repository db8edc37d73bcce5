"""Read a sweep with the wandb package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wandbwatch.model.run import Json, Sweep
from wandbwatch.sources.cloud import public_api, reading
from wandbwatch.sources.cloud.query import Project

_DRAWN = frozenset(
    {"value", "values", "min", "max", "distribution", "mu", "sigma", "q"}
    | {"probabilities"}
)


def sweep(api: Any, project: Project, sweep_id: str) -> Sweep | None:
    """Request a sweep with ``wandb.Api.sweep``, once; None if it does not exist."""
    try:
        found = api.sweep(f"{project.entity}/{project.name}/{sweep_id}")
    except Exception as e:
        if not isinstance(getattr(e, "exc", e), ValueError):  # the sweep does not exist
            raise
        public_api.check_project(api, project)
        return None
    told = dict(getattr(found, "_attrs", {}))  # no property gives these
    known = {
        "state": found.state,
        "displayName": found.name,
        "runCountExpected": found.expected_run_count,
    }
    url = reading.text(found.url) or None
    return replace(described(sweep_id, found.config, told | known), url=url)


def described(sweep_id: str, config: Any, told: Mapping[str, Any]) -> Sweep:
    """Read W&B's data about a sweep; *config* is a dict or YAML text."""
    if isinstance(config, str):
        config = _yaml(config)
    config = reading.table(config)
    metric = config.get("metric")
    metric = metric if isinstance(metric, Mapping) else {}
    expected, count = told.get("runCountExpected"), told.get("runCount")
    return Sweep(
        id=sweep_id,
        name=reading.text(told.get("displayName") or config.get("name")),
        state=reading.text(told.get("state")),
        method=reading.text(config.get("method")),
        metric=reading.text(metric.get("name")),
        goal=reading.text(metric.get("goal")) or ("minimize" if metric else ""),
        parameters=dict(_parameters(config.get("parameters"))),
        expected=expected if isinstance(expected, int) else None,
        created=reading.moment(told.get("createdAt")),
        description=reading.text(config.get("description") or told.get("description")),
        count=count if isinstance(count, int) else None,
    )


def _yaml(text: str) -> Any:
    from wandb.util import load_yaml  # noqa: PLC0415 (it is imported already)

    try:
        return load_yaml(text)
    except Exception:  # noqa: BLE001 (a config that nobody can read says nothing)
        return None


def _parameters(
    given: Json, above: str = ""
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield each parameter with its search space; nested ones by their path."""
    if not isinstance(given, Mapping):
        return
    for name, spec in given.items():
        if isinstance(spec, Mapping) and not _DRAWN & spec.keys():
            inner = spec.get("parameters")
            nested = inner if isinstance(inner, Mapping) else spec
            yield from _parameters(nested, f"{above}{name}.")
        elif isinstance(spec, Mapping):
            yield above + name, spec
