"""The sweeps of a project, where an address names no sweep."""

from __future__ import annotations

from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.ports import Source
from wandbwatch.model.report import MISSING, Cell, Note, Report, Table
from wandbwatch.model.run import Sweep

_COLUMNS = ("state", "id", "name", "method", "metric", "runs", "expected", "created")


def project_of(address: Address) -> Cloud | None:
    """Return the project that PROJECT/SWEEP is when it is read as ENTITY/PROJECT."""
    if not isinstance(address, Cloud) or address.entity or not address.project:
        return None
    return Cloud(address.project, address.sweep, server=address.server)


def listed(project: Cloud, source: Source, missing: NotFoundError) -> Report:
    """List the sweeps of *project*; raise *missing* where that is a sweep."""
    try:
        sweeps = source.sweeps()
    except NotFoundError as e:
        raise (missing if str(missing).startswith("sweep ") else e) from None
    if not sweeps:
        return Report("sweep", f"{project}: no sweeps", (Note("no sweeps here yet"),))
    rows = tuple(map(_row, sweeps))
    title = f"{project}: {len(sweeps)} sweep{'s' if len(sweeps) > 1 else ''}"
    shows = Note(f"`wandbwatch sweep {project}/{sweeps[0].id}` shows the newest")
    links = tuple(one.url for one in sweeps)
    return Report("sweep", title, (Table("sweeps", _COLUMNS, rows, links), shows))


def _row(one: Sweep) -> tuple[Cell, ...]:
    return (
        one.state.lower() or MISSING,
        one.id,
        one.name or MISSING,
        one.method or MISSING,
        one.metric or MISSING,
        MISSING if one.count is None else one.count,
        MISSING if one.expected is None else one.expected,
        one.created or MISSING,
    )
