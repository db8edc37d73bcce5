"""Where in a JSON text stands what JSON forbids and Python's reader takes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_CONSTANTS = {"NaN", "Infinity", "-Infinity"}


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with *text*, which is well-formed but for that, and where.

    A place is an offset in characters.
    """
    objects: list[set[str] | None] = []  # the names of each open object; None: a list
    naming = False
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark in "{[":
            objects.append(set() if mark == "{" else None)
            naming = mark == "{"
        elif mark in "}]":
            objects.pop()
        elif mark == ",":
            naming = bool(objects) and objects[-1] is not None
        elif mark[0] == '"' and naming and objects[-1] is not None:
            naming, name = False, json.loads(mark)
            if name in objects[-1]:
                yield found.start(), f"{name!r} stands here twice"
            objects[-1].add(name)
        elif why := _no_number(mark):
            yield found.start(), why


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Count both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - text.rfind("\n", 0, offset)


def _no_number(mark: str) -> str:
    if mark in _CONSTANTS:
        return f"{mark} is no JSON number"
    if mark[0] in "-0123456789" and not math.isfinite(float(mark)):
        return f"{mark[:40]} is larger than a number can be"
    return ""
