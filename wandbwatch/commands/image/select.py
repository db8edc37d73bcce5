"""Which curves are meant, and the fewest questions that bring them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.curves import CLOCK, needs_clock
from wandbwatch.analysis.dead_keys import no_match
from wandbwatch.analysis.objective import curve_keys, with_curve
from wandbwatch.commands.image.parse import CHOSEN
from wandbwatch.formatting import worded
from wandbwatch.formatting.text import did_you_mean, yet
from wandbwatch.model.address import Address
from wandbwatch.model.drawing import Distributions
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Listing, Query
from wandbwatch.model.run import Run

_AXES = ("step", "runtime", "wall")
T = TypeVar("T")

_TRIED = 8
"""Keys read to choose from; W&B answers so many in one request."""
_NEWEST = Query().order
_MOST = 24
"""How many keys a glob or a group may bring."""
_LONGEST = 60
"""Characters of a value that is no number."""


@dataclass(frozen=True)
class SelectedCurves:
    """The curves of some runs, the keys to show, and what is to be said of both."""

    curves: tuple[Curves, ...]
    keys: tuple[str, ...]
    notes: tuple[str, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Those of the notes that say that no run has a key or an axis, by its name."""
    distributions: tuple[Distributions, ...] = ()
    """The histograms of those keys that are no numbers."""
    own_axes: Mapping[str, str] = field(default_factory=dict)
    """The key that a key is shown over because define_metric says so."""

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(one.run for one in self.curves or self.distributions)


class CurveSelector:
    """Asks one source for curves of the runs of one query."""

    def __init__(
        self,
        source: Source,
        query: Query,
        axis: Axis | None = None,
        *,
        clocked: bool = False,
        address: Address,
    ) -> None:
        """No *axis* is the one that define_metric gives a key, else steps.

        With *clocked*, curves come with what `recent` needs to cut them by time, and
        over steps.
        """
        self._source, self._address = source, address
        self._query = query
        self._axis = axis or Axis()
        self._own = axis is None and not clocked
        self._clock = (CLOCK,) if clocked and needs_clock(self._axis) else ()

    def asked(self, wanted: Sequence[str]) -> SelectedCurves:
        """Find what was asked for: keys by one question; patterns need names first.

        A name that no run has may be that of a group.
        """
        curves: tuple[Curves, ...] = ()
        if not any(map(known_keys.is_glob, wanted)):
            curves = self._curves(wanted)
        absent = [one for one in wanted if not _has(curves, one)]
        if not absent:
            notes = tuple(self._newest(len(curves)))
            return self._over_own_axes(SelectedCurves(curves, tuple(wanted), notes))
        listing = self._listing()
        known = known_keys.numeric(listing.runs, bools=True)
        spread = known_keys.distributed(listing.runs)
        names = {*known, *spread}
        groups = {one: known_keys.selected(one, names - {one}) for one in absent}
        meant = {one: groups.get(one) or [one] for one in wanted}
        keys = list(dict.fromkeys(key for some in meant.values() for key in some))
        numbers = [key for key in keys[:_MOST] if key not in spread]
        if numbers and (any(groups.values()) or not curves):
            curves = self._curves(numbers)
        distributions = self._distributions([k for k in keys[:_MOST] if k in spread])
        if distributions and self._clock and not curves:
            curves = self._curves(())
        found = SelectedCurves(curves, (), distributions=distributions)
        shown = tuple(key for key in keys[:_MOST] if _shows(found, key))
        unknown = {} if shown else self._no_axis(known, listing)
        said = list(unknown.values())
        if not unknown:
            why = list(self._absent(meant, shown, known, listing))
            unknown = {one: text for one, text, never in why if never}
            said = [text for _, text, _ in why]
        newest = self._newest(len(listing.runs), listing.total)
        told = (*newest, *said, *_too_many(keys))
        found = replace(found, keys=shown, notes=told, unknown=unknown)
        return self._over_own_axes(found)

    def guessed(self) -> SelectedCurves:
        """Choose likely keys; more are tried, as a summary has more than curves."""
        listing = self._listing()
        if not listing.runs:
            wanted = self._query.filters
            none = no_match(self._source, wanted) if wanted else "no runs here yet"
            return SelectedCurves((), (), (none,))
        tried = curve_keys(listing.runs, _TRIED)
        curves = self._curves(tried) if tried else ()
        chosen = tuple(with_curve(tried, curves))[:CHOSEN]
        notes = tuple(self._newest(len(listing.runs), listing.total))
        found = SelectedCurves(curves, chosen)
        if not chosen:
            spread = sorted(known_keys.distributed(listing.runs))[:CHOSEN]
            found = SelectedCurves(
                (), tuple(spread), distributions=self._distributions(spread)
            )
        if not found.keys:
            known = known_keys.numeric(listing.runs, bools=True)
            unknown = self._no_axis(known, listing)
            none = f"{self._none(listing)} has logged numbers"
            note = f"{none}{yet(*listing.runs)}{self._beside()}"
            said = unknown.get(self._axis.key, note)
            return SelectedCurves((), (), (said, *notes), unknown)
        note = f"no --keys given: chose {', '.join(found.keys)}; --keys selects others"
        return self._over_own_axes(replace(found, notes=(note, *notes)))

    def _curves(
        self, keys: Sequence[str], axis: Axis | None = None
    ) -> tuple[Curves, ...]:
        wanted = tuple(dict.fromkeys((*keys, *self._clock)))
        return self._source.curves(self._bare, wanted, axis or self._axis)

    def _distributions(
        self, keys: Sequence[str], axis: Axis | None = None
    ) -> tuple[Distributions, ...]:
        if not keys:
            return ()
        return self._source.distributions(self._bare, tuple(keys), axis or self._axis)

    @property
    def _bare(self) -> Query:
        """The query, with no more of each run than it names itself."""
        summary, config = self._query.summary or (), self._query.config or ()
        return replace(self._query, summary=summary, config=config)

    def _over_own_axes(self, found: SelectedCurves) -> SelectedCurves:
        """Ask again, once an axis, for the keys that have one of their own."""
        if not self._own:
            return found
        wanted: dict[str, list[str]] = {}
        for key in found.keys:
            every = [one.own_axes for one in found.curves]
            every += [one.own_axes for one in found.distributions]
            axes = (own.get(key) for own in every)
            if over := next(filter(None, axes), ""):
                wanted.setdefault(over, []).append(key)
        shown_over: dict[str, str] = {}
        for over, keys in wanted.items():
            shown = self._again(found, keys, Axis(AxisKind.KEY, over))
            shown_over |= {key: over for key in keys if _shows(shown, key)}
            found = _replaced(found, shown, [key for key in keys if key in shown_over])
        return replace(found, own_axes=shown_over)

    def _again(
        self, found: SelectedCurves, keys: Sequence[str], axis: Axis
    ) -> SelectedCurves:
        """Ask for *keys* of what was *found* over another axis."""
        numbers = [key for key in keys if _has(found.curves, key)]
        spread = [key for key in keys if key not in numbers]
        curves = self._curves(numbers, axis) if numbers else ()
        return SelectedCurves(
            curves, (), distributions=self._distributions(spread, axis)
        )

    def _listing(self) -> Listing:
        config = self._query.config or ()
        return self._source.runs(replace(self._query, summary=None, config=config))

    def _newest(self, count: int, total: int | None = None) -> Iterator[str]:
        if count and count == self._query.limit != total:
            of = f" of {total}" if total else ""
            yield f"the {self._first} {count}{of} runs; --runs selects others"

    @property
    def _first(self) -> str:
        return "newest" if self._query.order == _NEWEST else "best"

    def _none(self, found: Listing) -> str:
        if not found.left_out:
            return "no run"
        return f"none of the {self._first} {len(found.runs)} runs"

    def _no_axis(self, known: Collection[str], found: Listing) -> dict[str, str]:
        key = self._axis.key
        hint = did_you_mean(key, [*known, *_AXES])
        missing = key and key not in known
        said = f"{self._none(found)} has {key!r} for the x axis{hint}"
        return {key: said} if missing else {}

    def _absent(
        self,
        meant: Mapping[str, Sequence[str]],
        shown: Sequence[str],
        known: Collection[str],
        found: Listing,
    ) -> Iterator[tuple[str, str, bool]]:
        """Say of each key that is not shown why, and whether no run has it at all."""
        for one, names in meant.items():
            if set(names) & set(shown):
                continue
            if one in known and not self._axis.key:
                yield one, f"{one!r} is only in summaries; it has no curve", False
            elif run := next((run for run in found.runs if _has_media(one, run)), None):
                where = shlex.quote(str(_address_of(run, self._address)))
                keys = shlex.quote(one.replace(",", "\\,"))
                line = f"wandbwatch media {where} --keys {keys}"
                yield one, f"{one!r} is no curve; `{line}` shows it", False
            elif what := _wording(one, found.runs):
                yield one, f"{one!r} is no number; its last value is {what}", False
            else:
                hint = "" if one in known else did_you_mean(one, known)
                told = f"{self._none(found)} has {one!r}{self._beside()}{hint}"
                yield one, told, one not in known

    def _beside(self) -> str:
        key = self._axis.key
        return f" in rows that have {key!r}" if key else ""


def _has_media(key: str, run: Run) -> bool:
    """Whether *run* has an image, a table or a chart (by its table) of *key*."""
    typed = {k for k, v in run.summary.items() if isinstance(v, dict) and "_type" in v}
    return any(known_keys.selected(name, typed) for name in (key, f"{key}_table"))


def _address_of(run: Run, address: Address) -> Address:
    """Return the address of *run*, which was read from *address*."""
    if not address.local:
        return address.in_project(run).named(run.id)
    itself = str(address.resolved()).removesuffix(".wandb").endswith(f"-{run.id}")
    return address if itself else address.named(run.id)


def _wording(key: str, runs: Sequence[Run]) -> str:
    """Word the last value of *key* that is no number, if any of *runs* has one."""
    found = (run.summary[key] for run in runs if key in run.summary)
    what = next((value for value in found if value is not None), None)
    numeric = what is None or isinstance(what, int | float)
    return "" if numeric else worded(what)[:_LONGEST]


def _has(curves: Iterable[Curves], key: str) -> bool:
    return any(key in one.series for one in curves)


def _shows(found: SelectedCurves, key: str) -> bool:
    return _has(found.curves, key) or any(
        key in one.columns for one in found.distributions
    )


def _replaced(
    found: SelectedCurves, again: SelectedCurves, keys: Collection[str]
) -> SelectedCurves:
    """Put what was asked for *again* of *keys* in place of what was there first."""
    series = {one.run.id: one.series for one in again.curves}
    columns = {one.run.id: one.columns for one in again.distributions}
    return replace(
        found,
        curves=tuple(
            replace(one, series=_merged(one.series, series.get(one.run.id, {}), keys))
            for one in found.curves
        ),
        distributions=tuple(
            replace(
                one, columns=_merged(one.columns, columns.get(one.run.id, {}), keys)
            )
            for one in found.distributions
        ),
    )


def _merged(
    first: Mapping[str, T], later: Mapping[str, T], keys: Collection[str]
) -> dict[str, T]:
    """Let *later* say what there is of *keys*."""
    return {
        **{key: value for key, value in first.items() if key not in keys},
        **{key: value for key, value in later.items() if key in keys},
    }


def _too_many(keys: Sequence[str]) -> Iterator[str]:
    if len(keys) > _MOST:
        yield f"the first {_MOST} of {len(keys)} keys; --keys selects others"
