"""What a run has beside its history: its files, its media and its console output.

Files are downloaded in chunks, with a time limit; only their server gets the API key.
The wandb package's ``File.download`` has no time limit, follows symlinks and writes
to a file name that the server chooses.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.machine import LARGEST, METADATA, REQUIREMENTS
from wandbwatch.analysis.machine import provenance as read
from wandbwatch.formatting import shown
from wandbwatch.model.errors import NetworkError, NotFoundError, TimeOutError
from wandbwatch.model.media import Album, Content, Medium, RunFile, Steps, When
from wandbwatch.model.run import Json, flat
from wandbwatch.model.run_details import Printed, Provenance
from wandbwatch.sources.cloud import failures, graphql, public_api, reading
from wandbwatch.sources.cloud.query import CONSOLE, FILES, MEDIA, WHOLE_CONSOLE, Project
from wandbwatch.sources.cloud.transport import (
    Connection,
    NoGraphqlError,
    UnknownFieldError,
    within,
)
from wandbwatch.sources.cloud.wandb_core import bound, prepared

_PIECE = 1 << 18
_SLOWEST = 1 << 17
"""Bytes a second: what comes slower is given up after a while."""
_MOST = 1 << 30
"""The size limit in bytes of a file whose size the server does not say."""


def content(direct: str, url: str, api: Any, server: str, size: int | None) -> Content:
    """Return a function that downloads from *direct*, a signed URL, or from *url*."""
    wanted = urljoin(f"{server}/", direct or url)

    def fetch() -> Iterator[bytes]:
        import requests  # noqa: PLC0415 (it takes long to import)

        give_up = time.monotonic() + bound() + (size or 0) / _SLOWEST
        left = _MOST if size is None else size
        pieces = _pieces(wanted, api, server)
        try:
            while piece := _within(give_up, pieces):
                if (left := left - len(piece)) < 0:
                    raise NetworkError(f"{server} sent more data than the file has")
                yield piece
        except (TimeoutError, requests.Timeout) as e:
            what = f"a file of {server} did not come in time; try again"
            raise TimeOutError(what) from e
        except requests.RequestException as e:
            # its message may contain the signed URL
            what = f"a file of {server} can't be fetched: {type(e).__name__}; try again"
            raise NetworkError(what) from None

    return fetch


def _pieces(wanted: str, api: Any, server: str) -> Iterator[bytes]:
    import requests  # noqa: PLC0415 (it takes long to import)

    ours = urlsplit(wanted)[:2] == urlsplit(server)[:2]
    with requests.get(
        wanted,
        auth=("api", api.api_key) if ours and api.api_key else None,
        headers={"Accept-Encoding": "identity"},
        stream=True,
        timeout=min(20, bound()),
    ) as answer:
        _check(answer.status_code, server)
        yield from answer.iter_content(_PIECE)


def _within(give_up: float, pieces: Iterator[bytes]) -> bytes:
    """Return the next chunk, empty at the end; a slow drip evades socket time-outs."""
    left = max(0.001, give_up - time.monotonic())
    return within(left, lambda: next(pieces, b""), lambda: None)


def _check(status: int, server: str) -> None:
    if status == 404:  # noqa: PLR2004
        raise NotFoundError(f"{server} has lost this file, or it is not uploaded yet")
    if status != 200:  # noqa: PLR2004
        raise NetworkError(f"{server} does not give this file: HTTP {status}")


_PAGE = 500


def files(
    at: Connection,
    project: Project,
    run_id: str,
    paths: Sequence[str] | None,
    server: str,
) -> tuple[RunFile, ...] | None:
    """Return a run's files, or those of *paths* if given; None if there is no run."""
    nodes = _asked(at, project, run_id, paths)
    if nodes is None:
        return None
    wanted = None if paths is None else set(paths)
    found = (_file(node, at.api, server) for node in nodes)
    listed = (one for one in found if wanted is None or one.path in wanted)
    return tuple(sorted(listed, key=lambda one: one.path))


def _asked(
    at: Connection, project: Project, run_id: str, paths: Sequence[str] | None
) -> list[Mapping[str, Any]] | None:
    return graphql.asked(
        at,
        "files",
        lambda: _nodes(at, project, run_id, paths),
        lambda: public_api.files(at.own, project, run_id, paths),
    )


def _nodes(
    at: Connection, project: Project, run_id: str, paths: Sequence[str] | None
) -> list[Mapping[str, Any]] | None:
    nodes: list[Mapping[str, Any]] = []
    for names in _parts(paths):
        found = list(_pages(at, project, run_id, names))
        if None in found:
            return None
        nodes += [node for page in found for node in page or ()]
    return nodes


def _parts(paths: Sequence[str] | None) -> list[Sequence[str]]:
    """Split the names into requests; no names means all files."""
    if paths is None:
        return [()]
    return [paths[i : i + _PAGE] for i in range(0, len(paths), _PAGE)]


def _pages(
    at: Connection, project: Project, run_id: str, names: Sequence[str]
) -> Iterator[list[Mapping[str, Any]] | None]:
    after = None
    while True:
        variables = {
            "entity": project.entity,
            "project": project.name,
            "run": run_id,
            "names": list(names),
            "after": after,
            "first": _PAGE,
        }
        run = graphql.of_run(at, graphql.execute(at, FILES, variables), project)
        if run is None:
            yield None
            return
        listed = graphql.part(run, "files") or {}
        yield [graphql.part(edge, "node") or {} for edge in listed.get("edges") or ()]
        page = graphql.part(listed, "pageInfo") or {}
        after = page.get("endCursor")
        if not page.get("hasNextPage") or not after:
            return


def _file(node: Mapping[str, Any], api: Any, server: str) -> RunFile:
    size = reading.number(node.get("sizeBytes"))
    known = None if size is None or not 0 <= size < 1 << 62 else int(size)
    urls = reading.text(node.get("directUrl")), reading.text(node.get("url"))
    return RunFile(
        reading.text(node.get("name")),
        known,
        content(*urls, api, server, known),
        reading.moment(node.get("updatedAt")),
    )


PATHS = (METADATA, REQUIREMENTS)


def provenance(files: Sequence[RunFile]) -> Provenance:
    """Read the provenance from those of *files* that hold it; raises SourceError."""
    texts = {
        one.path: b"".join(one.content()).decode(errors="replace")
        for one in files
        if one.path in PATHS and (one.size or 0) <= LARGEST
    }
    return read(texts.get(METADATA, ""), texts.get(REQUIREMENTS, ""))


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


_FILE = "output.log"


def console(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Return the last *last* lines, 0: all; None if the run does not exist.

    How a long log is paged depends on the server's version; the package handles that.
    If the server has no lines, they are read from the run's file.
    """

    def exported() -> tuple[Printed, ...] | None:
        try:
            found = public_api.console(at.own, project, run_id, last)
        except NoGraphqlError:
            return _paged(at, project, run_id, last)
        except Exception as e:
            if not failures.unknown_field(e):
                raise
            at.unknown.add("lines")
            return _of_file(at, project, run_id, last)
        return None if found is None else tuple(map(_printed, found))

    if "lines" in at.unknown:
        return _of_file(at, project, run_id, last)
    if not last:
        with prepared(private_runs=True):
            return exported()
    return graphql.asked(
        at, "console", lambda: newest(at, project, run_id, last), exported
    )


def _of_file(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    found = files(at, project, run_id, [_FILE], at.server)
    if found is None:
        return None
    if not found:
        raise NotFoundError(
            f"{at.server} keeps no console lines, and the run has no {_FILE} yet"
        )
    text = b"".join(found[0].content()).decode(errors="replace")
    lines = text.splitlines()[-last:]
    return tuple(Printed(shown(line)) for line in lines)


def newest(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Request the last *last* lines with one document; None if there is no such run."""
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "last": last,
    }
    run = graphql.of_run(at, graphql.execute(at, CONSOLE, variables), project)
    if run is None:
        return None
    return tuple(_lines(graphql.part(run, "logLines") or {}))


def _paged(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Read a whole log page by page, as newer packages do."""
    if "console" in at.unknown:
        return _of_file(at, project, run_id, last)
    variables: dict[str, Any] = {"entity": project.entity, "project": project.name}
    variables |= {"run": run_id, "after": None}
    found: list[Printed] = []
    while True:
        try:
            answer = graphql.execute(at, WHOLE_CONSOLE, variables)
        except UnknownFieldError:
            at.unknown.add("lines")
            return _of_file(at, project, run_id, last)
        run = graphql.of_run(at, answer, project)
        if run is None:
            return None
        listed = graphql.part(run, "logLines") or {}
        found += _lines(listed)
        page = graphql.part(listed, "pageInfo") or {}
        variables["after"] = page.get("endCursor")
        if not page.get("hasNextPage") or not variables["after"]:
            return tuple(found)


def _lines(listed: Mapping[str, Any]) -> Iterator[Printed]:
    edges = listed.get("edges")
    nodes = (graphql.part(edge, "node") or {} for edge in edges or ())
    return (
        Printed(
            shown(reading.text(node.get("line")).rstrip("\n")),
            node.get("level") == "error",
            reading.moment(node.get("timestamp")),
        )
        for node in nodes
    )


def _printed(line: Any) -> Printed:
    """Read a ``wandb.apis.public.ConsoleLogLine``."""
    text = shown(line.content.rstrip("\n"))
    return Printed(text, line.level == "error", line.timestamp)
