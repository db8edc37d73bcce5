"""Files of hyperparameters."""

from __future__ import annotations

from pathlib import Path

from wandbwatch.model.errors import UsageError

LARGEST = 1 << 20
"""Bytes; no program takes an eighth of it as an argument."""


def text(place: str) -> str:
    """Return what stands in the file at *place*; UsageError where nothing can."""
    try:
        with Path(place).expanduser().open("rb") as file:
            content = file.read(LARGEST + 1)
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UsageError(f"{place}: not UTF-8 text: {e.reason}") from e
    except (OSError, ValueError, RuntimeError) as e:
        why = getattr(e, "strerror", None) or e
        raise UsageError(f"{place}: cannot be read: {why}") from e
    if len(content) > LARGEST:
        raise UsageError(f"{place}: larger than {LARGEST:,} bytes")
    return decoded
