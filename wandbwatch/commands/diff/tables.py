"""In what two tables of values differ. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from wandbwatch.model.report import MISSING, Cell
from wandbwatch.model.run import Json


def differences(
    one: Mapping[str, Json], other: Mapping[str, Json], ignored: Sequence[str] = ()
) -> tuple[tuple[str, Cell, Cell], ...]:
    """Return key and both values where they differ, in the order of the keys.

    NaN is the same as NaN. *ignored* are keys, what they begin with up to a dot or a
    slash, and globs.
    """
    return tuple(
        (key, one.get(key, MISSING), other.get(key, MISSING))
        for key in sorted({*one, *other})
        if not _is_ignored(key, ignored)
        and not (key in one and key in other and _same(one[key], other[key]))
    )


def _same(one: Json, other: Json) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return (type(one) is type(other) and one == other) or _same_number(one, other)


def _same_number(one: Json, other: Json) -> bool:
    """Whether 1 and 1.0 are meant, and not 1 and true."""
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    bools = isinstance(one, bool) or isinstance(other, bool)
    return numbers and not bools and one == other


def _is_ignored(key: str, ignored: Sequence[str]) -> bool:
    return any(
        key == one or key.startswith((f"{one}.", f"{one}/")) or fnmatchcase(key, one)
        for one in ignored
    )
