"""Text from outside, made safe to show, and names without what they share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `check` has no runs
    from wandbwatch.model.run import Run

_BREAKS = "\r\n|[\n\r\v\f\x85\u2028\u2029]"
_DIGITS = 18
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean(text: str, *, lines: bool = False) -> str:
    """Take away what could steer a terminal or turn the reading direction.

    Control and format characters go, a lone surrogate becomes U+FFFD. Line breaks
    become spaces, or ``\\n`` where *lines* are wanted.
    """
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(_BREAKS, "\n" if lines else " ", text).expandtabs(8 if lines else 1)
    return "".join(c if c == "\n" or c.isprintable() else _shown(c) for c in text)


def steers(character: str) -> bool:
    """Whether it is a control or format character."""
    return unicodedata.category(character) in _STEERING


def _shown(character: str) -> str:
    if unicodedata.category(character) == "Cs":
        return "\ufffd"
    return "" if steers(character) else character


MARKS = {
    "pending": "◦",
    "running": "▸",
    "finished": "✓",
    "failed": "✗",
    "crashed": "✘",
    "killed": "⊘",
    "preempting": "⇣",
    "preempted": "⇣",
    "unknown": "?",
}
"""One cell wide in every terminal, and none that a font draws as an emoji."""


def state(value: str) -> str:
    """Return a run's state with its mark."""
    return f"{MARKS[value]} {value}"


def by_number(name: str) -> tuple[tuple[str, int], ...]:
    """Return a sort key in which numbers count as such: layer 2 before layer 10."""
    parts = re.split(r"(\d+)", name)
    return tuple(
        (text, int(digits[:_DIGITS] or 0))
        for text, digits in zip(parts[::2], [*parts[1::2], ""], strict=True)
    )


def yet(*runs: Run) -> str:
    """Return `` yet`` if any of *runs* may still log it."""
    return " yet" if any(run.state.going for run in runs) else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` for the closest of *known*, or nothing."""
    close = closest(word, known)
    return f"; did you mean {close!r}?" if close else ""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the one of *known* that *word* is a misspelling of, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only mistakes need it

    return next(iter(get_close_matches(word[:80], sorted(known), 1)), "")


_READABLE = 20
"""Names up to this long are not shortened."""
_PARTS = r"(?<=[-_/ :,])"
_EDGES = "-_/ :,"


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return for each of *names* its part that differs from the others.

    Names that are short already stay whole, as does a name without others.
    """
    whole = list(dict.fromkeys(names))
    parts = [re.split(_PARTS, name) for name in whole]
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
