"""Ask for the runs of image, and draw them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wandbwatch.analysis import delta as deltas
from wandbwatch.analysis.dead_keys import (
    CONFIG,
    absent,
    demand,
    meant,
    sampled_keys,
    unvalued,
)
from wandbwatch.commands.image.parse import GROUPED, NEWEST, Pair
from wandbwatch.commands.image.plotting import View, scattered
from wandbwatch.commands.image.plotting.answer import report
from wandbwatch.commands.image.select import CurveSelector
from wandbwatch.formatting.run_blocks import runs_page, runs_title
from wandbwatch.model.address import Address
from wandbwatch.model.ports import Env
from wandbwatch.model.query import Query
from wandbwatch.model.report import Note, Report
from wandbwatch.model.run import Json, Run
from wandbwatch.options import NO_FILTERS

_SCATTERED = 500
"""How many runs a scatter plot asks for."""


def query(
    ids: tuple[str, ...], view: View, filters: Mapping[str, Json] = NO_FILTERS
) -> Query:
    """Ask for the runs, and of each what it is grouped or ranked by."""
    limit = 0 if ids else GROUPED if view.group_by else NEWEST
    found = Query(filters, ids=ids, limit=limit, summary=(), config=())
    if view.group_by.startswith("config."):
        found = replace(found, config=(view.group_by.removeprefix("config."),))
    if view.best:
        way = "-" if view.best.largest else "+"
        order = f"{way}summary_metrics.{view.best.key}"
        found = replace(found, summary=(view.best.key,), order=order)
    return found


def plots(
    env: Env,
    address: Address,
    query: Query,
    wanted: Sequence[str],
    view: View,
    *,
    delta: bool,
) -> Iterator[Report]:
    """Plot curves and distributions; *wanted* are the keys, empty for likely ones."""
    source = env.source(address)
    asker = CurveSelector(
        source, query, view.axis, clocked=bool(view.last), address=address
    )
    found = asker.asked(wanted) if wanted else asker.guessed()
    demand(env, wanted, found.unknown)
    demand(env, [view.axis.key] if view.axis else [], found.unknown)
    for name in _unvalued(found.runs, view):
        known = sampled_keys(source, replace(query, filters={}))
        if name not in known:
            why = unvalued(name, known)
            demand(env, [name], {name: why} if absent(name, known) else {})
            found = replace(found, notes=(*found.notes, why))
            if view.best and view.best.key == name:
                view = replace(view, best=None)
    since = deltas.Since.last(env.memory) if delta else None
    answer = report(address, found, view, since)
    if since:
        deltas.remember(env.memory, answer)
    yield answer


def _unvalued(runs: Sequence[Run], view: View) -> Iterator[str]:
    """Yield the keys that runs are ranked or grouped by, and that none of them has."""
    if view.best and runs and not view.best.ranked(runs):
        yield view.best.key
    group = view.group_by.removeprefix(CONFIG)
    if runs and group != view.group_by and all(group not in r.config for r in runs):
        yield view.group_by


def scatter_plot(
    env: Env, address: Address, query: Query, pair: Pair, view: View
) -> Iterator[Report]:
    """Draw one point per run."""
    x, y = pair
    limit = 0 if query.ids else _SCATTERED
    asked = scattered.query(replace(query, limit=limit), pair, view.best)
    source = env.source(address)
    listing = source.runs(asked)
    chart = scattered.chart(listing.runs, x, y, view.best, log=(view.log_x, view.log_y))
    notes = list(scattered.notes(listing.runs, chart))
    for name in scattered.lacking(listing.runs, pair):
        known = sampled_keys(source, Query())
        why = f"no run has a number for {name!r}{meant(name, known)}"
        notes.append(why)
        demand(env, [name], {name: why} if absent(name, known) else {})
    if listing.left_out:
        notes.append(f"the newest {len(listing.runs)} of {listing.total} runs")
    title = runs_title(address, listing.runs)
    url = runs_page(listing.runs)
    yield Report("image", title, (chart, *map(Note, notes)), url=url, out=view.out)
