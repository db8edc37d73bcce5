"""What went wrong in a run and when, from its curves, metrics and console."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from wandbwatch import formatting
from wandbwatch.analysis import failing
from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.compare import Peers, configuration
from wandbwatch.analysis.machine import (
    BUSY,
    MEMORY,
    NAMES,
    Device,
    device_metric,
    globs,
    of_node,
    split,
)
from wandbwatch.analysis.metric_names import held_out
from wandbwatch.analysis.objective import curve_keys, direction
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.report import Block, Note, Table, Text
from wandbwatch.model.run import NOT_FINITE, Json, Run, Series, State
from wandbwatch.model.run_details import Printed

LINES = 200
"""Console lines to read, the newest."""
_KEYS = 6
_SYSTEM = known_keys.SYSTEM
_HOST = ("memory_percent", "memory")
_MEASURED = tuple(
    _SYSTEM + name
    for name in (*globs(BUSY), *globs(MEMORY), "tpu", *_HOST, f"{_HOST[0]}/l:*")
)
_STEP = "_step"
_LEVEL = 5
"""Values whose median is the level of a curve."""
_DIVERGED, _SPIKED = 2.0, 1.6
"""A curve this many times its earlier level has diverged, or is a spike."""
_SIGMAS = 6.0
_LOST = 0.5
"""The share of its gain that a score loses in a collapse."""
_SILENT = 600.0
"""Seconds without a step that count as a stall, unless such pauses are usual."""
_RESTS, _IDLE = 900.0, 5.0
"""Seconds for which a GPU below this percentage is idle."""
_FULL = 95.0
_FLAT = 0.4
"""The share of a run without a better value that is a plateau."""
_ENOUGH = 20
_SHOWN = 20


@dataclass(frozen=True)
class Cause:
    """One thing that went wrong; *at* is in POSIX seconds."""

    kind: str
    at: float
    text: str
    """One sentence, with its numbers."""


@dataclass(frozen=True)
class Evidence:
    """What is known of one run. Series are over POSIX seconds."""

    run: Run
    series: Mapping[str, Series] = field(default_factory=dict)
    console: Sequence[Printed] = ()

    @property
    def end(self) -> float:
        """Its end, or its last heartbeat."""
        when = self.run.heartbeat or self.run.created
        last = [one.x[-1] for one in self.series.values() if len(one.x)]
        return max([when.timestamp() if when else 0.0, *last])

    def place(self, at: float) -> str:
        """Return "step N (TIME)", of the last step until *at*; before it, the time."""
        when = formatting.moment(datetime.fromtimestamp(at, UTC))
        steps = self.series.get(_STEP)
        step = _until(steps, at) if steps else None
        return when if step is None else f"step {step:.0f} ({when})"


def examined(source: Source, run: Run) -> Evidence:
    """Fetch what `causes` looks at: the curves and the console, two requests."""
    asked = Query(ids=(run.id,), summary=(), config=())
    keys = [*_telling(run), _STEP, *_MEASURED]
    (found,) = source.curves(asked, keys, Axis(AxisKind.WALL))
    return Evidence(run, found.series, source.console(run.id, LINES))


def _telling(run: Run) -> list[str]:
    """Name the keys that show how a run trains: those with bad values first."""
    bad = [key for key, value in run.summary.items() if _broken(value)]
    return list(dict.fromkeys([*bad, *curve_keys([run], _KEYS)]))[:_KEYS]


def _broken(value: Json) -> bool:
    if isinstance(value, str):
        return value in NOT_FINITE
    return isinstance(value, float) and not math.isfinite(value)


def causes(known: Evidence) -> tuple[Cause, ...]:
    """Return what went wrong, the first thing first; how it ended comes last."""
    found = [*_curves(known), *_pauses(known), *_devices(known), *_console(known)]
    # A plateau explains nothing beside another cause.
    found = found or list(_plateaus(known))
    first = sorted(found, key=lambda cause: cause.at)
    return (*first, *_endings(known, first))


def _learning(known: Evidence) -> Iterator[tuple[str, Series]]:
    for key, series in known.series.items():
        if key != _STEP and not key.startswith(known_keys.SYSTEM) and len(series.x):
            yield key, series


def _curves(known: Evidence) -> Iterator[Cause]:
    for key, series in _learning(known):
        for find in (_raised, _collapsed, _not_finite):
            if cause := find(known, key, series):
                yield cause


def _plateaus(known: Evidence) -> Iterator[Cause]:
    if known.run.state in (State.RUNNING, State.FINISHED, State.KILLED):
        for key, series in _learning(known):
            yield from _flat(known, key, series)


def _not_finite(known: Evidence, key: str, series: Series) -> Cause | None:
    """Find the first value of a curve that stayed NaN or infinite until the end."""
    first = len(series.y)
    while first and not math.isfinite(series.y[first - 1]):
        first -= 1
    if first == len(series.y):
        return None
    at, value = series.x[first], formatting.number(series.y[first])
    count = len(series.y) - first
    text = f"{key} became {value} at {known.place(at)}"
    return Cause("NaN", at, f"{text}; so were all of its last {count} values")


def _raised(known: Evidence, key: str, series: Series) -> Cause | None:
    """Find where a loss left its level, for good or for a while."""
    points = _points(series)
    if direction(key, [known.run]) is not False or not points:
        return None
    values = [y for _, y in points]
    levels = _levels(values)
    for place in range(2 * _LEVEL, len(levels)):
        before = values[max(place - 50, 0) : place]
        middle = median(before)
        spread = 1.4826 * median(abs(value - middle) for value in before)
        recent = values[place : place + _LEVEL]
        limit = max(_SPIKED * middle, middle + _SIGMAS * spread)
        if len(recent) < _LEVEL or min(recent) <= limit or middle <= 0:
            continue
        end = levels[-1]
        at, top = points[place][0], max(values[place:])
        times = formatting.number(round(top / middle, 1))
        text = f"{key} rose from {formatting.number(middle)} to"
        text += f" {formatting.number(top)} ({times} times)"
        if end > max(_DIVERGED * middle, limit):
            return Cause("divergence", at, f"{text}, starting at {known.place(at)}")
        return Cause("spike", at, f"{text} at {known.place(at)} and came back")
    return None


def _collapsed(known: Evidence, key: str, series: Series) -> Cause | None:
    """Find where a score lost most of what it had gained, for good."""
    points = _points(series)
    if direction(key, [known.run]) is not True or not points:
        return None
    levels = _levels([y for _, y in points])
    top = max(levels)
    best = levels.index(top)
    changes = [abs(b - a) for a, b in pairwise(levels[: best + 1])]
    noise = _SIGMAS * median(changes or [0.0])
    limit = top - max(_LOST * (top - min(levels[: best + 1])), noise)
    lost = [level < limit for level in levels[best:]]
    if top == levels[0] or not all(lost[-_LEVEL:]) or not any(lost):
        return None
    first = len(lost) - next(n for n, low in enumerate([*lost[::-1], False]) if not low)
    at = points[best + first + _LEVEL - 1][0]
    text = f"{key} fell from {formatting.number(top)} to"
    text += f" {formatting.number(levels[-1])}, starting at {known.place(at)}"
    return Cause("collapse", at, text)


def _points(series: Series) -> list[tuple[float, float]]:
    """Return the finite points of a curve; none where they are too few to judge."""
    points = zip(series.x, series.y, strict=True)
    found = [(x, y) for x, y in points if math.isfinite(y)]
    return found if len(found) >= _ENOUGH else []


def _levels(values: Sequence[float]) -> list[float]:
    return [median(values[n - _LEVEL : n]) for n in range(_LEVEL, len(values) + 1)]


def _flat(known: Evidence, key: str, series: Series) -> Iterator[Cause]:
    """Find the step since which a held-out loss has not improved."""
    loss = direction(key, [known.run]) is False
    values = [y for y in series.y if math.isfinite(y)]
    if not (loss and held_out(key) and len(values) >= _LEVEL):
        return
    best = min(values)
    place = next(n for n, y in enumerate(series.y) if y <= best * 1.001)
    at = series.x[place]
    if known.end - at > _FLAT * (known.end - series.x[0]):
        since = _span(known.end - at)
        value = formatting.number(best)
        text = f"{key} has not been better than {value} since {known.place(at)}"
        yield Cause("plateau", at, f"{text}, for {since}")


def _pauses(known: Evidence) -> Iterator[Cause]:
    steps = known.series.get(_STEP)
    if not steps or not len(steps.x):
        return
    usual = max((b - a for a, b in pairwise(steps.x)), default=0.0)
    silent = known.end - steps.x[-1]
    if silent > max(_SILENT, 1.5 * usual):
        at = steps.x[-1]
        text = f"no step after {known.place(at)}, for {_span(silent)}"
        text += (
            f" until its last heartbeat; its longest pause before was {_span(usual)}"
        )
        yield Cause("hang", at, text)


def _devices(known: Evidence) -> Iterator[Cause]:
    for kind, name in NAMES.items():
        uses = [series for _, series in _measures(known, kind, BUSY)]
        at = max(map(_rested, uses), default=known.end)
        used = any(value >= _IDLE for one in uses for value in one.y)
        if used and at < known.end - _RESTS:
            text = f"{name}s below {_IDLE:.0f}% from {known.place(at)} on, for"
            yield Cause(f"{name} idle", at, f"{text} {_span(known.end - at)}")
        for device, series in _measures(known, kind, MEMORY):
            if series.y[-1] >= _FULL:
                number = of_node(str(device.number), device.node)
                at = next(
                    x for x, y in zip(series.x, series.y, strict=True) if y >= _FULL
                )
                text = f"memory of {name} {number} rose from {series.y[0]:.0f}% to"
                text += (
                    f" {series.y[-1]:.0f}%, above {_FULL:.0f}% from {known.place(at)}"
                )
                yield Cause("memory", at, f"{text} on")


def _measures(
    known: Evidence, kind: str, names: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[Device, Series]]:
    """Yield the devices of *kind* with each series that measures what *names* name."""
    for key, series in known.series.items():
        of = (
            device_metric(key.removeprefix(_SYSTEM))
            if key.startswith(_SYSTEM)
            else None
        )
        if of and of[0].kind == kind and of[1] in names.get(kind, ()) and len(series.y):
            yield of[0], series


def _rested(series: Series) -> float:
    """Return since when a device has been idle; its last time if it is busy."""
    place = len(series.y)
    while place and series.y[place - 1] < _IDLE:
        place -= 1
    return series.x[min(place, len(series.x) - 1)] if len(series.x) else 0.0


def _console(known: Evidence) -> Iterator[Cause]:
    """Find the line of an error; the first that says out of memory is the reason."""
    if known.run.state is State.FINISHED:
        return  # it got over what it printed
    last = None
    for line in failing.spoken(known.console):
        at = line.when.timestamp() if line.when else known.end
        kind = failing.kind(line.text)
        where = f" at {known.place(at)}" if line.when else ""
        text = formatting.clean(failing.bare(line.text))[:200]
        cause = Cause(kind, at, f"printed{where}: {text}")
        if kind == "out of memory":
            yield cause
            return
        unwell = known.run.state.bad or known.run.state is State.UNKNOWN
        if last and failing.follows(line.text):
            continue
        if kind == "node" or (kind and unwell):
            last = cause
    if last:
        yield last


def _endings(known: Evidence, found: Iterable[Cause]) -> Iterator[Cause]:
    """Say how it ended, if that adds to what was found."""
    run, end = known.run, known.end
    kinds = {cause.kind for cause in found}
    lasted, where = _span(run.runtime or 0.0), known.place(end)
    if run.state.bad and run.last_step is None:
        yield Cause("start", end, f"it ended after {lasted}, before its first step")
    if run.state is State.CRASHED:
        said = (
            "" if kinds & {"error", "out of memory", "node"} else "; no error printed"
        )
        yield Cause("dead node", end, f"heartbeats stopped at {where}{said}")
    elif run.state is State.KILLED:
        yield Cause("killed", end, f"it was killed at {where}, after {lasted}")
    elif run.state is State.FAILED:
        code = "" if run.exit_code is None else f" with exit code {run.exit_code}"
        yield Cause("failed", end, f"its process ended{code} at {where}")


def explained(known: Evidence, found: Sequence[Cause], peers: Peers) -> Iterator[Block]:
    """Show the causes that were found, and the run beside its *peers*."""
    if found:
        rows = tuple((cause.kind, cause.text) for cause in found)
        brief = Table("causes", ("what", ""), rows)
        yield Table("causes", ("what", "evidence"), rows, brief=brief)
        if measured := ", ".join(_measured(known, found[0].at)):
            yield Note(f"at {known.place(found[0].at)}: {measured}")
    else:
        yield Note("nothing unusual in its curves, GPUs and console")
    if same := alike(known.run, peers.others):
        yield Note(same)
    if found or known.run.state.bad:
        yield from configuration(peers)
    if lines := known.console[-_SHOWN:]:
        yield Text("console", "\n".join(line.text for line in lines))


def _measured(known: Evidence, at: float) -> Iterator[str]:
    """Say how busy the devices were at a time, and how full all memory."""
    for kind, name in NAMES.items():
        for measures, what in ((BUSY, "use"), (MEMORY, "memory")):
            of = [series for _, series in _measures(known, kind, measures)]
            if share := _percent(of, at):
                yield f"{name} {what} {share}"
    names = {key: split(key.removeprefix(_SYSTEM))[0] for key in known.series}
    host = [known.series[key] for key, name in names.items() if name in _HOST]
    if share := _percent(host, at):
        yield f"machine memory {share}"


def _percent(measures: Iterable[Series], at: float) -> str:
    """Return "61%", or "61-97%" where there are several devices."""
    found = [value for one in measures if (value := _until(one, at)) is not None]
    ends = sorted({f"{end:.0f}%" for end in (min(found), max(found))}) if found else []
    return f"{min(found):.0f}-{max(found):.0f}%" if len(ends) > 1 else "".join(ends)


def _until(series: Series, at: float) -> float | None:
    """Return the last value until *at*."""
    place = bisect_right(series.x, at) - 1
    return series.y[place] if place >= 0 else None


def alike(run: Run, others: Iterable[Run]) -> str:
    """Say which runs ended in the same way before; "" if none did."""
    broken = {key for key, value in run.summary.items() if _broken(value)}
    same = [
        other
        for other in others
        if other.id != run.id
        and other.state is run.state
        and other.exit_code == run.exit_code
        and broken == {key for key, value in other.summary.items() if _broken(value)}
    ]
    if not (run.state.bad or broken) or not same:
        return ""
    names = ", ".join(other.name for other in same[:5])
    how = f" with {', '.join(sorted(broken))} not finite" if broken else ""
    code = f" with exit code {run.exit_code}" if run.exit_code else ""
    runs = "1 other run" if len(same) == 1 else f"{len(same)} other runs"
    return f"{runs} {run.state.value}{code}{how}: {names}"


def _span(seconds: float) -> str:
    return formatting.duration(timedelta(seconds=round(seconds)))
