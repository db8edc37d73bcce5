"""What ``diff`` reports."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase

from wandbwatch.analysis.compare import Peers
from wandbwatch.analysis.dead_keys import known_keys, meant
from wandbwatch.analysis.objective import choose
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.commands.diff import Other
from wandbwatch.formatting import number
from wandbwatch.formatting.run_blocks import caveats, run_title
from wandbwatch.formatting.text import brief_names
from wandbwatch.model.address import Address, beside
from wandbwatch.model.cell import MISSING, Cell, latest
from wandbwatch.model.errors import NotFoundError, SourceError, UsageError
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Query
from wandbwatch.model.report import Block, Note, Report, Table
from wandbwatch.model.run import Json, Run
from wandbwatch.model.run_details import Provenance


def differences(
    one: Mapping[str, Json], other: Mapping[str, Json], ignored: Sequence[str] = ()
) -> tuple[tuple[str, Cell, Cell], ...]:
    """Return key and both values where they differ, in the order of the keys.

    NaN is the same as NaN. *ignored* are keys, what they begin with up to a dot or a
    slash, and globs.
    """
    return tuple(
        (key, one.get(key, MISSING), other.get(key, MISSING))
        for key in sorted({*one, *other})
        if not _is_ignored(key, ignored)
        and not (key in one and key in other and _same(one[key], other[key]))
    )


def _same(one: Json, other: Json) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return (type(one) is type(other) and one == other) or _same_number(one, other)


def _same_number(one: Json, other: Json) -> bool:
    """Whether they are equal as JSON: 1 and 1.0 are, 1 and true are not."""
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    bools = isinstance(one, bool) or isinstance(other, bool)
    return numbers and not bools and one == other


def _is_ignored(key: str, ignored: Sequence[str]) -> bool:
    return any(
        key == one or key.startswith((f"{one}.", f"{one}/")) or fnmatchcase(key, one)
        for one in ignored
    )


_COMPARED = ("configuration", "values")
_TIMES = 10
"""A larger change is a factor, not percent."""
_HEADING = 20
"""Columns of a run's name above its values, of which three fit a line."""
_MOST = 500
"""Runs among which the other one is looked for, the newest first."""


@dataclass(frozen=True)
class Side:
    run: Run
    provenance: Provenance = field(default_factory=Provenance)


def compared(
    env: Env,
    address: Address,
    other: Other,
    ignore: Sequence[str],
    aim: Objective | None,
) -> Iterator[Report]:
    source = env.source(address)
    run = source.run()
    notes: list[str] = []
    if other.address is not None:
        there = env.source(beside(address, other.address))
        one = there.run()
        if aim:
            notes.append("--best is for `diff RUN best` only")
    else:
        there = env.source(address.in_project(run))
        one = _chosen(there, run, other.word, aim, notes)
    sides = [
        Side(each, _provenance(place, each, notes))
        for place, each in ((source, run), (there, one))
    ]
    yield report(sides[0], sides[1], ignore, notes)


def _provenance(source: Source, run: Run, notes: list[str]) -> Provenance:
    try:
        return source.provenance(run.id)
    except SourceError as e:
        notes.append(f"code and packages of {run.id}: {e}")
        return Provenance()


def _chosen(
    project: Source, run: Run, word: str, aim: Objective | None, notes: list[str]
) -> Run:
    """Return the best, the previous or the last good one of the run's peers."""
    filters: Mapping[str, Json] = {"group": run.group} if run.group else {}
    found = project.runs(Query(filters, limit=_MOST)).runs
    peers = Peers.of(run, found)
    if word == "best":
        metric = choose(peers.others)
        aim = aim or metric.objective
        if peers.others and not aim:
            raise NotFoundError(metric.reason)
        other = peers.best(aim) if aim else None
        notes.append(f"best by {aim}")
    else:
        other = peers.previous if word == "previous" else peers.last_good
    if other is None:
        group = f" of group {run.group!r}" if run.group else ""
        what = {"best": "with a finite value to rank by", "previous": "before it"}
        hint = meant(aim.key, known_keys(peers.others)) if aim else ""
        raise NotFoundError(
            f"{run_title(run)} has no other run{group}"
            f" {what.get(word, 'before it that finished')}{hint}"
        )
    (whole,) = project.runs(Query(ids=(other.id,))).runs
    return whole


def report(
    here: Side, there: Side, ignored: Sequence[str] = (), notes: Sequence[str] = ()
) -> Report:
    """Report how *here* differs from *there*."""
    if here.run.id == there.run.id and here.run.project == there.run.project:
        raise UsageError(f"{here.run.id} is the same run on both sides")
    tables = (
        _table("run", _about(here.run), _about(there.run), ignored),
        _table("configuration", here.run.config, there.run.config, ignored),
        _table("values", _values(here.run), _values(there.run), ignored),
        _table(
            "code and machine", here.provenance.facts, there.provenance.facts, ignored
        ),
        _table(
            "packages", here.provenance.packages, there.provenance.packages, ignored
        ),
    )
    named = _headings(here.run, there.run)
    blocks: tuple[Block, ...] = tuple(
        replace(table, headings=named) for table in tables if table
    )
    if not blocks:
        blocks = (Note("no differences"),)
    extra = (Note(f"compared with {run_title(there.run)}"), *map(Note, notes))
    extra += tuple(caveats([here.run, there.run]))
    return Report(
        "diff",
        run_title(here.run),
        (*blocks, *extra),
        url=here.run.url,
        headline=f"{named['here']} against {named['there']}: {_counted(tables)}",
    )


def _counted(tables: Sequence[Table | None]) -> str:
    _, settings, values, *_ = tables
    found = [
        f"{len(table.rows)} {what}{'s' * (len(table.rows) > 1)}"
        for table, what in ((settings, "setting"), (values, "value"))
        if table
    ]
    verb = "differs" if found and len(found) == 1 and found[0][:2] == "1 " else "differ"
    return f"{' and '.join(found)} {verb}" if found else "same settings and values"


def _headings(here: Run, there: Run) -> Mapping[str, str]:
    short = brief_names([here.name, there.name], _HEADING)
    names = short[here.name], short[there.name]
    if names[0] == names[1]:
        names = here.id, there.id
    return dict(zip(("here", "there"), names, strict=True))


def _table(
    title: str,
    here: Mapping[str, Json],
    there: Mapping[str, Json],
    ignored: Sequence[str],
) -> Table | None:
    rows: tuple[tuple[Cell, ...], ...] = differences(here, there, ignored)
    if not rows:
        return None
    if title not in _COMPARED:
        return Table("", (title, "here", "there"), rows)
    changes = tuple(_change(one, other) for _, one, other in rows)
    also = (("Δ", changes),) if any(c is not MISSING for c in changes) else ()
    return Table("", (title, "here", "there"), rows, also=also)


def _change(here: Cell, there: Cell) -> Cell:
    """Word how a number differs *here*: ``+0.02 (+4.2%)``."""
    one, other = finite(latest(here)), finite(latest(there))
    if one is None or other is None:
        return MISSING
    moved = one - other
    sign = "+" if moved > 0 else "-"
    part = moved / abs(other) if other else math.nan
    if not math.isfinite(moved) or not math.isfinite(part):
        return f"{sign}{number(abs(moved))}" if math.isfinite(moved) else MISSING
    times = f"{one / other:.3g}×" if abs(part) >= _TIMES else f"{part:+.1%}"
    return f"{sign}{number(abs(moved))} ({times})"


def _about(run: Run) -> Mapping[str, Json]:
    runtime = None if run.runtime is None else str(timedelta(seconds=int(run.runtime)))
    found: dict[str, Json] = {
        "state": run.state.value,
        "exit code": run.exit_code,
        "runtime": runtime,
        "last step": run.last_step,
        "group": run.group,
        "job type": run.job_type,
        "tags": list(run.tags),
        "user": run.user,
        "host": run.host,
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _values(run: Run) -> Mapping[str, Json]:
    """Return its final values, without media and W&B's own keys."""
    return {
        key: value
        for key, value in run.summary.items()
        if key[:1] != "_" and not isinstance(value, Mapping)
    }
