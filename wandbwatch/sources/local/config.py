"""A run's configuration: its run record's, then every change, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wandbwatch.model.run import Json, flat
from wandbwatch.sources.local.items import REMOVE, UPDATE, Path, item, items, value
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import CONFIG, RUN, fields

_OWN = "_wandb"  # what W&B itself keeps in there
_CONFIG_OF_RUN = 4


def config(logs: Sequence[RunLog]) -> dict[str, Json]:
    """Return the flat configuration of one run's logs."""
    tree = _tree(logs)
    tree.pop(_OWN, None)
    return dict(sorted(flat(tree).items()))


def charts(logs: Sequence[RunLog]) -> Mapping[str, Json]:
    """Return W&B's ``visualize`` by key: a later ``_wandb`` does not take it back."""
    found: dict[str, Json] = {}
    for log in logs:
        for _, data, at, end in log.forward({CONFIG}):
            for path, chart in items(data, at, end):
                if path[:2] == (_OWN, "visualize") and len(path) > 2:  # noqa: PLR2004
                    found[".".join(path[2:])] = chart
    return found


def _tree(logs: Sequence[RunLog]) -> dict[str, Json]:
    tree: dict[str, Json] = {}
    for log in logs:
        for kind, data, at, end in log.forward({RUN, CONFIG}):
            if kind == CONFIG:
                _apply(tree, data, at, end)
                continue
            for number, start, stop in fields(data, at, end):
                if number == _CONFIG_OF_RUN:
                    _apply(tree, data, start, stop)
    return tree


def _apply(tree: dict[str, Json], data: bytes, at: int, end: int) -> None:
    for number, start, stop in fields(data, at, end):
        path, place = item(data, start, stop)
        if number == UPDATE:
            _set(tree, path, value(data, place))
        elif number == REMOVE:
            _remove(tree, path)


def _set(tree: dict[str, Json], path: Path, found: Json) -> None:
    for label in path[:-1]:
        inner = tree.get(label)
        if not isinstance(inner, dict):
            inner = tree[label] = {}
        tree = inner
    tree[path[-1]] = found


def _remove(tree: dict[str, Json], path: Path) -> None:
    for label in path[:-1]:
        inner = tree.get(label)
        if not isinstance(inner, dict):
            return
        tree = inner
    tree.pop(path[-1], None)
