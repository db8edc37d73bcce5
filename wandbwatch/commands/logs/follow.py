"""What is new in a text that grows, of which only the end is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def fresh(told: Sequence[T], found: Sequence[T]) -> Sequence[T]:
    """Return those of the newest lines *found* that come after those *told*.

    Both are laid over each other where the most of them agree. Where none of what was
    told is among them, all of them are new.
    """
    old, new = list(told), list(found)
    best = end = 0
    for place in range(1, len(new) + 1):
        both = min(place, len(old))
        if both > best and new[place - both : place] == old[-both:]:
            best, end = both, place
    return found[end:]
