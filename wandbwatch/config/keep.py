"""``[keep]``: how long files and records on disk are kept."""

from __future__ import annotations

import re

from wandbwatch.config.table import TomlTable
from wandbwatch.formatting.times import parse_positive_duration
from wandbwatch.model.settings import Keep

_DURATIONS = ("delivered", "failed", "pictures", "history", "events", "logs")
_SIZES = ("log_size", "free")
_SIZE = re.compile(r"(\d{1,9})\s*([kKMGT]?)(i?)B")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LEAST = 100_000
"""Bytes: less of a log would not hold a traceback."""


def keep(table: TomlTable) -> Keep:
    found: dict[str, float | int] = {}
    for key in _DURATIONS:
        span = table.read(key, parse_positive_duration)
        if span is not None:
            found[key] = span.total_seconds()
    for key in _SIZES:
        size = table.read(key, byte_count)
        if size is not None:
            found[key] = size
    return Keep(**found)  # type: ignore[arg-type]


def byte_count(text: str) -> int:
    """Read ``500kB``, ``16MB`` or ``1GiB``."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text[:80]!r} is not a size such as 16MB or 1GiB")
    number, prefix, binary = found.groups()
    size: int = int(number) * (1024 if binary else 1000) ** _POWERS[prefix.lower()]
    if size < _LEAST:
        raise ValueError(f"{text[:80]!r} is less than 100kB")
    return size
