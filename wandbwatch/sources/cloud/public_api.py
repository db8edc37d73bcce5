"""Query with the wandb package's public API: slower, for servers without our fields."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from wandbwatch.model.media import Artifact
from wandbwatch.model.run import Json
from wandbwatch.model.run_details import Sweep
from wandbwatch.sources.cloud import failures, reading
from wandbwatch.sources.cloud.query import FoundRuns, Node, Project, RunsQuery
from wandbwatch.sources.cloud.transport import NoGraphqlError
from wandbwatch.sources.cloud.wandb_core import prepared

_AT_ONCE = 10
_NEWEST = 5


def run(api: Any, project: Project, run_id: str) -> Node | None:
    """Return the run with all details; None if it does not exist."""
    found = _run(api, project, run_id)
    return None if found is None else _node(found)


def stop(api: Any, project: Project, run_id: str) -> bool | None:
    """Request a run to stop; None if there is no such run."""
    with prepared(private_runs=True):
        found = _run(api, project, run_id)
        if found is None:
            return None
        found.stop()
    return True


def console(api: Any, project: Project, run_id: str, last: int) -> list[Any] | None:
    """Return lines of a run's console (``ConsoleLogLine``); None if there is no run.

    NoGraphqlError if the package can't read them (wandb 0.28).
    """
    found = _run(api, project, run_id)
    if found is None:
        return None
    if not hasattr(found, "console_logs"):
        raise NoGraphqlError
    return list(found.console_logs(last=last or None))


def media(api: Any, project: Project, run_id: str, specs: Sequence[str]) -> Node | None:
    """Return a run's summary and config, or the rows that *specs* request."""
    found = _run(api, project, run_id)
    if found is None:
        return None
    if specs:
        return {"sampledHistory": [_sampled(found, spec) for spec in specs]}
    config = {key: {"value": value} for key, value in found.rawconfig.items()}
    return {"summaryMetrics": found.summary_metrics, "config": config}


def files(
    api: Any, project: Project, run_id: str, paths: Sequence[str] | None
) -> list[Node] | None:
    found = _run(api, project, run_id)
    if found is None:
        return None
    return [
        {
            "name": file.name,
            "url": file.url,
            "directUrl": getattr(file, "direct_url", ""),
            "sizeBytes": file.size,
            "updatedAt": getattr(file, "updated_at", None),
        }
        for file in found.files(names=None if paths is None else list(paths))
    ]


def artifacts(api: Any, project: Project, run_id: str) -> list[Artifact] | None:
    """Return a run's artifacts, or a project's newest version of each."""
    if run_id:
        found = _run(api, project, run_id)
        if found is None:
            return None
        logged = [
            _artifact(one, run_id) for one in _committed(found.logged_artifacts())
        ]
        used = _committed(found.used_artifacts())
        return logged + [_artifact(one, run_id, used=True) for one in used]
    return [
        _artifact(one, "")
        for kind in api.artifact_types(str(project))
        for collection in kind.collections()
        for one in _committed(itertools.islice(collection.artifacts(), _NEWEST))
    ]


def _committed(found: Iterable[Any]) -> list[Any]:
    kept = [one for one in found if one.state == "COMMITTED"]
    return sorted(kept, key=lambda one: one.created_at, reverse=True)


def _artifact(one: Any, run: str, *, used: bool = False) -> Artifact:
    return Artifact(
        one.name.partition(":")[0],
        one.type,
        one.version or "",
        tuple(one.aliases),
        one.size,
        one.file_count,
        reading.moment(one.created_at),
        one.description or "",
        used,
        run,
    )


def _run(api: Any, project: Project, run_id: str) -> Any:
    try:
        api.flush()
        return api.run(f"{project}/{run_id}")
    except Exception as e:
        if type(getattr(e, "exc", e)).__name__ != "RunNotFoundError":
            raise
    check_project(api, project)
    return None


def check_project(api: Any, project: Project) -> None:
    """Raise NotFoundError if there is no such project."""
    try:
        len(api.runs(str(project), {"name": ""}, per_page=1))
    except ValueError:
        raise failures.no_project(replace(project, sweep="")) from None


def runs(api: Any, project: Project, asking: RunsQuery) -> FoundRuns | None:
    """Return the requested runs; None if there is no such project."""
    api.flush()
    listed = api.runs(
        str(project),
        json.loads(asking.filters),
        asking.order,
        per_page=asking.page,
        lazy=False,
    )
    try:
        total = len(listed)
    except ValueError:
        return None
    return FoundRuns(total, _nodes(listed, asking))


def _nodes(listed: Any, asking: RunsQuery) -> Iterator[Node]:
    """Yield runs page by page; all requests about one page's runs are made at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        page: list[Any] = []
        for run in listed:
            page.append(run)
            if len(page) == asking.page:
                yield from pool.map(lambda r: _node(r, asking), page)
                page = []
        yield from pool.map(lambda r: _node(r, asking), page)


def _node(run: Any, asking: RunsQuery | None = None) -> Node:
    """Convert a ``wandb.apis.public.Run`` to a GraphQL node."""
    user = getattr(run, "user", None)
    node = {
        "name": run.id,
        "displayName": run.name,
        "state": run.state,
        "group": run.group,
        "jobType": run.job_type,
        "tags": run.tags,
        "sweepName": run.sweep_name,
        "notes": run.notes,
        "createdAt": run.created_at,
        "heartbeatAt": run.heartbeat_at,
        "user": {"username": getattr(user, "username", None)},
        "summaryMetrics": run.summary_metrics,
        "config": {key: {"value": value} for key, value in run.rawconfig.items()},
        "systemMetrics": run.system_metrics,
        "url": run.url,
    }
    if asking is not None:
        node["sampledHistory"] = [_sampled(run, spec) for spec in asking.specs]
    if asking is not None and asking.system:
        samples = asking.samples
        node["events"] = run.history(samples=samples, pandas=False, stream="system")
    return node


def _sampled(run: Any, spec: str) -> Any:
    """Request one key with its step and its x value, as its spec names them."""
    read = json.loads(spec)
    axis, *keys = read["keys"]
    keys = keys or [axis]
    return run.history(keys=keys, x_axis=axis, samples=read["samples"], pandas=False)


def rows(api: Any, project: Project, run_id: str, specs: Sequence[str]) -> list[Any]:
    """Return every row of each of *specs* with ``minStep``."""
    found = _run(api, project, run_id)
    return [list(_scanned(found, json.loads(spec))) for spec in specs if found]


def _scanned(run: Any, spec: Mapping[str, Any]) -> Iterator[Any]:
    last = spec.get("maxStep")
    yield from run.scan_history(
        keys=spec["keys"],
        min_step=spec["minStep"],
        max_step=None if last is None else last + 1,
    )


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
        check_project(api, project)
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
