"""Fetch what rules need, in as few requests as possible."""

from __future__ import annotations

import fnmatch
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from typing import TypeAlias

from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.commands.alert.memory import AlertMemory
from wandbwatch.commands.alert.rules import Facts, Needs, Rule, judge
from wandbwatch.commands.alert.rules.facts import is_glob, ordered
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Details, Query, Reach
from wandbwatch.model.run import Json, Run, State

LINES = 1000
"""Console lines to read, the newest."""
GROUPED = 200
"""Runs to check if a rule compares with a group, the newest."""
_BACK = 200_000
"""Rows of a key to backtest at most, the newest."""
MATCHED = 100
"""Keys that a pattern stands for at most."""
_FEW = 20
"""Runs whose keys are matched with patterns, the newest."""
TRIED = 50
"""Runs to backtest at most, the newest."""

_Known: TypeAlias = tuple[Run, Facts]


@dataclass(frozen=True)
class Observation:
    """A run and its facts at a time: now, or its end (POSIX seconds)."""

    run: Run
    facts: Facts
    at: float

    @property
    def running(self) -> bool:
        return self.run.state is State.RUNNING


@dataclass(frozen=True)
class Question:
    """The rules, and which runs to check."""

    rules: tuple[Rule, ...]
    filters: Mapping[str, Json] = field(default_factory=dict)
    named: bool = False
    """Whether the address names one run, which is then fetched in any state."""

    @property
    def needs(self) -> Needs:
        return reduce(Needs.__or__, (rule.needs for rule in self.rules), Needs())


def look(
    source: Source, question: Question, before: AlertMemory | None, now: datetime
) -> tuple[Observation, ...]:
    """Return the running runs, and those that have ended since the last check.

    One request for all of them, and one per run for its console if a rule needs it.
    """
    if question.named:
        query = Query(question.filters)
    elif question.needs.peers:  # peers may have ended long ago
        query = Query(question.filters, limit=GROUPED)
    else:
        query = Query(_both(question.filters, _recent(before)))
    query = replace(query, reach=_reach(question.needs, now), rows=_rows(question))
    found = _known(source, question.needs, query)
    found = [known for known in found if _wanted(known[0], before)]
    return _observed(source, question, query, found, now)


def _observed(
    source: Source,
    question: Question,
    query: Query,
    found: Sequence[_Known],
    now: datetime,
) -> tuple[Observation, ...]:
    """Return the observations of runs *found* by *query*, with all system metrics of
    those whose last ones do not settle a rule."""
    unsettled = [
        run.id
        for run, facts in found
        if any(_unsettled(rule, facts, now) for rule in question.rules)
    ]
    longer: dict[str, _Known] = {}
    if query.rows and unsettled:
        some: dict[str, Json] = {"name": {"$in": list(unsettled)}}
        again = replace(query, filters=some, limit=0, rows=0)
        longer = {one[0].id: one for one in _known(source, question.needs, again)}
    return tuple(
        _seen(source, question.needs, longer.get(known[0].id, known), now, LINES)
        for known in found
    )


def _unsettled(rule: Rule, facts: Facts, now: datetime) -> bool:
    """Whether *rule* needs more system metrics than the last ones."""
    keys = [key for key in facts.series if key.startswith(SYSTEM)]
    if not rule.needs.seconds or not any(facts.series[key].sampled for key in keys):
        return False
    measured = any(key.startswith(SYSTEM) for key in rule.needs.keys)
    verdict = judge(rule, facts, now.timestamp())
    return measured and (verdict.holds is None or "approximate" in verdict.why)


def look_once(
    source: Source, question: Question, now: datetime
) -> tuple[Observation, ...]:
    """Return the running runs; an only run is returned even if it has ended."""
    runs = look(source, question, None, now)
    if runs:
        return runs
    reach = _reach(question.needs, now)
    rows = _rows(question)
    query = Query(question.filters, limit=2, reach=reach, rows=rows)
    found = _known(source, question.needs, query)
    if len(found) > 1:
        return ()
    return _observed(source, question, query, found, now)


def tried_query(question: Question, since: datetime) -> Query:
    """Return which runs are backtested: the newest with a heartbeat after *since*."""
    late: dict[str, Json] = {"heartbeatAt": {"$gt": _iso(since)}}
    filters = question.filters if question.named else _both(question.filters, late)
    return Query(filters, limit=TRIED)


def look_back(
    source: Source, question: Question, since: datetime, now: datetime
) -> tuple[Observation, ...]:
    """Return the newest runs with a heartbeat after *since*, in any state."""
    needs = question.needs
    reach = Reach(since.timestamp() - needs.seconds, needs.count, _BACK)
    query = replace(tried_query(question, since), reach=reach)
    return tuple(
        _seen(source, question.needs, known, now, 0)
        for known in _known(source, question.needs, query)
    )


def _rows(question: Question) -> int:
    """Return how many last rows the rules use; 0 where they may use any."""
    needs = question.needs
    return 0 if question.named or needs.peers else needs.count


def with_curves(
    source: Source, question: Question, seen: Sequence[Observation]
) -> dict[str, Observation]:
    """Return *seen* by run id, with the curves that show what led to an alert."""
    ids = tuple(dict.fromkeys(one.run.id for one in seen if _cut(one.facts)))
    if not ids or not _rows(question):
        return {one.run.id: one for one in seen}
    query = Query(ids=ids, summary=(), config=(), details=Details.PROGRESS)
    try:
        curves = source.curves(query, question.needs.keys, Axis(AxisKind.WALL))
    except SourceError:
        curves = ()
    drawn = {one.run.id: _facts(one).series for one in curves}
    return {
        one.run.id: replace(one, facts=replace(one.facts, series=drawn[one.run.id]))
        for one in seen
        if one.run.id in drawn
    }


def _cut(facts: Facts) -> bool:
    """Whether there is more of a curve than its end."""
    series = (one for one in facts.series.values() if one.sampled and len(one.x))
    return any(one.x[0] >= one.exact for one in series)


def _reach(needs: Needs, now: datetime) -> Reach:
    """Return how far back of *now* the rules need every row."""
    minute = now.timestamp() // 60 * 60  # so that alike questions share an answer
    since = minute - needs.seconds if needs.seconds else math.inf
    return Reach(since, needs.count)


def _recent(before: AlertMemory | None) -> dict[str, Json]:
    running: dict[str, Json] = {"state": State.RUNNING.value}
    if before is None:
        return running
    ways: list[Json] = [running, {"heartbeatAt": {"$gt": _iso(_time(before.at))}}]
    if before.runs:
        ways.append({"name": {"$in": list(before.runs)}})
    return {"$or": ways}


def _both(one: Mapping[str, Json], other: dict[str, Json]) -> Mapping[str, Json]:
    return {"$and": [dict(one), other]} if one else other


def _wanted(run: Run, before: AlertMemory | None) -> bool:
    if run.state is State.RUNNING:
        return True
    if before is None:
        return False
    heard = run.heartbeat.timestamp() if run.heartbeat else 0.0
    return run.id in before.runs or heard > before.at


def _known(source: Source, needs: Needs, query: Query) -> list[_Known]:
    """Fetch runs and their series, with the peers of each in its group."""
    asked = replace(query, summary=(), config=(), details=Details.PROGRESS)
    if needs.keys:
        keys = _keys(source, needs.keys, query)
        curves = source.curves(asked, keys, Axis(AxisKind.WALL))
    else:
        curves = tuple(Curves(run, {}) for run in source.runs(asked).runs)
    known = [(one.run, _facts(one)) for one in curves]
    groups: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    for run, facts in known if needs.peers else ():
        if run.group or run.sweep:
            groups[_group(run)].append(facts)
    return [
        (run, replace(facts, peers=_others(facts, groups[_group(run)])))
        for run, facts in known
    ]


def _group(run: Run) -> tuple[str, str]:
    return run.project, run.group or run.sweep


def _keys(source: Source, keys: Sequence[str], query: Query) -> list[str]:
    """Return *keys*, and instead of a pattern the keys of runs that it matches."""
    globs = [key for key in keys if is_glob(key) and not key.startswith(SYSTEM)]
    if not globs:
        return list(keys)
    few = min(query.limit or _FEW, _FEW)
    runs = source.runs(replace(query, config=(), limit=few, names=True)).runs
    logged = dict.fromkeys(key for run in runs for key in run.summary)
    found = [one for key in globs for one in fnmatch.filter(logged, key)]
    named = (key for key in keys if key not in globs)
    return list(dict.fromkeys([*named, *found[:MATCHED]]))


def _others(facts: Facts, group: Iterable[Facts]) -> tuple[Facts, ...]:
    return tuple(other for other in group if other is not facts)


def _facts(one: Curves) -> Facts:
    began = one.run.created.timestamp() if one.run.created else None
    found = {key: ordered(series) for key, series in one.series.items()}
    return Facts(began, found, run=one.run.id, name=one.run.name)


def _seen(
    source: Source, needs: Needs, known: _Known, now: datetime, lines: int
) -> Observation:
    run, facts = known
    if needs.console:
        printed = source.console(run.id, lines)
        whole = not lines or len(printed) < lines
        facts = replace(facts, printed=printed, all_printed=whole)
    ended = run.heartbeat if run.state is not State.RUNNING else None
    at = min(now, ended) if ended else now
    return Observation(run, facts, max(at.timestamp(), *_newest(facts)))


def _newest(facts: Facts) -> Iterator[float]:
    """Yield the times of a run's newest data: its clock may be ahead of ours."""
    yield 0.0
    yield from (series.x[-1] for series in facts.series.values() if len(series.x))
    yield from (line.when.timestamp() for line in facts.printed[-1:] if line.when)


def _time(posix: float) -> datetime:
    return datetime.fromtimestamp(posix, UTC)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
