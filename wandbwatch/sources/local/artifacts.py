"""Artifacts in the .wandb files of runs.

A run that is offline writes all that it logs there; one that is online tells the server
alone, and only what it uses is in its file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wandbwatch.model.media import Artifact, Artifacts
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import (
    ARTIFACT,
    USE_ARTIFACT,
    fields,
    integer,
    signed,
    text,
)

_TYPE, _NAME, _DESCRIPTION, _ALIAS, _MANIFEST = 4, 5, 7, 11, 12
_USED_TYPE, _USED_NAME = 2, 3
_ENTRY, _ENTRY_SIZE = 4, 4

UNKNOWN = "local files do not list artifacts that were logged online; ask W&B"


def artifacts(logs: Sequence[RunLog], run_id: str) -> Artifacts:
    """Read what one run's *logs* hold, the newest first."""
    found = [one for log in logs for one in _found(log, run_id)]
    return Artifacts(tuple(_moved(reversed(found))), unknown=UNKNOWN)


def _moved(newest_first: Iterable[Artifact]) -> Iterator[Artifact]:
    """Leave an alias to the newest version that was given it, as W&B does."""
    taken: set[tuple[str, str]] = set()
    for one in newest_first:
        aliases = tuple(a for a in one.aliases if (one.name, a) not in taken)
        taken |= {(one.name, alias) for alias in aliases}
        yield replace(one, aliases=aliases)


def _found(log: RunLog, run_id: str) -> Iterator[Artifact]:
    for kind, data, at, end in log.forward({ARTIFACT, USE_ARTIFACT}):
        if kind == ARTIFACT:
            yield _logged(data, at, end, run_id)
        else:
            yield _used(data, at, end, run_id)


def _logged(data: bytes, at: int, end: int, run_id: str) -> Artifact:
    texts: dict[int, str] = {}
    aliases: list[str] = []
    sizes: list[int] = []
    for number, start, stop in fields(data, at, end):
        if number in (_TYPE, _NAME, _DESCRIPTION):
            texts[number] = text(data, start, stop)
        elif number == _ALIAS:
            aliases.append(text(data, start, stop))
        elif number == _MANIFEST:
            sizes = list(_sizes(data, start, stop))
    return Artifact(
        texts.get(_NAME, ""),
        texts.get(_TYPE, ""),
        aliases=tuple(aliases),
        size=sum(sizes),
        files=len(sizes),
        description=texts.get(_DESCRIPTION, ""),
        run=run_id,
    )


def _sizes(data: bytes, at: int, end: int) -> Iterator[int]:
    """Yield how large each file of a manifest is."""
    for number, start, stop in fields(data, at, end):
        if number == _ENTRY:
            size = 0
            for inner, begin, _ in fields(data, start, stop):
                if inner == _ENTRY_SIZE:
                    size = max(0, signed(integer(data, begin)))
            yield size


def _used(data: bytes, at: int, end: int, run_id: str) -> Artifact:
    parts = {n: text(data, start, stop) for n, start, stop in fields(data, at, end)}
    name, colon, version = parts.get(_USED_NAME, "").partition(":")
    kind = parts.get(_USED_TYPE, "")
    return Artifact(name, kind, version if colon else "", used=True, run=run_id)
