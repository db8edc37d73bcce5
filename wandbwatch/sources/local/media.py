"""Media that a run logged: the last ones of its summary, or those of its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from wandbwatch.analysis import keys as known_keys
from wandbwatch.model.media import Album, Medium, Steps, When
from wandbwatch.model.run import Json
from wandbwatch.sources.local import config, history
from wandbwatch.sources.local.items import items
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.proto_fields import EXIT, HISTORY
from wandbwatch.sources.local.summary import summary
from wandbwatch.sources.local.value_tree import ValueTree

_TYPED = b"_type"


def album(logs: Sequence[RunLog], keys: Sequence[str], when: When) -> Album:
    """Read the media of one run's *logs*."""
    last = list(_media(summary(logs, None), None))
    known = tuple(dict.fromkeys(medium.key for medium in last))
    media = last if when is Steps.LAST else list(_logged(logs, when))
    logged = {medium.key for medium in media}
    chosen = known_keys.chosen(keys, logged)
    return Album(
        tuple(m for m in sorted(media, key=_place) if m.key in chosen),
        config.charts(logs),
        known,
    )


def _place(medium: Medium) -> tuple[str, int]:
    return medium.key, -1 if medium.step is None else medium.step


def _logged(logs: Iterable[RunLog], when: When) -> Iterator[Medium]:
    number = 0
    for log in logs:
        for kind, data, at, end in log.forward({HISTORY, EXIT}):
            if kind == EXIT:
                break
            if data.find(_TYPED, at, end) >= 0:
                step = int(history.step(data, at, end, number))
                if when in (Steps.ALL, step):
                    yield from _media(_row(data, at, end), step)
            number += 1


def _row(data: bytes, at: int, end: int) -> Mapping[str, Json]:
    """Read a row; a typed value is there as JSON or as an item for each of its own."""
    tree = ValueTree()
    for path, value in items(data, at, end):
        tree.add(path, value)
    return tree.flat()


def _media(row: Mapping[str, Json], step: int | None) -> Iterator[Medium]:
    for key, value in row.items():
        if isinstance(value, Mapping) and isinstance(kind := value.get("_type"), str):
            yield Medium(key, kind, value, step)
