"""Values as TOML writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from wandbwatch.model.errors import UsageError

Value: TypeAlias = str | bool | Sequence[str]


def settings(values: Mapping[str, Value | None]) -> list[str]:
    """Write a line for each of *values*, an array with a line for each item."""
    lines = []
    for key, value in values.items():
        match value:
            case None:
                continue
            case bool():
                lines.append(f"{key} = {str(value).lower()}")
            case str():
                lines.append(f"{key} = {text(value)}")
            case _:
                lines += [f"{key} = [", *(f"  {text(item)}," for item in value), "]"]
    return lines


def text(value: str) -> str:
    """Write a basic string; UsageError for bytes that are no text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{value!r} is no text") from None
    # JSON's escapes are TOML's, but for the one that JSON needs none for.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
