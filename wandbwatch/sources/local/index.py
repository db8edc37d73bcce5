"""What is known of one log, kept up to date as the log grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.sources.local.cache import Cached
from wandbwatch.sources.local.curves import CurveScanner
from wandbwatch.sources.local.framing import Kinds
from wandbwatch.sources.local.known import KindsOfBlocks, Known, NewestLabels
from wandbwatch.sources.local.scan import scan

if TYPE_CHECKING:
    from wandbwatch.sources.local.log import RunLog

_CURVES = 8
"""Choices of keys whose curves are known at once; the one used last stays longest."""
_WORTH, _SHARE = 8, 256
"""The fewest new blocks for which the cache is written, and of how many known ones."""


class Index:
    """It reads the log only when asked, and what is kept of it before that."""

    def __init__(self, log: RunLog) -> None:
        self._log = log
        self._cached = Cached.of(log)
        self._loaded = False
        self._news = 0
        self._kinds = KindsOfBlocks()
        self._newest: dict[Kinds, NewestLabels] = {}
        self._curves: list[CurveScanner] = []
        self._stored: list[tuple[CurveScanner, dict[str, Any]]] = []
        """Kept curves that were not asked for yet, and what to restore in them."""
        self._expected: list[Known] = []

    @property
    def kinds(self) -> KindsOfBlocks:
        self._load()
        return self._kinds

    def update(self, part: Known) -> None:
        """Bring *part* up to date, and with it the kinds in each block."""
        before = part.upto
        others = (self.kinds, *self._expected)
        scan(
            self._log,
            part,
            *(one for one in others if one is not part and one.upto == before),
        )
        self._news = max(self._news, part.upto - before)

    def expect(self, kinds: Kinds) -> None:
        """Announce that `newest` will be asked for *kinds*, to read all once."""
        self._expected.append(self._newest_of(kinds))

    def newest(self, kinds: Kinds) -> NewestLabels:
        found = self._newest_of(kinds)
        self.update(found)
        return found

    def _newest_of(self, kinds: Kinds) -> NewestLabels:
        self._load()
        return self._newest.setdefault(frozenset(kinds), NewestLabels(frozenset(kinds)))

    def expect_curves(self, keys: Sequence[str], axis: Axis, *, steps: bool) -> None:
        """Announce that `curves` will be asked for these, to read all once."""
        self._expected += self._curves_of(keys, axis, steps=steps)

    def curves(
        self, keys: Sequence[str], axis: Axis, *, steps: bool
    ) -> list[CurveScanner]:
        """Return what is known of *keys*, each in one of them."""
        found = self._curves_of(keys, axis, steps=steps)
        for one in found:
            self.update(one)
        return found

    def _curves_of(
        self, keys: Sequence[str], axis: Axis, *, steps: bool
    ) -> list[CurveScanner]:
        self._load()
        self._restore_curves(keys, axis, steps=steps)
        found: list[CurveScanner] = []
        left = list(keys)
        for one in self._curves:
            if (one.axis, one.steps) == (axis, steps) and set(left) & set(one.keys):
                found.append(one)
                left = [key for key in left if key not in one.keys]
        if left:
            found.append(CurveScanner(left, axis, steps=steps))
        others = [one for one in self._curves if one not in found]
        self._curves = [*found, *others][:_CURVES]
        return found

    def save(self) -> None:
        """Write the cache, if enough is new."""
        least = max(_WORTH, self._kinds.upto // _SHARE)
        if self._cached and self._news >= least:
            self._restore_curves()
            del self._curves[_CURVES:]
            parts = list(self._parts())
            known = [[kind, args, part.state()] for kind, args, part in parts]
            blocks = max(part.upto for *_, part in parts)
            self._cached.save(self._log, known, blocks)

    def _parts(self) -> Iterator[tuple[str, list[Any], Known]]:
        """Yield the parts, each with what names it."""
        yield "kinds", [], self._kinds
        for kinds, newest in self._newest.items():
            yield "newest", sorted(kinds), newest
        for one in self._curves:
            axis = [one.axis.kind.value, one.axis.key]
            yield "curves", [list(one.keys), axis, one.steps], one

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        known = self._cached.load(self._log) if self._cached else None
        try:
            for kind, args, state in known or ():
                self._restore(kind, args, state)
        except (OSError, ValueError, LookupError, TypeError):
            self._kinds, self._newest, self._stored = KindsOfBlocks(), {}, []

    def _restore(self, kind: str, args: list[Any], state: dict[str, Any]) -> None:
        if kind == "kinds":
            self._kinds.restore(state)
        elif kind == "newest":
            newest = NewestLabels(frozenset(args)).restore(state)
            self._newest[newest.kinds] = newest
        elif kind == "curves":
            keys, (axis, key), steps = args
            one = CurveScanner(keys, Axis(AxisKind(axis), key), steps=steps)
            self._stored.append((one, state))

    def _restore_curves(
        self, keys: Sequence[str] = (), axis: Axis | None = None, *, steps: bool = False
    ) -> None:
        """Read the kept curves of *keys* over *axis*, or all of them without one."""
        later = []
        for one, state in self._stored:
            fits = (one.axis, one.steps) == (axis, steps) and set(keys) & set(one.keys)
            if fits or axis is None:
                with suppress(OSError, ValueError, LookupError, TypeError):
                    self._curves.append(one.restore(state))
            else:
                later.append((one, state))
        self._stored = later
