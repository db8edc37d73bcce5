"""Text from outside, made safe to show, and names without what they share."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, takewhile
from operator import itemgetter
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


def cut_end(text: str, longest: int) -> str:
    """Return *text* in at most *longest* characters: … stands for its end."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


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
_IN_HEADLINE = 40
"""A notification shows some 100 characters."""
_PARTS = r"(?<=[-_/ :,])(?<!\de-)"
"""Between two parts of a name; 3e-4 is one."""
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


_HASH = r"(?<![0-9a-z])(?=[a-f]*\d)([0-9a-f]{4})[0-9a-f]{12,}(?![0-9a-z])"
_WORD = r"(?=[^\W_]*[^\W\d_])[^\W_]{3}"
"""A word that … may stand for if several names share it: not a number alone."""


def fitted(names: Iterable[str], room: int) -> dict[str, str]:
    """Return for each of *names* a form of at most *room* columns where one exists.

    Of a longer one hashes, directories and what all names share go first, then its
    middle: … stands for it. Different names stay different.
    """
    found = {name: name for name in names}
    for shorter in (_without_hashes, _without_shared, _without_folders):
        found = _distinct(found, shorter(found.values()), room)
    long = [name for name in found.values() if width(name) > room]
    if not long or room < len("a…b"):
        return found
    cuts = sorted(range(1, room - 1), key=lambda head: abs(2 * head - room))
    bare = {one: one.removeprefix("…/") for one in long}
    tries = [{one: _cut(bare[one], head, room) for one in long} for head in cuts]
    _, best = min(enumerate(tries), key=_lost)
    return _distinct(found, best, room)


_WHOLE_WORD = 8
"""How far from the middle a cut may be to begin at a word."""


def _lost(tried: tuple[int, Mapping[str, str]]) -> tuple[int, int, float]:
    """Count the names that are equal after a cut, the … in them, then how many begin
    inside a word and how far from the middle it is."""
    place, cut = tried
    ends = ((name, one.rpartition("…")[2]) for name, one in cut.items())
    inside = sum(
        f"{name[-len(end) - 1 :][:1]}{end[:1]}".isalnum() for name, end in ends if end
    )
    same = len(cut) - len(set(cut.values()))
    spread = place + _WHOLE_WORD * inside / len(cut)
    return same, "".join(cut.values()).count("…"), spread


def _distinct(
    found: Mapping[str, str], shorter: Mapping[str, str], room: int
) -> dict[str, str]:
    """Take the *shorter* form of each name that is too long, if no other has it."""
    counts = Counter(shorter.get(one, one) for one in found.values())
    counts.update(one for one in found.values() if shorter.get(one, one) != one)
    return {
        name: new
        if width(one) > room and counts[new := shorter.get(one, one)] == 1
        else one
        for name, one in found.items()
    }


def _without_hashes(names: Iterable[str]) -> dict[str, str]:
    return {name: re.sub(_HASH, r"\1…", name) for name in names}


def _without_folders(names: Iterable[str]) -> dict[str, str]:
    return {name: re.sub(r"^\S+/(?=[^/\s]+$)", "…/", name) for name in names}


def _without_shared(names: Collection[str]) -> dict[str, str]:
    """Return *names* without the words between their ends that all of them have."""
    parts = {name: re.split(_PARTS, name) for name in names}
    words = [{part.strip(_EDGES) for part in found} for found in parts.values()]
    if len(words) < 2:  # noqa: PLR2004 -- a pair
        return {}
    shared = set.intersection(*words)
    return {name: "".join(_joined(found, shared)) for name, found in parts.items()}


def _joined(parts: Sequence[str], shared: Collection[str]) -> Iterator[str]:
    """Join *parts*, with … for those in the middle that are *shared*."""
    inner = range(1, len(parts) - 1)
    common = [
        i in inner and part.strip(_EDGES) in shared for i, part in enumerate(parts)
    ]
    for same, run in groupby(zip(common, parts, strict=True), itemgetter(0)):
        texts = [part for _, part in run]
        words = [i for i, text in enumerate(texts) if same and re.match(_WORD, text)]
        if words:  # short ones beside them belong to what differs: gt_100
            texts[words[0] : words[-1] + 1] = ["…"]
        yield "".join(texts)


def _cut(name: str, head: int, room: int) -> str:
    """Cut the middle out of *name*: at most *head* columns before it stay."""
    before = _start(name, head).rstrip(_EDGES + "…")
    after = _start(name[::-1], room - head - 1)[::-1]
    after = re.sub(r"^[-_/ :,…]*…", "", after)
    return f"{before}…{after}"


def _start(text: str, columns: int) -> str:
    ends = accumulate(map(_columns, text))
    return text[: sum(1 for _ in takewhile(lambda end: end <= columns, ends))]


def width(text: str) -> int:
    """Count the columns of *text* in a font of one width."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def headline_names(names: Iterable[str]) -> dict[str, str]:
    """Return what to call each of *names* in a headline: short, and different."""
    return brief_names(names, _IN_HEADLINE)


def brief_names(names: Iterable[str], room: int) -> dict[str, str]:
    """Return the parts of *names* that differ, `fitted` into so many columns."""
    short = short_names(names)
    brief = fitted(short.values(), room)
    return {name: brief[one] for name, one in short.items()}


def _common(several: Sequence[Sequence[str]]) -> int:
    """Count the parts that all of *several* begin with."""
    columns = zip(*several, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def shared_part(names: Iterable[str]) -> str:
    """Return what `short_names` leaves out of *names*, with … for the rest; or ""."""
    found = short_names(names)
    name, short = next(iter(found.items()), ("", ""))
    return name.replace(short, "…", 1) if short != name else ""


def without_hints(text: str) -> str:
    """Leave out the parts that are of use in a terminal alone: options, variables, and
    to try a command again."""
    first, *rest = re.sub(r"^no --\w+ given: ", "", text).split("; ")
    hint = r"(?:^|[\s`])--[a-z]|WANDBWATCH_|^try again\b"
    return "; ".join([first, *(part for part in rest if not re.search(hint, part))])
