"""The current state of runs: a subscription's first report, `events` in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wandbwatch import formatting
from wandbwatch.analysis.compare import best_by_project, best_of
from wandbwatch.analysis.eta import glance
from wandbwatch.analysis.ranking import Objective
from wandbwatch.analysis.several import Gathered, located
from wandbwatch.commands.events.lifecycle import ACTIVE, DetectOptions
from wandbwatch.formatting.run_blocks import (
    by_project,
    caveats,
    project_path,
    project_paths,
    runs_page,
    runs_title,
)
from wandbwatch.model.address import Address
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.query import Listing
from wandbwatch.model.report import Block, Note, Report, Table
from wandbwatch.model.run import Run

_MOST_RUNNING = 20


def greeting(address: Address, found: Listing, aims: Sequence[Objective]) -> Report:
    """Report how many runs there are and which is best."""
    runs = found.runs
    active = sum(run.state in ACTIVE for run in runs)
    count = "1 run" if found.total == 1 else f"{found.total} runs"
    title = f"{runs_title(address, runs)}: {count}, {active} running"
    blocks: list[Block] = [Note("new events will be reported here")]
    projects = by_project(runs)
    several = len(projects) > 1
    blocks += (
        best_by_project([*projects.items()], aims) if several else best_of(runs, aims)
    )
    url = runs_page(runs)
    return Report("events", title, tuple(blocks), url=url, event=True)


def present(
    found: Gathered[Listing],
    rules: DetectOptions,
    now: datetime,
    said: Sequence[str] = (),
) -> Report:
    """Report to a terminal, which remembers nothing, how the runs are now."""
    runs = tuple(
        located(run, address) if found.several else run
        for address, one in found.found
        for run in one.runs
    )
    total = sum(one.total for _, one in found.found)
    first = greeting(found.address, Listing(runs, total), rules.aims)
    best = first.blocks[1:]
    if found.several:
        parts = [(str(address), one.runs) for address, one in found.found]
        best = tuple(best_by_project(parts, rules.aims))
    active = [run for run in runs if run.state in ACTIVE]
    apart = found.several or len(project_paths(runs)) > 1
    place = ("project",) if apart else ()
    rows = tuple(
        (*((project_path(run),) if place else ()), *_running(run, rules, now))
        for run in active[:_MOST_RUNNING]
    )
    columns = ("progress", "name", "id", "state", "last step", "since", "runtime")
    blocks: list[Block] = list(best)
    if rows:
        links = tuple(run.url for run in active[:_MOST_RUNNING])
        spare = ("id", "runtime", "last step")
        table = Table("running", (*place, *columns), rows, links, spare=spare)
        blocks.append(replace(table, brief=_in_words(table)))
    if (left := len(active) - len(rows)) > 0:
        blocks.append(Note(f"{left} more are running"))
    blocks += [*caveats(runs), *found.notes, *map(Note, said)]
    blocks.append(
        Note(
            "this is the current state; a subscription of watch.toml"
            " reports what happened since its last check"
        )
    )
    return Report("events", first.title, tuple(blocks), url=first.url)


def _in_words(table: Table) -> Table:
    """Say of each run when it logged its last step, and of a stalled one that it is."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    for row in rows:
        ago = f"{formatting.cell(row.pop('since'))} ago"
        step = row["last step"]
        row["last step"] = f"{step:,}, {ago}" if isinstance(step, int) else ago
    if all(row["progress"] == "running" for row in rows):
        rows = [{k: cell for k, cell in row.items() if k != "progress"} for row in rows]
    cells = tuple(tuple(row.values()) for row in rows)
    return replace(table, columns=tuple(rows[0]), rows=cells)


def _running(run: Run, rules: DetectOptions, now: datetime) -> tuple[Cell, ...]:
    how = glance(run, now.timestamp(), rules.least)
    return (
        "stalled" if how.too_long else "running",
        run.name,
        run.id,
        run.state,
        MISSING if run.last_step is None else run.last_step,
        timedelta(seconds=round(how.seconds)),
        MISSING if run.runtime is None else timedelta(seconds=run.runtime),
    )
