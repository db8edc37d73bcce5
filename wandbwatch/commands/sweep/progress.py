"""How far a sweep is and what it found. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.model.drawing import Parallel
from wandbwatch.model.report import Chart, Line, Plot
from wandbwatch.model.run import Json, Run, Series, State, Sweep

_MOST_LINES, _MOST_AXES = 200, 7
"""More in one picture of parallel coordinates unknown apart."""


def counted(runs: Sequence[Run]) -> Mapping[State, int]:
    """Count the runs in each state, in the order in which runs live through them."""
    found = Counter(run.state for run in runs)
    return {state: found[state] for state in State if found[state]}


def progress(runs: Sequence[Run], expected: int | None, width: int) -> str:
    """Word how many runs are done, of as many as there will be, with a bar."""
    done = sum(not run.state.going for run in runs)
    if not expected:
        return f"{done} of {len(runs)} started"
    share = min(done / expected, 1.0)
    full = math.floor(share * width)
    bar = "█" * full + "░" * (width - full)
    return f"{bar} {done} of {expected} ({share:.0%})"


def varied(sweep: Sweep) -> list[str]:
    """List the parameters that are not fixed."""
    return [name for name, spec in sweep.parameters.items() if "value" not in spec]


def drawn_from(spec: Mapping[str, Json]) -> str:
    """Word what a parameter is drawn from, in W&B's terms."""
    if "value" in spec:
        return f"always {_told(spec['value'])}"
    values = spec.get("values")
    if isinstance(values, Sequence) and not isinstance(values, str):
        return f"one of {', '.join(map(_told, values))}"
    how = str(spec.get("distribution") or "")
    bounds = ""
    if "min" in spec or "max" in spec:
        bounds = f"{_told(spec.get('min'))} to {_told(spec.get('max'))}"
    elif "mu" in spec or "sigma" in spec:
        bounds = f"mu {_told(spec.get('mu', 0))}, sigma {_told(spec.get('sigma', 1))}"
    steps = f"in steps of {_told(spec['q'])}" if "q" in spec else ""
    return ", ".join(part for part in (bounds, how.replace("_", " "), steps) if part)


def best_so_far(runs: Sequence[Run], aim: Objective, name: str) -> Iterator[Plot]:
    """Plot the best value that any run had come to, over the time of their ends."""
    ends = sorted(
        (end.timestamp(), value)
        for run in runs
        if (value := aim.value(run)) is not None and (end := _end(run))
    )
    if len({when for when, _ in ends}) < 2:  # noqa: PLR2004 -- one point is no line
        return
    xs: list[float] = []
    ys: list[float] = []
    best = ends[0][1]
    for x, value in ends:
        if ys and aim.better(value, best):  # a step, not a slope
            xs.append(x)
            ys.append(best)
        best = value if aim.better(value, best) else best
        xs.append(x)
        ys.append(best)
    key = f"best {aim.key} so far"
    yield Plot(key, "wall", (Line(name, name, Series(key, xs, ys)),))


def logarithmic(sweep: Sweep) -> tuple[str, ...]:
    """Name the parameters that are drawn from a log scale."""
    drawn = {n: str(spec.get("distribution")) for n, spec in sweep.parameters.items()}
    return tuple(name for name, how in drawn.items() if "log_" in how)


def parallel(
    ranked: Sequence[tuple[Run, float]],
    aim: Objective,
    parameters: Sequence[str],
    log: Sequence[str] = (),
) -> Iterator[Chart]:
    """Draw a line a run through those *parameters* that vary, to the metric.

    Of many, the first of both are drawn; those in *log* have a log scale.
    """
    shown = ranked[:_MOST_LINES]
    columns = {
        name: [_place(run.config.get(name)) for run, _ in shown] for name in parameters
    }
    axes = [name for name in parameters if len(set(columns[name])) > 1][:_MOST_AXES]
    if not axes or len(shown) < 2:  # noqa: PLR2004 -- one line crosses nothing
        return
    rows = tuple(
        (*(columns[name][at] for name in axes), value)
        for at, (_, value) in enumerate(shown)
    )
    names = tuple(run.name for run, _ in shown)
    drawing = Parallel((*axes, aim.key), names, rows, aim.largest, tuple(log))
    yield Chart("parameters and results", drawing)


def _place(value: Json) -> float | str | None:
    """Return a value's place on an axis: a number, or a word."""
    number = finite(value)
    if number is not None or value is None or isinstance(value, float):
        return number
    return str(value)


def _end(run: Run) -> datetime | None:
    if run.heartbeat:
        return run.heartbeat
    if run.created and run.runtime is not None:
        return run.created + timedelta(seconds=run.runtime)
    return run.created


def _told(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
