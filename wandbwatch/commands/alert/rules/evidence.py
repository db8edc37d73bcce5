"""What a rule saw: a sentence for each condition, and its windows. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import fmean
from typing import Any

from wandbwatch import formatting
from wandbwatch.analysis.failing import brief
from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.analysis.machine import device_metric
from wandbwatch.commands.alert.rules import measures, predicates
from wandbwatch.commands.alert.rules.facts import STEPS, Moment, Window, finite
from wandbwatch.commands.alert.rules.tree import SIGNS, Comparison, Rule, Statement
from wandbwatch.formatting import number
from wandbwatch.model.report import Shade

_DAY = 86400.0
_PRECISE = 1000.0
"""Larger numbers keep all their digits."""


@dataclass(frozen=True)
class Evidence:
    """What one condition of a rule saw at a moment."""

    text: str
    shades: tuple[Shade, ...] = ()
    keys: tuple[str, ...] = ()
    """The keys to draw, in one picture."""
    timed: bool = False
    """Whether *text* says since when."""
    holds: bool = True
    peers: bool = False
    """Whether the other runs of the group are drawn with it."""


def evidence(rule: Rule, moment: Moment) -> list[Evidence]:
    """Return what *rule* saw: its conditions that hold, or all if none does."""
    found = [one for leaf in rule.leaves for one in _seen(leaf, moment)]
    return [one for one in found if one.holds] or found


def clock(posix: float, now: float) -> str:
    """Write a time as ``19:23 UTC``, with its date if that is more than a day ago."""
    when = datetime.fromtimestamp(posix, UTC)
    if abs(now - posix) < _DAY:
        return f"{when:%H:%M} UTC"
    return f"{when:%b} {when.day}, {when:%H:%M} UTC"


def span(seconds: float) -> str:
    """Write a duration as ``45s``, ``50 min`` or ``2h 29m``."""
    seconds = round(seconds)
    if not 60 <= seconds < 3600:  # noqa: PLR2004 -- minutes
        words = formatting.duration(timedelta(seconds=seconds))
        return words.removesuffix(" 0h").removesuffix(" 00m")
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min" if minutes > 9 or not rest else f"{minutes}m {rest:02}s"  # noqa: PLR2004


def _short(value: float) -> str:
    """Write a number with four digits, which is enough to compare it."""
    return number(float(f"{value:.4g}") if abs(value) < _PRECISE else value)


def _seen(leaf: Comparison | Statement, moment: Moment) -> Iterator[Evidence]:
    what: Any = leaf.measure if isinstance(leaf, Comparison) else leaf.claim
    say = _SAID[type(what)]
    found = say(what, leaf, moment)
    if found:
        yield found


def _limit(leaf: Comparison, value: float) -> tuple[str, bool]:
    """Return ``> 5``, and whether *value* is."""
    unit = "%" if leaf.percent else ""
    holds = SIGNS[leaf.sign](value, leaf.threshold)
    return f"{leaf.sign} {number(leaf.threshold)}{unit}", holds


def _compared(text: str, leaf: Comparison, value: float, **more: Any) -> Evidence:
    """Write *text*, which ends in the value, with its limit."""
    limit, holds = _limit(leaf, value)
    return Evidence(f"{text} {limit}" if holds else text, holds=holds, **more)


def _latest(one: measures.Latest, leaf: Comparison, moment: Moment) -> Evidence | None:
    value = one.value(moment, percent=False)
    if value is None:
        return None
    return _compared(f"{one.key} {_short(value)}", leaf, value, keys=(one.key,))


def _over(one: measures.Over, leaf: Comparison, moment: Moment) -> Evidence | None:
    value = one.value(moment, percent=False)
    if value is None:
        return None
    what = {"avg": "mean", "min": "minimum", "max": "maximum"}.get(one.what, one.what)
    text = f"{what} of {one.key} over {_last(one.window)} {_short(value)}"
    shades = _shades(moment, one.key, (one.window, _last(one.window)))
    return _compared(text, leaf, value, keys=(one.key,), shades=shades)


def _change(one: measures.Change, leaf: Comparison, moment: Moment) -> Evidence | None:
    now = finite(moment.current(one.key, one.window))
    then = finite(moment.prior(one.key, one.window, one.before))
    then = then or finite(moment.before(one.key, len(now), 1))
    value = one.value(moment, percent=leaf.percent)
    if value is None or not now or not then:
        return None
    before = one.before or one.window
    limit, holds = _limit(leaf, value)
    by = f"{_short(abs(value))}{'%' if leaf.percent else ''}"
    way = "rose" if fmean(now) > fmean(then) else "fell"
    moved = f"{one.key} {way} by {by}" if value else f"{one.key} did not change"
    means = f"mean {_short(fmean(now))} in {_last(one.window)}"
    means += f", {_short(fmean(then))} in the {_long(before)} before"
    shades = _shades(moment, one.key, (before, "before"), (one.window, "now"))
    said = f"{moved} (limit {limit}): {means}"
    return Evidence(said, shades, (one.key,), holds=holds)


def _zscore(one: measures.ZScore, leaf: Comparison, moment: Moment) -> Evidence | None:
    found = one.scored(moment)
    latest = moment.latest(one.key)
    if found is None or latest is None:
        return None
    limit, holds = _limit(leaf, found.score)
    way = "above" if found.score >= 0 else "below"
    text = f"{one.key} {_short(latest)} is {_short(abs(found.score))} sigma {way}"
    text += f" the mean {_short(found.mean)} of the {one.count} values before"
    text += f" (sigma {_short(found.sigma)}, limit {limit})"
    windows = (Window(count=one.count), "baseline"), (Window(count=found.count), "")
    return Evidence(text, _shades(moment, one.key, *windows), (one.key,), holds=holds)


def _gap(one: measures.Gap, leaf: Comparison, moment: Moment) -> Evidence | None:
    first = finite(moment.current(one.key, one.window))
    second = finite(moment.current(one.other, one.window))
    value = one.value(moment, percent=leaf.percent)
    if value is None:
        return None
    limit, holds = _limit(leaf, value)
    by = f"{_short(abs(value))}{'%' if leaf.percent else ''}"
    way = "above" if value >= 0 else "below"
    mean = "" if one.window == Window(count=1) else f", means of {_last(one.window)}"
    text = f"{one.other} {_short(fmean(second))} is {by} {way} {one.key}"
    text += f" {_short(fmean(first))} (limit {limit}{mean})"
    windows = [(one.window, _last(one.window))] if mean else []
    shades = _shades(moment, one.key, *windows)
    return Evidence(text, shades, (one.key, one.other), holds=holds)


def _memory(
    one: measures.GpuMemory, leaf: Comparison, moment: Moment
) -> Evidence | None:
    keys = moment.keys(one.needs.keys)
    known = {key: v for key in keys if (v := moment.latest(key)) is not None}
    full = max(known, key=lambda key: known[key], default=None)
    if full is None:
        return None
    text = f"{device(full)} memory {_short(known[full])}%"
    return _compared(text, leaf, known[full], keys=(full,))


def _nan(one: predicates.NotFinite, _leaf: object, moment: Moment) -> Evidence | None:
    known = [key for key in moment.matching(one.key) if moment.when(key) is not None]
    odd = {key: value for key in known for value in _odd(moment, key, one.window)}
    if not odd:
        values = (f"{key} {_short(moment.latest(key) or 0.0)}" for key in known[:1])
        text = next(values, "")
        return Evidence(text, keys=tuple(known[:1]), holds=False) if text else None
    texts = [_not_finite(moment, key, value) for key, value in islice(odd.items(), 3)]
    if len(odd) > len(texts):
        texts.append(f"{len(odd) - len(texts)} more keys")
    shades: tuple[Shade, ...] = ()
    if one.window.seconds:
        shades = _shades(moment, known[0], (one.window, _last(one.window)))
    return Evidence("; ".join(texts), shades, tuple(odd)[:3])


def _odd(moment: Moment, key: str, window: Window) -> Iterator[float]:
    values = moment.current(key, window)
    yield from (value for value in values if not math.isfinite(value))


def _not_finite(moment: Moment, key: str, value: float) -> str:
    step = moment.step(key)
    at = f" at step {step:,.0f}" if step is not None else ""
    before = finite(moment.before(key, 0, _BEFORE))
    last = f", last number {_short(before[-1])}" if before else ""
    return f"{key} is {_short(value)}{at}{last}"


_BEFORE = 100
"""The values before a NaN among which its last number is looked for."""


def _spike(one: predicates.Spike, _leaf: object, moment: Moment) -> Evidence | None:
    found = one.compared(moment)
    if found is None:
        return None
    text = f"{one.key}: last {len(found.recent)} values at least"
    text += f" {_short(min(found.recent))}, limit {_short(found.limit)}"
    text += f" (baseline {_short(found.middle)}: median of the {found.count} before,"
    text += f" sigma {_short(found.sigma)})"
    windows = (
        (Window(count=found.count), "baseline"),
        (Window(count=len(found.recent)), ""),
    )
    shades = _shades(moment, one.key, *windows)
    return Evidence(text, shades, (one.key,), holds=min(found.recent) > found.limit)


def _plateau(one: predicates.Plateau, _leaf: object, moment: Moment) -> Evidence | None:
    now = finite(moment.current(one.key, one.window))
    then = finite(moment.prior(one.key, one.window))
    if not now or not then:
        return None
    best = max if one.highest else min
    text = f"best {one.key} {_short(best(now))} in {_last(one.window)},"
    text += f" {_short(best(then))} in the {_long(one.window)} before"
    windows = (one.window, "before"), (one.window, _last(one.window))
    shades = _shades(moment, one.key, *windows)
    return Evidence(text, shades, (one.key,), holds=one.holds(moment) is True)


def _idle(one: predicates.IdleGpus, _leaf: object, moment: Moment) -> Evidence | None:
    values = {
        key: value
        for key in moment.keys(one.keys)
        if (value := moment.latest(key)) is not None
    }
    if not values:
        return None
    busy = max(values, key=lambda key: values[key])
    if values[busy] >= predicates.IDLE:
        text = f"{device(busy)} at {_short(values[busy])}%"
        return Evidence(text, keys=tuple(values), holds=False)
    start = max(_quiet_since(moment, key) for key in values)
    limit = f"below {number(predicates.IDLE)}% for {span(moment.now - start)}"
    shade = Shade(start, moment.now, "idle")
    said = f"{_devices(list(values))} {limit}"
    holds = one.holds(moment) is not False
    return Evidence(said, (shade,), tuple(values), timed=True, holds=holds)


def _quiet_since(moment: Moment, key: str) -> float:
    """Return since when *key* is idle, as far as is known."""
    series = moment.facts.series[key]
    start = place = bisect_right(series.x, moment.now) - 1
    while place >= 0 and not series.y[place] >= predicates.IDLE:
        start, place = place, place - 1
    return float(series.x[start])


def _devices(keys: Sequence[str]) -> str:
    if len(keys) == 1:
        return device(keys[0])
    kind = device(keys[0]).split()[0]
    return f"all {len(keys)} {kind}s"


def device(key: str) -> str:
    """Call a system metric by its device: ``GPU 3``, ``CPU``."""
    found = device_metric(key.removeprefix(SYSTEM))
    if found is None:
        return key.removeprefix(SYSTEM).partition("/l:")[0].upper()
    name = str(found[0])
    return name.replace(found[0].kind, found[0].kind.upper(), 1)


def _stalled(
    one: predicates.NoProgress, _leaf: object, moment: Moment
) -> Evidence | None:
    last = moment.when(STEPS)
    if last is None:
        last = moment.facts.began
    if last is None:
        return None
    step = moment.latest(STEPS)
    at = f", step {step:,.0f}" if step is not None else ""
    if not (holds := one.holds(moment) is True):
        return Evidence(f"logging rows{at}", keys=(STEPS,), holds=False)
    passed, since = span(moment.now - last), clock(last, moment.now)
    shade = Shade(last, moment.now, "no rows")
    text = f"no row logged for {passed}, since {since}{at}"
    return Evidence(text, (shade,), (STEPS,), timed=True, holds=holds)


def _deviates(
    one: predicates.Deviates, _leaf: object, moment: Moment
) -> Evidence | None:
    found = one.compared(moment)
    if found is None:
        return None
    off = abs(found.own - found.middle) / found.sigma
    text = f"{one.key} {_short(found.own)} at step {found.step:,.0f};"
    text += f" median of {found.count} other runs {_short(found.middle)},"
    text += f" {_short(off)} sigma away (sigma {_short(found.sigma)},"
    text += f" limit {number(one.sigmas)})"
    return Evidence(text, keys=(one.key,), holds=off > one.sigmas, peers=True)


def _log(one: predicates.LogMatch, _leaf: object, moment: Moment) -> Evidence | None:
    line = next(one.found(moment), None)
    if line is None:
        return None
    return Evidence(f"console: {brief(formatting.clean(line.text).strip())}")


def _last(window: Window) -> str:
    return (
        f"the last {_long(window)}" if window != Window(count=1) else "the last value"
    )


def _long(window: Window) -> str:
    return span(window.seconds) if window.seconds else f"{window.count} values"


def _shades(
    moment: Moment, key: str, *windows: tuple[Window, str]
) -> tuple[Shade, ...]:
    """Return the stretches of *windows*, the last of which ends now."""
    series = moment.facts.series.get(key)
    found: list[Shade] = []
    if series is None or not len(series.x):
        return ()
    end, place = moment.now, bisect_right(series.x, moment.now)
    for window, name in reversed(windows):
        if window.seconds:
            start = end - window.seconds
            place = bisect_right(series.x, start)
        else:
            place = max(place - window.count, 0)
            start = float(series.x[place]) if place < len(series.x) else end
        found.append(Shade(start, end, name))
        end = start
    return tuple(reversed(found))


_SAID: dict[type, Callable[..., Evidence | None]] = {
    measures.Latest: _latest,
    measures.Over: _over,
    measures.Change: _change,
    measures.ZScore: _zscore,
    measures.Gap: _gap,
    measures.GpuMemory: _memory,
    predicates.NotFinite: _nan,
    predicates.Spike: _spike,
    predicates.Plateau: _plateau,
    predicates.IdleGpus: _idle,
    predicates.NoProgress: _stalled,
    predicates.Deviates: _deviates,
    predicates.LogMatch: _log,
}
