"""Which curves are meant, and the fewest questions that bring them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from wandbwatch import keys as known_keys
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, Curves, Listing, Query
from wandbwatch.recent import CLOCK, needs_clock

CHOSEN = 4
"""How many keys are chosen where none are asked for."""
_TRIED = 8
"""How many likely ones are read for that; W&B answers so many in one request."""
_MOST = 24
"""How many keys a glob or a group may bring."""


@dataclass(frozen=True)
class Found:
    """The curves of some runs, the keys to show, and what is to be said of both."""

    curves: tuple[Curves, ...]
    keys: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Asker:
    """Asks one source for curves of the runs of one query."""

    def __init__(
        self, source: Source, query: Query, axis: Axis, *, clocked: bool = False
    ) -> None:
        """With *clocked*, curves come with what `recent` needs to cut them by time."""
        self._source = source
        self._query = query
        self._axis = axis
        self._clock = (CLOCK,) if clocked and needs_clock(axis) else ()

    def asked(self, wanted: Sequence[str]) -> Found:
        """Find what was asked for: keys by one question; patterns need names first.

        A name that no run has may be that of a group.
        """
        curves: tuple[Curves, ...] = ()
        if not any(map(known_keys.is_glob, wanted)):
            curves = self._curves(wanted)
        absent = [one for one in wanted if not _has(curves, one)]
        if not absent:
            return Found(curves, tuple(wanted), tuple(self._newest(len(curves))))
        listing = self._listing()
        known = known_keys.numeric(listing.runs)
        groups = {one: known_keys.selected(one, set(known) - {one}) for one in absent}
        meant = {one: groups.get(one) or [one] for one in wanted}
        keys = list(dict.fromkeys(key for names in meant.values() for key in names))
        if any(groups.values()) or not curves:
            curves = self._curves(keys[:_MOST])
        shown = tuple(key for key in keys[:_MOST] if _has(curves, key))
        notes = (
            *self._newest(len(listing.runs), listing.total),
            *self._unknown(meant, shown, known),
            *_too_many(keys),
        )
        return Found(curves, shown, notes)

    def guessed(self) -> Found:
        """Choose likely keys; more are tried, as a summary has more than curves."""
        listing = self._listing()
        if not listing.runs:
            return Found((), (), ("no runs here yet",))
        tried = known_keys.likely(listing.runs)[:_TRIED]
        curves = self._curves(tried) if tried else ()
        chosen = tuple(key for key in tried if _has(curves, key))[:CHOSEN]
        notes = tuple(self._newest(len(listing.runs), listing.total))
        if not chosen:
            note = f"no run has logged numbers yet{self._beside()}"
            return Found((), (), (note, *notes))
        note = f"keys not asked for: chose {', '.join(chosen)}; --keys chooses"
        return Found(curves, chosen, (note, *notes))

    def _curves(self, keys: Sequence[str]) -> tuple[Curves, ...]:
        bare = replace(self._query, summary=(), config=())
        wanted = tuple(dict.fromkeys((*keys, *self._clock)))
        return self._source.curves(bare, wanted, self._axis)

    def _listing(self) -> Listing:
        return self._source.runs(replace(self._query, config=()))

    def _newest(self, count: int, total: int | None = None) -> Iterator[str]:
        if count and count == self._query.limit != total:
            of = f" of {total}" if total else ""
            yield f"the newest {count}{of} runs; --runs chooses others"

    def _unknown(
        self,
        meant: Mapping[str, Sequence[str]],
        shown: Sequence[str],
        known: Collection[str],
    ) -> Iterator[str]:
        for one, names in meant.items():
            if set(names) & set(shown):
                continue
            close = get_close_matches(one, sorted(known), 1)
            if one in known and not self._axis.key:
                yield f"{one!r} is in summaries only: there is no curve of it"
            elif close and one not in known:
                yield f"no run has {one!r}{self._beside()}; did you mean {close[0]!r}?"
            else:
                yield f"no run has {one!r}{self._beside()}"

    def _beside(self) -> str:
        key = self._axis.key
        return f" in rows that have {key!r}" if key else ""


def _has(curves: Iterable[Curves], key: str) -> bool:
    return any(key in one.series for one in curves)


def _too_many(keys: Sequence[str]) -> Iterator[str]:
    if len(keys) > _MOST:
        yield f"the first {_MOST} of {len(keys)} keys; --keys chooses others"
