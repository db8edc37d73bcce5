"""What ``sweep`` reports: how far a sweep is, what it found, or a project's sweeps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from wandbwatch.analysis.dead_keys import known_keys, meant
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.commands.sweep.parameter_importance import (
    FEWEST,
    Importance,
    has_forest,
    importance,
)
from wandbwatch.formatting.run_blocks import caveats
from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.drawing import Parallel
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Query
from wandbwatch.model.report import (
    Block,
    Chart,
    Fields,
    Line,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Json, Run, Series, State
from wandbwatch.model.run_details import Sweep

_BAR = 20


def query_of(
    address: Address, found: Sweep, which: str, filters: Mapping[str, Json]
) -> Query:
    if not (address.sweep and not which):
        own: Mapping[str, Json] = {"sweep": found.id}
        filters = {"$and": [own, filters]} if filters else own
    return Query(filters, "+created_at")


def report(
    sweep: Sweep, runs: Sequence[Run], aim: Objective | None, topk: int = 5
) -> Report:
    """Tell of *sweep* and of its *runs*, the best by *aim* first."""
    ranked = aim.ranked(runs) if aim else []
    done = [(run, value) for run, value in ranked if run.state is State.FINISHED]
    weighed = _weighed(done, sweep)
    blocks = (
        _about(sweep, runs, aim),
        *([Text("description", sweep.description)] if sweep.description else []),
        *_best(ranked, aim, sweep, topk),
        *_parameters(sweep, ranked),
        *_importance(weighed, len(done), sweep),
        *_pictures(runs, done or ranked, aim, sweep, weighed),
        *map(Note, _notes(runs, ranked, aim)),
        *map(Note, _unfinished(ranked, len(done))),
        *caveats(runs),
    )
    title = f"{sweep.name or sweep.id} ({_whose(runs)}{sweep.id})"
    return Report("sweep", title, blocks, _level(sweep, runs), sweep.url)


def _whose(runs: Sequence[Run]) -> str:
    parts = (runs[0].entity, runs[0].project) if runs else ()
    return "".join(f"{part}/" for part in parts if part)


def _level(sweep: Sweep, runs: Sequence[Run]) -> Level:
    if sweep.state.upper() in {"FAILED", "CRASHED"}:
        return Level.BAD
    if runs and all(run.state.bad for run in runs):
        return Level.BAD
    return Level.GOOD if sweep.state.upper() == "FINISHED" else Level.INFO


def _about(sweep: Sweep, runs: Sequence[Run], aim: Objective | None) -> Fields:
    items: list[tuple[str, Cell]] = [
        ("state", sweep.state.lower()),
        ("method", sweep.method),
        ("metric", _goal(aim)),
        ("created", sweep.created),
        ("progress", progress(runs, sweep.expected, _BAR)),
    ]
    counted = count_states(runs)
    items += [(state.value, count) for state, count in counted.items()]
    return Fields("sweep", tuple((k, v) for k, v in items if v not in ("", None)))


def _goal(aim: Objective | None) -> str:
    way = "larger" if aim and aim.largest else "smaller"
    return f"{aim.key}, the {way} the better" if aim else ""


def _best(
    ranked: Sequence[tuple[Run, float]], aim: Objective | None, sweep: Sweep, topk: int
) -> Iterator[Table]:
    if not ranked or not aim:
        return
    names = list(sweep.parameters)
    rows = tuple(
        (
            place,
            run.state,
            run.id,
            run.name,
            value,
            *(run.config.get(name, MISSING) for name in names),
        )
        for place, (run, value) in enumerate(ranked[:topk], 1)
    )
    columns = ("place", "state", "id", "name", aim.key, *names)
    links = tuple(run.url for run, _ in ranked[:topk])
    spare = ("id", "place", *reversed(names))
    yield Table("best runs", columns, rows, links, spare=spare)


def _parameters(sweep: Sweep, ranked: Sequence[tuple[Run, float]]) -> Iterator[Table]:
    if not sweep.parameters:
        return
    best: Mapping[str, Json] = ranked[0][0].config if ranked else {}
    rows = tuple(
        (name, drawn_from(spec), best.get(name, MISSING))
        for name, spec in sweep.parameters.items()
    )
    yield Table("parameters", ("parameter", "drawn from", "best run's"), rows)


_FEW = 10
"""With fewer finished runs an importance is no more than a hint."""


def _importance(
    found: Sequence[Importance], count: int, sweep: Sweep
) -> Iterator[Block]:
    """Show what matters, of how many runs, and by what measure."""
    if not found:
        if 0 < count < FEWEST and varied_parameters(sweep):
            yield Note(f"importance needs {FEWEST} finished runs; so far {count}")
        return
    rows = tuple((one.parameter, one.weight, one.correlation) for one in found)
    yield Table("what matters", ("parameter", "importance", "correlation"), rows)
    measure = "random forest" if has_forest() else "R² of a parabola"
    logs = ", ".join(one.parameter for one in found if one.log)
    by = f"; log scale: {logs}" if logs else ""
    few = "; few runs: only a hint" if count < _FEW else ""
    yield Note(f"importance: {measure}, of {count} finished runs{by}{few}")


def _weighed(ranked: Sequence[tuple[Run, float]], sweep: Sweep) -> Sequence[Importance]:
    return importance(
        [run.config for run, _ in ranked],
        [value for _, value in ranked],
        varied_parameters(sweep),
        logarithmic(sweep),
    )


def _pictures(
    runs: Sequence[Run],
    ranked: Sequence[tuple[Run, float]],
    aim: Objective | None,
    sweep: Sweep,
    weighed: Sequence[Importance],
) -> Iterator[Block]:
    if not aim or not ranked:
        return
    yield from best_so_far(runs, aim, sweep.name or sweep.id)
    # The most important first, if the importance is known.
    varied = varied_parameters(sweep)
    known = (one.parameter for one in weighed)  # opt=adam is weighed apart from opt=sgd
    whole = (one if one in varied else one.rpartition("=")[0] for one in known)
    names = [one for one in dict.fromkeys((*whole, *varied)) if one in varied]
    log = logarithmic(sweep)
    yield from parallel(ranked, aim, names, log)


def _unfinished(ranked: Sequence[tuple[Run, float]], done: int) -> Iterator[str]:
    if done and (left := len(ranked) - done):
        what = "1 run has" if left == 1 else f"{left} runs have"
        yield f"{what} not finished: ranked, but not in the importance and the picture"


def _notes(
    runs: Sequence[Run], ranked: Sequence[tuple[Run, float]], aim: Objective | None
) -> Iterator[str]:
    if not runs:
        yield "no runs yet"
    elif not aim:
        yield "its metric is unknown here; rank its runs with --best KEY:min or KEY:max"
    elif not ranked:
        hint = meant(aim.key, known_keys(runs))
        yield f"no run has a finite {aim.key!r} yet{hint}"
    elif len(ranked) < len(runs):
        without = len(runs) - len(ranked)
        which = "run has" if without == 1 else "runs have"
        yield f"{without} {which} no finite value of {aim.key!r}: not ranked"


_MOST_LINES, _MOST_AXES = 200, 7
"""More in one picture of parallel coordinates unknown apart."""


def count_states(runs: Sequence[Run]) -> Mapping[State, int]:
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


def varied_parameters(sweep: Sweep) -> list[str]:
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
    spare = ("method", "metric", "created", "expected")
    table = Table("sweeps", _COLUMNS, rows, links, spare=spare)
    return Report("sweep", title, (table, shows))


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
