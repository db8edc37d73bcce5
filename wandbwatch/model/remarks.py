"""What the reader of a report has to know of how its runs were read."""

from __future__ import annotations

_remarks: list[str] = []


def remark(text: str) -> None:
    """Let the next report say *text*: that runs are missing, or values."""
    if text not in _remarks:
        _remarks.append(text)


def taken() -> tuple[str, ...]:
    """Return what was remarked since the last time."""
    found = tuple(_remarks)
    _remarks.clear()
    return found
