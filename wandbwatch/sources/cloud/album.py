"""Read a run's media from the server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wandbwatch.analysis import keys as known_keys
from wandbwatch.model.media import Album, Medium, Steps, When
from wandbwatch.model.run import Json, flat
from wandbwatch.sources.cloud import graphql, public_api, reading
from wandbwatch.sources.cloud.documents import MEDIA
from wandbwatch.sources.cloud.query import Project
from wandbwatch.sources.cloud.transport import Connection

SAMPLES = 1000
"""Rows of one key at most; beyond them W&B chooses some at random."""
_KEYS = 30
"""How many keys one request asks for."""


def album(
    at: Connection, project: Project, run_id: str, keys: Sequence[str], when: When
) -> Album | None:
    """Return the media of a run; None if the run does not exist."""
    found = _run(at, project, run_id, ())
    if found is None:
        return None
    summary = flat(reading.table(found.get("summaryMetrics")))
    last = list(_media(summary, None))
    known = tuple(medium.key for medium in last)
    chosen = sorted(known_keys.chosen(keys, known))
    media, sampled = [m for m in last if m.key in chosen], False
    if when is not Steps.LAST:
        rows = list(_rows(at, project, run_id, chosen, when))
        sampled = any(len(found) >= SAMPLES for found in rows)
        media = [medium for found in rows for medium in found]
    media.sort(key=lambda m: (m.key, -1 if m.step is None else m.step))
    return Album(tuple(media), _charts(found), known, sampled)


def _rows(
    at: Connection, project: Project, run_id: str, keys: Sequence[str], when: When
) -> Iterator[list[Medium]]:
    for first in range(0, len(keys), _KEYS):
        some = keys[first : first + _KEYS]
        found = _run(at, project, run_id, [_spec(key, when) for key in some])
        answers = (found or {}).get("sampledHistory")
        for key, rows in zip(some, answers or (), strict=False):
            yield list(_read(rows, key, when))


def _spec(key: str, when: When) -> str:
    spec: dict[str, Any] = {"keys": ["_step", key], "samples": SAMPLES}
    if isinstance(when, int):
        spec |= {"minStep": when, "maxStep": when + 1}
    return json.dumps(spec)


def _read(rows: Any, key: str, when: When) -> Iterator[Medium]:
    for row in rows if isinstance(rows, list) else ():
        read = reading.table(row)
        step = reading.number(read.get("_step"))
        if step is not None and when in (Steps.ALL, int(step)):
            yield from _media({key: read.get(key)}, int(step))


def _media(row: Mapping[str, Json], step: int | None) -> Iterator[Medium]:
    for key, value in row.items():
        if isinstance(value, Mapping) and isinstance(kind := value.get("_type"), str):
            yield Medium(key, kind, value, step)


def _charts(found: Mapping[str, Any]) -> Mapping[str, Json]:
    config = reading.table(found.get("config"))
    own = reading.unwrapped({"own": config.get("_wandb")})["own"]
    charts = own.get("visualize") if isinstance(own, Mapping) else None
    return charts if isinstance(charts, Mapping) else {}


def _run(
    at: Connection, project: Project, run_id: str, specs: Sequence[str]
) -> Mapping[str, Any] | None:
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "whole": not specs,
        "specs": list(specs),
        "sampled": bool(specs),
    }

    def ours() -> Mapping[str, Any] | None:
        answer = graphql.execute(at, MEDIA, variables)
        return graphql.of_run(at, answer, project)

    return graphql.asked(
        at,
        "media",
        ours,
        lambda: public_api.media(at.own, project, run_id, specs),
    )
