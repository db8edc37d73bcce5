"""Keys that no run has or ever logged, most likely misspelt, with the likely one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from wandbwatch.analysis.keys import SYSTEM, is_glob, summed_up
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.address import Address
from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.memory import Memory, StoredJson
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Axis, AxisKind, Details, Query
from wandbwatch.model.report import Note, Report, remark
from wandbwatch.model.run import Json, Run, State

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Total


_RUNS, _WHOLE, _CURVES = 1000, 30, 3
"""How many runs' summaries are asked for the keys, for all keys, and for curves."""
_ENOUGH = 3
"""Ended runs that stand for one that finished."""
_SPLITS = {"train", "training", "val", "valid", "validation", "eval", "test", "dev"}
_MARKS = re.compile(r"[\s/._:|-]+")
_LEAST = 4
"""The fewest characters of a word that may be misspelt."""


_AGAIN = 600.0
"""Seconds until keys are looked for again."""
_KEYS = "keys"
"""The key that the memory is stored under."""
_STORED = StoredJson(shape=1)


@dataclass(frozen=True)
class Check:
    """One check of a subscription: its time in POSIX seconds, what it remembers, and
    whether a run has ended since the last one."""

    now: float
    memory: Memory
    ended: bool = False


@dataclass(frozen=True)
class DeadKey:
    key: str
    near: str = ""
    """The logged key that is probably meant."""

    def __str__(self) -> str:
        hint = f"; did you mean {self.near!r}?" if self.near else ""
        return f"no run has ever logged {self.key!r}{hint}"


def newly_dead(
    source: Source,
    keys: Iterable[str],
    filters: Mapping[str, Json],
    logged: Collection[str],
    check: Check,
) -> tuple[DeadKey, ...]:
    """Return the dead keys that were not reported before; *logged* are alive.

    Asks the source at the first check, when a run has ended, and every ten minutes as
    long as a key is neither dead nor alive.
    """
    memory = check.memory
    alive, reported, at = _STORED.load(memory.recall(_KEYS)) or ([], [], 0.0)
    alive = list(dict.fromkeys([*alive, *(key for key in keys if key in logged)]))
    unknown = [key for key in keys if key not in alive and key not in reported]
    dead: tuple[DeadKey, ...] = ()
    if unknown and (check.ended or check.now - at >= _AGAIN):
        try:
            dead, missing = _examined(source, unknown, filters)
        except SourceError:
            return ()
        alive += [key for key in unknown if key not in missing]
        reported = [*reported, *(one.key for one in dead)]
        at = check.now
    text = _STORED.dump([alive, reported, at])
    if text != memory.recall(_KEYS):
        memory.remember(_KEYS, text)
    return dead


def report(dead: Sequence[DeadKey], kind: str, project: str, url: str | None) -> Report:
    """Report keys that no run ever logged: rules on them can never fire."""
    names = ", ".join(one.key for one in dead)
    title = f"{project}: no run has logged {names}"
    notes = tuple(Note(str(one)) for one in dead)
    return Report(kind, title, notes, url=url, event=True)


def dead_keys(
    source: Source, keys: Iterable[str], filters: Mapping[str, Json]
) -> tuple[DeadKey, ...]:
    """Return those of *keys* that are already known to be wrong; SourceError."""
    return _examined(source, keys, filters)[0]


def _examined(
    source: Source, keys: Iterable[str], filters: Mapping[str, Json]
) -> tuple[tuple[DeadKey, ...], Collection[str]]:
    """Return the dead keys, and all that no run has logged yet.

    A key with a near one among the logged keys is wrong at once, another if a run has
    finished without it. One request, and two more if a key is missing; SourceError.
    """
    wanted = tuple(dict.fromkeys(key for key in keys if _checkable(key)))
    if not wanted:
        return (), ()
    found = Query(
        filters, limit=_RUNS, summary=wanted, config=(), details=Details.PROGRESS
    )
    runs = source.runs(found).runs
    missing = _missing(wanted, runs)
    if not missing or not runs:
        return (), missing
    whole = source.runs(replace(found, limit=_WHOLE, summary=None, names=True)).runs
    missing = _missing(missing, whole)
    known = {key for run in whole for key in run.summary if not key.startswith("_")}
    done = [run for run in runs if run.state.ended and run.last_step]
    over = len(done) >= _ENOUGH or any(run.state is State.FINISHED for run in done)
    dead = [DeadKey(key, near(key, known)) for key in missing]
    dead = [one for one in dead if one.near or (over and known)]
    return _never_drawn(source, dead, filters), missing


def _checkable(key: str) -> bool:
    return not (key.startswith(("_", SYSTEM, "config.")) or is_glob(key))


def _missing(keys: Sequence[str], runs: Iterable[Run]) -> tuple[str, ...]:
    logged = {key for run in runs for key in run.summary}
    return tuple(
        key
        for key in keys
        if key not in logged
        and not any(one.startswith((f"{key}.", f"{key}/")) for one in logged)
    )


def _never_drawn(
    source: Source, dead: Sequence[DeadKey], filters: Mapping[str, Json]
) -> tuple[DeadKey, ...]:
    """Leave out keys that are logged and in no summary, as define_metric may ask."""
    if not dead:
        return ()
    latest = Query(filters, limit=_CURVES, summary=(), config=())
    try:
        curves = source.curves(latest, [one.key for one in dead], Axis(AxisKind.WALL))
    except SourceError:
        return tuple(dead)
    drawn = {key for one in curves for key in one.series}
    return tuple(one for one in dead if one.key not in drawn)


def near(key: str, known: Collection[str]) -> str:
    """Return the *known* key of which *key* is a misspelling; "" if there is none."""
    for one in sorted(known):
        if one != key and _squeezed(one) == _squeezed(key):
            return one
    return next((one for one in sorted(known) if _slip(key, one)), "")


def _squeezed(key: str) -> str:
    return _MARKS.sub("", key).lower()


def _slip(key: str, other: str) -> bool:
    """Whether *key* differs from it by one typing error in one word."""
    words, others = _MARKS.split(key.lower()), _MARKS.split(other.lower())
    if len(words) != len(others):
        return False
    apart = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(apart) != 1:
        return False
    ((one, meant),) = apart
    if {one, meant} <= _SPLITS or max(len(one), len(meant)) < _LEAST:
        return False
    return _digits(one) == _digits(meant) and _one_edit(one, meant)


def _digits(word: str) -> str:
    """Return the digits of a word: ``map50`` is not a misspelt ``map75``."""
    return re.sub(r"\D", "", word)


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter is missing, added or wrong, or two are swapped."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    rest, longer = one[start:], other[start:]
    if len(one) < len(other):
        return rest == longer[1:]
    swapped = rest[1::-1] + rest[2:]
    return rest[1:] == longer[1:] or swapped == longer


_SAMPLE = 10
"""How many runs' keys a named one is compared with."""
CONFIG = "config."


def meant(key: str, known: Collection[str]) -> str:
    """Return ``; did you mean …?`` for a summary key, or ``config.KEY``."""
    other = key.removeprefix(CONFIG) if key.startswith(CONFIG) else CONFIG + key
    return f"; did you mean {other!r}?" if other in known else did_you_mean(key, known)


def known_keys(runs: Iterable[Run]) -> set[str]:
    """Return the summary keys of *runs*, without W&B's own, and ``config.KEY``."""
    summary: set[str] = set()
    config: set[str] = set()
    for run in runs:
        summary.update(run.summary)
        config.update(run.config)
    found = {key for key in summary if not key.startswith("_")}
    return found | {f"{CONFIG}{key}" for key in config}


def sampled_keys(source: Source, query: Query) -> set[str]:
    """Return the keys of a few runs of *query*; one request, and none if it fails."""
    whole = replace(query, limit=_SAMPLE, summary=None, config=None)
    try:
        return known_keys(source.runs(whole).runs)
    except SourceError:
        return set()


def unvalued(key: str, known: Collection[str]) -> str:
    """Say that no run has a value for *key*, and name the likely key."""
    hint = meant(key, known)
    if not hint and not known and not key.startswith(CONFIG):
        hint = f"; in the configuration it would be {CONFIG}{key}"
    return f"no run here has a value for {key!r}{hint}"


def no_match(source: Source, filters: Mapping[str, Json]) -> str:
    """Say that no run matches *filters*, and what in them no run has; one request."""
    hints: list[str] = []
    known: set[str] = set()
    for name, value in _conditions(filters):
        key = name.removeprefix("summary_metrics.").removesuffix(".value")
        if name == "state" and isinstance(value, str):
            states = [state.value for state in State]
            hints += [] if value in states else [did_you_mean(value, states)]
        elif name.startswith(("summary_metrics.", CONFIG)):
            known = known or sampled_keys(source, Query())
            below = any(one.startswith(f"{key}.") for one in known)
            if absent(key, known) and not below:
                hints.append(f"; no run has {key!r}{meant(key, known)}")
    return "".join(("no run matches the filters", *dict.fromkeys(hints)))


def _conditions(filters: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in filters.items():
        if not name.startswith("$"):
            yield name, value
        for one in value if name[:1] == "$" and isinstance(value, list | tuple) else ():
            if isinstance(one, Mapping):
                yield from _conditions(one)


def absent(key: str, known: Collection[str]) -> bool:
    """Whether *key* is not *known* though others of its kind are, and no run has only
    just started."""
    kind = key.startswith(CONFIG)
    return key not in known and any(one.startswith(CONFIG) == kind for one in known)


def missing(
    env: Env,
    addresses: Sequence[Address],
    query: Query,
    keys: Sequence[str],
    runs: Sequence[Run],
) -> dict[str, str]:
    """Say which of *keys* neither *runs* nor others of *query* have; asks the sources
    only if there are any. NotFoundError where no run of *addresses* has any of them."""
    logged = known_keys(runs)
    logged |= {found for key in logged if (found := summed_up(key))}
    without = [key for key in keys if runs and key not in logged]
    if not without:
        return {}
    known = _known_at(env, addresses, query)
    said = {key: unvalued(key, known) for key in without if key not in known}
    if query.filters and set(said) == set(keys):
        known = _known_at(env, addresses, Query())
    demand(env, keys, {key: why for key, why in said.items() if absent(key, known)})
    return said


def check_total(
    env: Env, addresses: Sequence[Address], total: Total | None, runs: Sequence[Run]
) -> None:
    """Remark that none of *runs* has the key of *total*. NotFoundError where no run of
    *addresses* has it."""
    if not (total and total.key and runs) or any(total.of(r) is not None for r in runs):
        return
    name, known = total.name, _known_at(env, addresses, Query())
    why = f"no ETA: no run here has a number of steps in {name!r}{meant(name, known)}"
    demand(env, [name], {name: why} if absent(name, known) else {})
    remark(why)


def _known_at(env: Env, addresses: Sequence[Address], query: Query) -> set[str]:
    asked = [partial(_sampled, env, one, query) for one in addresses]
    return {
        key for keys in env.together(asked) if isinstance(keys, set) for key in keys
    }


def _sampled(env: Env, address: Address, query: Query) -> set[str]:
    return sampled_keys(env.source(address), query)


def demand(env: Env, named: Collection[str], unknown: Mapping[str, str]) -> None:
    """Raise NotFoundError where nothing that one option *named* exists; *unknown* says
    so of each.

    Not in a subscription: a key may come later, so there the report says it.
    """
    if named and unknown.keys() >= set(named) and env.memory is None:
        raise NotFoundError("; ".join(unknown[one] for one in dict.fromkeys(named)))
