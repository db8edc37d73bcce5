"""Remarks about how runs were read, for the reader of a report."""

from __future__ import annotations

_remarks: list[str] = []


def remark(text: str) -> None:
    """Add *text* to the next report, such as: runs or values are missing."""
    if text not in _remarks:
        _remarks.append(text)


def taken() -> tuple[str, ...]:
    """Return the remarks since the last call."""
    found = tuple(_remarks)
    _remarks.clear()
    return found
