"""Short names: what several names share is left out of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

_READABLE = 20
"""Names up to this long are not shortened."""
_PARTS = re.compile(r"(?<=[-_/ :,])")
_EDGES = "-_/ :,"


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return for each of *names* its part that differs from the others.

    Names that are short already stay whole, as does a name without others.
    """
    whole = list(dict.fromkeys(names))
    parts = [_PARTS.split(name) for name in whole]
    if len(whole) < 2 or max(map(len, whole)) <= _READABLE:  # noqa: PLR2004 -- a pair
        return {name: name for name in whole}
    head = _common(parts)
    ends = [[part.rstrip(_EDGES) for part in one[head:]][::-1] for one in parts]
    tail = _common(ends)
    short = ["".join(one[head : len(one) - tail]) for one in parts]
    short = [one.lstrip(_EDGES) for one in short] if head else short
    short = [one.rstrip(_EDGES) for one in short] if tail else short
    return dict(zip(whole, short if all(short) else whole, strict=True))


def _common(several: Sequence[Sequence[str]]) -> int:
    """Count the parts that all of *several* begin with."""
    columns = zip(*several, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def shared_part(names: Iterable[str]) -> str:
    """Return what `short_names` leaves out of *names*, with … for the rest; or ""."""
    found = short_names(names)
    name, short = next(iter(found.items()), ("", ""))
    return name.replace(short, "…", 1) if short != name else ""
