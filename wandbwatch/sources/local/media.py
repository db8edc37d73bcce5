"""What few commands ask of a run: its media and files, its artifacts, what produced
it, and its sweep."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.machine import LARGEST, REQUIREMENTS, packages
from wandbwatch.analysis.ranking import finite
from wandbwatch.formatting.filenames import stays
from wandbwatch.model.address import Local
from wandbwatch.model.errors import NotFoundError, SourceError, UsageError
from wandbwatch.model.media import (
    Album,
    Artifact,
    Artifacts,
    Content,
    Medium,
    RunFile,
    Steps,
    When,
)
from wandbwatch.model.run import Json, Run
from wandbwatch.model.run_details import Provenance, Sweep
from wandbwatch.sources.local import records
from wandbwatch.sources.local.beside import follows, open_own
from wandbwatch.sources.local.items import ValueTree, items, row_step
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.summary import summary
from wandbwatch.sources.local.wire import (
    ARTIFACT,
    ENVIRONMENT,
    EXIT,
    HISTORY,
    USE_ARTIFACT,
    fields,
    integer,
    signed,
    text,
)

_TYPED = b"_type"


def album(logs: Sequence[RunLog], keys: Sequence[str], when: When) -> Album:
    """Read the media of one run's *logs*."""
    last = list(_media(summary(logs, None), None))
    known = tuple(dict.fromkeys(medium.key for medium in last))
    media = last if when is Steps.LAST else _of_each_step(_logged(logs, when))
    logged = {medium.key for medium in media}
    chosen = known_keys.chosen(keys, logged)
    return Album(
        tuple(m for m in sorted(media, key=_place) if m.key in chosen),
        records.charts(logs),
        known,
    )


def _of_each_step(media: Iterable[Medium]) -> list[Medium]:
    """Keep the later one where a resumed run logged a step again."""
    return list({(medium.key, medium.step): medium for medium in media}.values())


def _place(medium: Medium) -> tuple[str, int]:
    return medium.key, -1 if medium.step is None else medium.step


def _logged(logs: Iterable[RunLog], when: When) -> Iterator[Medium]:
    number = 0
    for log in logs:
        for kind, data, at, end in log.forward({HISTORY, EXIT}):
            if kind == EXIT:
                break
            if data.find(_TYPED, at, end) >= 0:
                step = int(row_step(data, at, end, number))
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


_PIECE = 1 << 18


def files(logs: Sequence[Path], paths: Collection[str] | None) -> tuple[RunFile, ...]:
    """Return the files of the run with *logs*; a resumed run's last ones count."""
    found: dict[str, RunFile] = {}
    for log in logs:
        root = log.parent / "files"
        names = _walked(root) if paths is None else filter(stays, paths)
        for name in names:
            if (one := _file(root, name)) is not None:
                found[name] = one
    return tuple(found[name] for name in sorted(found))


def _walked(root: Path) -> Iterator[str]:
    """Name the files below *root*; linked directories are not entered."""
    for place, _, names in os.walk(root):
        for name in names:
            yield PurePosixPath(Path(place, name).relative_to(root)).as_posix()


def _file(root: Path, name: str) -> RunFile | None:
    """Look at one file; it may be a link, which the SDK makes for ``wandb.save``."""
    path = root / name
    try:
        if not path.is_file() or not follows(path, root.parent):
            return None
        stat = path.stat()
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    updated = datetime.fromtimestamp(stat.st_mtime, UTC)
    return RunFile(name, stat.st_size, _content(path, root.parent), updated)


def _content(path: Path, directory: Path) -> Content:
    def read() -> Iterator[bytes]:
        try:
            with open_own(path, directory) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as e:
            raise SourceError(f"{path} cannot be read: {e.strerror or e}") from e

    return read


_TYPE, _NAME, _DESCRIPTION, _ALIAS, _MANIFEST = 4, 5, 7, 11, 12
_USED_TYPE, _USED_NAME = 2, 3
_ENTRY, _ENTRY_SIZE = 4, 4

UNKNOWN = "local files do not list artifacts that were logged online; ask W&B"


# A run that is offline writes all artifacts that it logs to its file. One that is
# online tells the server alone, and only what it uses is in its file.


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
            yield _logged_artifact(data, at, end, run_id)
        else:
            yield _used(data, at, end, run_id)


def _logged_artifact(data: bytes, at: int, end: int, run_id: str) -> Artifact:
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


_MOST_VALUES = 6
"""More different numbers than these are described by their range."""


def sweep(runs: Iterable[Run], path: Path) -> Sweep:
    """Describe the one sweep of *runs*; its parameters are what they vary.

    Raises NotFoundError when there is none, UsageError when there are several.
    """
    swept: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if run.sweep:
            swept[run.sweep].append(run)
    if not swept:
        raise NotFoundError(f"{Local(path)} has no run of a sweep; {_lists(path)}")
    if len(swept) > 1:
        names = ", ".join(sorted(swept))
        raise UsageError(
            f"{Local(path)} has runs of several sweeps; --id is one of {names}"
        )
    ((sweep_id, members),) = swept.items()
    born = [run.created for run in members if run.created]
    return Sweep(
        sweep_id,
        parameters=_varied(members),
        created=min(born, default=None),
        count=len(members),
    )


def _lists(path: Path) -> str:
    return f"`wandbwatch project {Local(path)}` lists its runs"


def _varied(runs: Iterable[Run]) -> Mapping[str, Mapping[str, Json]]:
    values: dict[str, list[Json]] = defaultdict(list)
    for run in runs:
        for key, value in run.config.items():
            if value not in values[key]:
                values[key].append(value)
    return {k: _spec(v) for k, v in sorted(values.items()) if len(v) > 1}


def _spec(values: list[Json]) -> Mapping[str, Json]:
    numbers = [n for n in map(finite, values) if n is not None]
    if len(numbers) == len(values) > _MOST_VALUES:
        return {"min": min(numbers), "max": max(numbers)}
    return {"values": values}
