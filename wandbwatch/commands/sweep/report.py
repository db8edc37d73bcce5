"""What ``sweep`` reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wandbwatch.analysis.dead_keys import known_keys, meant
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.sweep import progress as searches
from wandbwatch.commands.sweep.parameter_importance import (
    FEWEST,
    Importance,
    has_forest,
    importance,
)
from wandbwatch.formatting.run_blocks import caveats
from wandbwatch.model.address import Address
from wandbwatch.model.query import Query
from wandbwatch.model.report import (
    MISSING,
    Block,
    Cell,
    Fields,
    Level,
    Note,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Json, Run, State, Sweep

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
        ("progress", searches.progress(runs, sweep.expected, _BAR)),
    ]
    counted = searches.counted(runs)
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
    yield Table("best runs", columns, rows, tuple(run.url for run, _ in ranked[:topk]))


def _parameters(sweep: Sweep, ranked: Sequence[tuple[Run, float]]) -> Iterator[Table]:
    if not sweep.parameters:
        return
    best: Mapping[str, Json] = ranked[0][0].config if ranked else {}
    rows = tuple(
        (name, searches.drawn_from(spec), best.get(name, MISSING))
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
        if 0 < count < FEWEST and searches.varied(sweep):
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
        searches.varied(sweep),
        searches.logarithmic(sweep),
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
    yield from searches.best_so_far(runs, aim, sweep.name or sweep.id)
    # The most important first, if the importance is known.
    varied = searches.varied(sweep)
    known = (one.parameter for one in weighed)  # opt=adam is weighed apart from opt=sgd
    whole = (one if one in varied else one.rpartition("=")[0] for one in known)
    names = [one for one in dict.fromkeys((*whole, *varied)) if one in varied]
    log = searches.logarithmic(sweep)
    yield from searches.parallel(ranked, aim, names, log)


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
