"""Values as people read them, whatever the medium."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from wandbwatch.formatting.numbers import (
    age,
    along,
    change,
    duration,
    exact,
    moment,
    number,
    size,
    span,
    utc,
)
from wandbwatch.formatting.screen import shown
from wandbwatch.formatting.text import MARKS, clean, state, steers
from wandbwatch.model.cell import Bytes, Cell, Changed, Missing, Plain

if TYPE_CHECKING:
    from wandbwatch.model.run import Json

__all__ = ["MARKS", "NOTHING", "age", "along", "cell", "change", "clean", "duration"]
__all__ += [
    "exact",
    "moment",
    "number",
    "shown",
    "size",
    "span",
    "state",
    "steers",
    "utc",
    "worded",
]

NOTHING = "–"
"""Shown in place of a missing value."""

TOO_DEEP = "(nested too deeply to show)"
"""Shown in place of a JSON value below the deepest level that is written."""


def cell(value: Cell, now: datetime | None = None, *, lines: bool = False) -> str:
    """Word any *value*; a time becomes its age if *now* is known.

    A string keeps its line breaks where *lines* are wanted; nothing is cut.
    """
    if isinstance(value, Changed):
        return _changed(value, now)
    return _plain(value, now, lines=lines)


def _plain(value: Plain, now: datetime | None, *, lines: bool = False) -> str:
    match value:
        case Missing() | ():  # no value, no tags
            return NOTHING
        case StrEnum():
            from wandbwatch.model.run import State  # noqa: PLC0415 -- `check` has none

            return state(value) if isinstance(value, State) else clean(value)
        case str():
            return clean(value, lines=lines)
        case Bytes():
            return size(value)
        case datetime() | timedelta():
            return _time(value, now)
        case _:
            return worded(value)


def _time(value: datetime | timedelta, now: datetime | None) -> str:
    if isinstance(value, timedelta):
        return duration(value)
    return age(value, now) if now else moment(value)


def _changed(both: Changed, now: datetime | None) -> str:
    """Word a value with its change: ``0.25 ↓0.03``, ``b (was a)``, ``0.25 (new)``."""
    value = _plain(both.value, now)
    if isinstance(both.before, Missing):
        return f"{value} (new)"
    by = change(both.value, both.before)
    return f"{value} {by}" if by else f"{value} (was {_plain(both.before, now)})"


DEEPEST = 64
"""The most levels written; hostile values nest deeper than Python can recurse."""

Typed: TypeAlias = "Mapping[str, Json]"
Number: TypeAlias = Callable[[float], str]


def worded(value: Json, write: Number = number) -> str:
    """Word a value: a list of words as ``a, b``, what is nested as compact JSON.

    *write* formats the numbers at every level.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Sequence) and value and all(map(_plain_word, value)):
        return ", ".join(clean(str(word)) for word in value)
    return _compact(value, write, DEEPEST)


def _plain_word(value: Json) -> bool:
    return isinstance(value, str) and "," not in value and bool(value.strip())


def _compact(value: Json, write: Number, depth: int) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return write(value)
    if isinstance(value, str):
        return _quoted(value)
    return _inside(value, write, depth) if depth else _quoted(TOO_DEEP)


def _inside(value: Sequence[Json] | Typed, write: Number, depth: int) -> str:
    if isinstance(value, Mapping):
        return _typed(value) or _object(value, write, depth)
    return f"[{','.join(_compact(inner, write, depth - 1) for inner in value)}]"


def _object(value: Typed, write: Number, depth: int) -> str:
    items = value.items()
    parts = (f"{_quoted(k)}:{_compact(v, write, depth - 1)}" for k, v in items)
    return f"{{{','.join(parts)}}}"


def _quoted(text: str) -> str:
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _typed(value: Typed) -> str | None:
    """Word a value of a known type: ``image 64×64``, ``histogram (64 bins)``."""
    kind = value.get("_type")
    if not isinstance(kind, str) or kind not in _KINDS:
        return None
    noun, details = _KINDS[kind]
    found = (detail(value) for detail in details)
    return " ".join((noun, *(text for text in found if text)))


def _pixels(value: Typed) -> str:
    return _product(value.get("width"), value.get("height"))


def _rows_and_columns(value: Typed) -> str:
    return _product(value.get("nrows"), value.get("ncols"))


def _product(one: Json, other: Json) -> str:
    if isinstance(one, int) and isinstance(other, int):
        return f"{one}×{other}"
    return ""


def _bins(value: Typed) -> str:
    packed, counts = value.get("packedBins"), value.get("values")
    size = packed.get("count") if isinstance(packed, Mapping) else None
    if isinstance(counts, Sequence) and not isinstance(counts, str):
        size = len(counts)
    return f"({size} bins)" if isinstance(size, int) else ""


def _count(value: Typed) -> str:
    size = value.get("count")
    return f"({size})" if isinstance(size, int) else ""


def _caption(value: Typed) -> str:
    caption = value.get("caption") or value.get("captions")
    return worded(caption) if caption else ""


_SEVERAL = (_count, _pixels, _caption)
_KINDS: Mapping[str, tuple[str, tuple[Callable[[Typed], str], ...]]] = {
    "image-file": ("image", (_pixels, _caption)),
    "images/separated": ("images", _SEVERAL),
    "video-file": ("video", (_pixels, _caption)),
    "videos": ("videos", _SEVERAL),
    "audio-file": ("audio", (_caption,)),
    "audio": ("audio", _SEVERAL),
    "html-file": ("HTML", (_caption,)),
    "object3D-file": ("3D object", (_caption,)),
    "object3D": ("3D objects", _SEVERAL),
    "molecule-file": ("molecule", (_caption,)),
    "molecule": ("molecules", _SEVERAL),
    "plotly-file": ("plotly chart", ()),
    "bokeh-file": ("bokeh chart", ()),
    "graph-file": ("graph", ()),
    "table": ("table", (_rows_and_columns,)),
    "table-file": ("table", (_rows_and_columns,)),
    "joined-table": ("joined table", (_rows_and_columns,)),
    "partitioned-table": ("partitioned table", (_rows_and_columns,)),
    "histogram": ("histogram", (_bins,)),
}
"""The ``_type`` of W&B's media as the SDK writes them; others are shown as JSON."""
