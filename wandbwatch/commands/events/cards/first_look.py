"""The report of the first check: how many runs, and which is best."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from wandbwatch.analysis.compare import best_of
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.lifecycle import ACTIVE, DetectOptions
from wandbwatch.commands.events.lifecycle.progress import glance
from wandbwatch.formatting import titles
from wandbwatch.model.address import Address
from wandbwatch.model.query import Listing
from wandbwatch.model.report import MISSING, Block, Cell, Note, Report, Table
from wandbwatch.model.run import Run

_MOST = 20


def greeting(address: Address, found: Listing, aims: Sequence[Objective]) -> Report:
    """Say how many runs there are and which of them is best."""
    runs = found.runs
    active = sum(run.state in ACTIVE for run in runs)
    count = "1 run" if found.total == 1 else f"{found.total} runs"
    title = f"{titles.of_runs(address, runs)}: {count}, {active} running"
    blocks: list[Block] = [Note("new events will be reported here")]
    blocks += best_of(runs, aims)
    url = titles.page_of_runs(runs)
    return Report("events", title, tuple(blocks), url=url, event=True)


def present(
    address: Address, found: Listing, rules: DetectOptions, now: datetime
) -> Report:
    """Say for a terminal, which remembers nothing, how the runs are now."""
    told = greeting(address, found, rules.aims)
    active = [run for run in found.runs if run.state in ACTIVE]
    rows = tuple(_row(run, rules, now) for run in active[:_MOST])
    columns = ("progress", "name", "id", "state", "last step", "since", "runtime")
    blocks: list[Block] = list(told.blocks[1:])
    if rows:
        links = tuple(run.url for run in active[:_MOST])
        blocks.append(Table("running", columns, rows, links))
    if (left := len(active) - len(rows)) > 0:
        blocks.append(Note(f"{left} more are running"))
    blocks.append(
        Note(
            "this is the state now; a subscription of watch.toml"
            " reports what happened since its last check"
        )
    )
    return Report("events", told.title, tuple(blocks), url=told.url)


def _row(run: Run, rules: DetectOptions, now: datetime) -> tuple[Cell, ...]:
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
