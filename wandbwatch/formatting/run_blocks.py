"""The title, the page and the shared blocks of reports about runs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from wandbwatch.formatting.numbers import duration
from wandbwatch.formatting.text import headline_names
from wandbwatch.model.address import Address, Several
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.report import Fields, Note, Subject, Table
from wandbwatch.model.run import Run, State

_MOST_CAVEATS = 5
MOST_CARDS = 3
"""More runs than this with the same news share one table."""
_NO_MORE: Mapping[str, Cell] = MappingProxyType({})


def run_fields(
    run: Run, only: Collection[str] = (), more: Mapping[str, Cell] = _NO_MORE
) -> Fields:
    """Return what describes a run, in the one order that all reports keep.

    *only* names the fields to show; none shows all. *more* comes after the last step.
    """
    items: dict[str, Cell] = {
        "state": run.state,
        "user": run.user,
        "created": run.created,
        "last heard": run.heartbeat,
        "runtime": None if run.runtime is None else timedelta(seconds=run.runtime),
        "last step": run.last_step,
        **more,
        "exit code": run.exit_code,
        "group": run.group,
        "job type": run.job_type,
        "tags": run.tags,
        "sweep": run.sweep,
        "host": run.host,
    }
    shown = (item for item in items.items() if not only or item[0] in only)
    return Fields("run", tuple((key, cell) for key, cell in shown if _known(cell)))


def runs_table(
    columns: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    urls: Sequence[str | None],
) -> Table:
    """Return one table of many runs, without the columns that no run fills."""
    filled = [
        place
        for place in range(len(columns))
        if any(row[place] is not MISSING for row in rows)
    ]
    names = tuple(columns[place] for place in filled)
    found = tuple(tuple(row[place] for place in filled) for row in rows)
    spare = ("id", "last step", "exit code", "runtime", "group", "for")
    said = tuple("" if name in ("why", "note") else name for name in names)
    brief = Table("runs", said, found, tuple(urls), spare=spare)
    return Table("runs", names, found, tuple(urls), brief=brief)


def caveats(runs: Sequence[Run]) -> Iterator[Note]:
    """Say what the source of *runs* could not read, or took from elsewhere.

    Each run in an unknown state is named with its reason, those of one reason together.
    """
    unknown: dict[str, list[Run]] = {}
    noted: list[Run] = []
    for run in runs:
        if run.caveats and run.state is State.UNKNOWN and len(runs) > 1:
            unknown.setdefault("; ".join(run.caveats), []).append(run)
        elif run.caveats:
            noted.append(run)
    for reason, found in unknown.items():
        names = ", ".join(run_name(run) for run in found[:_MOST_CAVEATS])
        more = len(found) - _MOST_CAVEATS
        yield Note(f"{names}{f' and {more} more' if more > 0 else ''}: {reason}")
    for run in noted[:_MOST_CAVEATS]:
        text = "; ".join(run.caveats)
        yield Note(text if len(runs) == 1 else f"{run_name(run)}: {text}")
    if (more := len(noted) - _MOST_CAVEATS) > 0:
        which = "1 more run is" if more == 1 else f"{more} more runs are"
        yield Note(f"{which} incomplete like these")


def _known(cell: Cell) -> bool:
    return cell is not None and cell not in ("", (), MISSING)


def run_title(run: Run) -> str:
    path = "/".join(part for part in (run.entity, run.project, run.id) if part)
    return f"{run.name} ({path})"


def labels(runs: Sequence[Run]) -> dict[str, str]:
    """Return what to call each of *runs*, by id: what differs within its group."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.group, []).append(run)
    found: dict[str, str] = {}
    for several in groups.values():
        short = headline_names(run.name for run in several)
        found |= {run.id: short[run.name] for run in several}
    return found


def run_name(run: Run) -> str:
    """Return the name and the id of *run*, or what both are."""
    return run.name if run.name == run.id else f"{run.name} ({run.id})"


def run_subject(run: Run) -> Subject:
    path = "/".join(part for part in (run.entity, run.project, run.id) if part)
    return Subject(path, run_name(run))


def where(run: Run) -> str:
    """Return how far *run* came: `` (step 29,900, 2h 29m)``."""
    parts = []
    if run.last_step is not None:
        parts.append(f"step {run.last_step:,}")
    if run.runtime and run.runtime >= 1:
        parts.append(duration(timedelta(seconds=round(run.runtime))))
    return f" ({', '.join(parts)})" if parts else ""


def project_path(run: Run) -> str:
    return "/".join(part for part in (run.entity, run.project) if part)


def project_paths(runs: Sequence[Run]) -> Sequence[str]:
    return sorted(_project_paths(runs) - {""})


def _project_paths(runs: Sequence[Run]) -> set[str]:
    firsts = {(run.entity, run.project): run for run in runs}
    return {project_path(run) for run in firsts.values()}


def by_project(runs: Iterable[Run]) -> Mapping[str, Sequence[Run]]:
    """Return the runs of each project; a directory may have several."""
    found: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        found[project_path(run)].append(run)
    return found


def runs_title(address: Address, runs: Sequence[Run]) -> str:
    """Name the project at *address*; *runs* fill in what the user left out."""
    if isinstance(address, Several):
        return str(address)
    names = project_paths(runs)
    if len(names) > 1 and not address.sweep:
        return f"{len(names)} projects in {address}"
    if address.sweep or not names or "" in _project_paths(runs):
        return str(address)
    return f"{names[0]} in {address}" if address.local else names[0]


def runs_page(runs: Sequence[Run]) -> str | None:
    """Return the URL of the project of *runs*, with which that of a run begins; None
    for several projects."""
    if len(project_paths(runs)) > 1:
        return None
    head, found, _ = ((runs[0].url if runs else None) or "").rpartition("/runs/")
    return head if found else None
