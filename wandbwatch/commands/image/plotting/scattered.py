"""One value of each run against another: of its summary or its configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wandbwatch.analysis.ranking import Objective, finite, span_decades
from wandbwatch.model.drawing import Point, Scatter
from wandbwatch.model.query import Query
from wandbwatch.model.report import Chart
from wandbwatch.model.run import Run

_CONFIG = "config."


def query(asked: Query, names: Sequence[str], best: Objective | None) -> Query:
    """Ask for no more of each run than is drawn."""
    keys = [name for name in names if not name.startswith(_CONFIG)]
    keys += [best.key] if best else []
    config = (n.removeprefix(_CONFIG) for n in names if n.startswith(_CONFIG))
    return replace(
        asked, summary=tuple(dict.fromkeys(keys)), config=tuple(dict.fromkeys(config))
    )


def value(run: Run, name: str) -> float | None:
    """Return a number of *run*; None where it has none, or one that is not finite."""
    if name.startswith(_CONFIG):
        return finite(run.config.get(name.removeprefix(_CONFIG)))
    return finite(run.summary.get(name))


def chart(
    runs: Sequence[Run],
    x: str,
    y: str,
    best: Objective | None,
    *,
    log: tuple[bool, bool] = (False, False),
) -> Chart:
    """Make a point of each run that has both values; the best one stands out.

    An axis whose values span decades has a log scale too, *log* or not.
    """
    ranked = best.ranked(runs) if best else []
    chosen = ranked[0][0].id if ranked else None
    points = tuple(_points(runs, x, y, chosen))
    log_x = log[0] or span_decades([point.x for point in points])
    log_y = log[1] or span_decades([point.y for point in points])
    return Chart(f"{y} over {x}", Scatter(x, y, points, log_x=log_x, log_y=log_y))


def lacking(runs: Sequence[Run], names: Sequence[str]) -> Sequence[str]:
    """Return those of *names* that no run has a number for."""
    return [name for name in names if all(value(run, name) is None for run in runs)]


def notes(runs: Sequence[Run], chart: Chart) -> Iterator[str]:
    shown = len(chart.drawing.points) if isinstance(chart.drawing, Scatter) else 0
    if 0 < shown < len(runs):
        yield f"{len(runs) - shown} of {len(runs)} runs lack one of the two values"


def _points(runs: Sequence[Run], x: str, y: str, chosen: str | None) -> Iterator[Point]:
    for run in runs:
        across, up = value(run, x), value(run, y)
        if across is not None and up is not None:
            yield Point(across, up, run.name, run.id == chosen)
