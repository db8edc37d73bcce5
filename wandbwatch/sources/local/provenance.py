"""What produced a run: its environment record, and the packages beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from wandbwatch.analysis.machine import LARGEST, REQUIREMENTS, packages
from wandbwatch.model.run_details import Provenance
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.media import files
from wandbwatch.sources.local.wire import ENVIRONMENT, fields, integer, text

_ARGUMENTS, _GIT = 5, 9
_TEXTS = {
    1: "system",
    2: "python",
    4: "docker image",
    6: "program",
    7: "code",
    12: "host",
    18: "gpu",
    25: "cuda",
}
_COUNTS = {16: "cpu cores", 19: "gpus"}
_REMOTE, _COMMIT = 1, 2


def provenance(logs: Sequence[RunLog], paths: Sequence[Path]) -> Provenance:
    """Return what produced the last part of a run, from *logs* at *paths*."""
    facts: dict[str, str] = {}
    for log in logs:
        for _, data, at, end in log.forward({ENVIRONMENT}, until=_HEAD):
            facts |= _facts(data, at, end)  # what is known later comes in another
    return Provenance(dict(sorted(facts.items())), packages(_requirements(paths)))


_HEAD = 1 << 20
"""The record is among this many bytes from a log's start."""


def _facts(data: bytes, at: int, end: int) -> Iterator[tuple[str, str]]:
    arguments = []
    for number, start, stop in fields(data, at, end):
        if number in _TEXTS and (found := text(data, start, stop)):
            yield _TEXTS[number], found
        elif number in _COUNTS and (count := integer(data, start)):
            yield _COUNTS[number], str(count)
        elif number == _ARGUMENTS:
            arguments.append(text(data, start, stop))
        elif number == _GIT:
            yield from _git(data, start, stop)
    if arguments:
        yield "arguments", " ".join(arguments)


def _git(data: bytes, at: int, end: int) -> Iterator[tuple[str, str]]:
    for number, start, stop in fields(data, at, end):
        if number in (_REMOTE, _COMMIT) and (found := text(data, start, stop)):
            yield ("remote" if number == _REMOTE else "commit"), found


def _requirements(paths: Sequence[Path]) -> str:
    for one in files(paths, [REQUIREMENTS]):
        if one.size is None or one.size <= LARGEST:
            return b"".join(one.content()).decode(errors="replace")
    return ""
