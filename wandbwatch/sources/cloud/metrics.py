"""What a run declared with define_metric, as W&B's own part of its config has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wandbwatch.sources.cloud import reading
from wandbwatch.sources.cloud.query import Node

_CONFIG = "_wandb"
_NAME, _GLOB, _STEP_METRIC, _STEP_INDEX = "1", "2", "4", "5"
"""The numbers of MetricRecord's fields, which stand for their names there.
https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto
"""


def beside(config: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Add to the *config* keys that are asked for what `own_axes` reads."""
    return None if config is None else (*config, _CONFIG)


def own_axes(node: Node, keys: Iterable[str]) -> dict[str, str]:
    """Return the step metric of each of *keys* that has one, a name before a glob."""
    own = reading.unwrapped({"own": reading.table(node.get("config")).get(_CONFIG)})
    metrics = list(_metrics(own["own"]))
    names, globs = {}, {}
    for metric in metrics:
        over = _over(metric, metrics)
        name, glob = _text(metric, _NAME), _text(metric, _GLOB)
        if over and name:
            names[name.replace("\\.", ".")] = over
        elif over and glob:
            globs[glob.removesuffix("*")] = over
    found = {}
    for key in keys:
        fitting = (over for start, over in globs.items() if key.startswith(start))
        over = names.get(key) or next(fitting, "")
        if over and over != key:
            found[key] = over
    return found


def _metrics(own: Any) -> Iterator[Mapping[str, Any]]:
    listed = own.get("m") if isinstance(own, Mapping) else None
    for metric in listed if isinstance(listed, list) else ():
        yield metric if isinstance(metric, Mapping) else {}


def _over(metric: Mapping[str, Any], metrics: list[Mapping[str, Any]]) -> str:
    """Return its step metric, which is named or, counted from 1, one of *metrics*."""
    if name := _text(metric, _STEP_METRIC):
        return name
    at = metric.get(_STEP_INDEX)
    if isinstance(at, int | float) and 1 <= at <= len(metrics):
        return _text(metrics[int(at) - 1], _NAME).replace("\\.", ".")
    return ""


def _text(metric: Mapping[str, Any], field: str) -> str:
    return reading.text(metric.get(field))
