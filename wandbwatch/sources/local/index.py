"""What is known of one log, and kept up to date with what it was added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wandbwatch.model.query import Axis
from wandbwatch.sources.local.curves import Curves
from wandbwatch.sources.local.framing import Kinds
from wandbwatch.sources.local.known import KindsOfBlocks, Known, NewestLabels
from wandbwatch.sources.local.scan import scan

if TYPE_CHECKING:
    from wandbwatch.sources.local.log import RunLog


class Index:
    def __init__(self, log: RunLog) -> None:
        self._log = log
        self.kinds = KindsOfBlocks()
        self._newest: dict[Kinds, NewestLabels] = {}
        self._curves: list[Curves] = []

    def update(self, part: Known) -> None:
        """Let *part* know all there is; and which kinds are where, if that is read."""
        if part.upto == self.kinds.upto and part is not self.kinds:
            scan(self._log, part, self.kinds)
        else:
            scan(self._log, part)

    def newest(self, kinds: Kinds) -> NewestLabels:
        kinds = frozenset(kinds)
        found = self._newest.setdefault(kinds, NewestLabels(kinds))
        self.update(found)
        return found

    def curves(self, keys: Sequence[str], axis: Axis, *, steps: bool) -> list[Curves]:
        """Return what is known of *keys*, each in one of them."""
        found: list[Curves] = []
        left = list(keys)
        for one in self._curves:
            if (one.axis, one.steps) == (axis, steps) and set(left) & set(one.keys):
                found.append(one)
                left = [key for key in left if key not in one.keys]
        if left:
            found.append(Curves(left, axis, steps=steps))
            self._curves.append(found[-1])
        for one in found:
            self.update(one)
        return found
