"""The words of a command line as one object: JSON, files and pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from wandbwatch.hyperparameters.objects import WORDS, Object, from_json, from_toml
from wandbwatch.hyperparameters.pairs import is_pair, pair, put
from wandbwatch.model.errors import UsageError

Read = Callable[[str], str]
"""Returns a file's text; UsageError where there is none."""


@dataclass(frozen=True)
class Given:
    values: Object = field(default_factory=dict)
    text: str | None = None
    """The one JSON object that was written, as it was written; None where the
    object is made of something else."""


def is_parameters(word: str) -> bool:
    """Whether *word* says hyperparameters, and is not a name."""
    return word.lstrip()[:1] in ("{", "[", "@", '"') or is_pair(word) or not word


def given(words: Sequence[str], read: Read) -> Given:
    """Put together what *words* say: files and objects first, then the pairs.

    A later one of them has the last word on a key; a pair that stands twice is an
    error, as is all else that a user can hardly have meant.
    """
    whole = [w for w in words if not is_pair(w) or w.lstrip()[:1] in ("{", "[", "@")]
    objects = [_object(word, read) for word in whole]
    pairs = [pair(word) for word in words if word not in whole]
    if len(objects) == 1 and not pairs:
        return objects[0]
    values: Object = {}
    for one in objects:
        _merge(values, one.values)
    seen: set[tuple[str, ...]] = set()
    for path, value in pairs:
        if path in seen:
            raise UsageError(f"{'.'.join(path)} is given twice")
        seen.add(path)
        put(values, path, value)
    return Given(values)


def _object(word: str, read: Read) -> Given:
    place = word.strip().removeprefix("@")
    if not word.strip().startswith("@"):
        return Given(from_json(word, WORDS), word)
    if not place.endswith((".toml", ".json")):
        raise UsageError(f"{word[:80]!r}: write @FILE.json or @FILE.toml")
    text = read(place)
    if place.endswith(".toml"):
        return Given(from_toml(text, place))
    return Given(from_json(text, place), text.strip())


def _merge(values: Object, more: Object) -> None:
    for key, value in more.items():
        there = values.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            _merge(there, value)
        else:
            values[key] = deepcopy(value)
