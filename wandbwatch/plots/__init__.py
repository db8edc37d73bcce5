"""Plots as PNG pictures. Nothing else of wandbwatch imports matplotlib."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from wandbwatch.plots.keeping import keep, png

# Unset, its log goes to stderr: a cache it can't write, fonts it is listing.
logging.getLogger("matplotlib").setLevel(logging.CRITICAL)

__all__ = ["gallery", "keep", "png", "seen", "still"]


def gallery(pictures: Sequence[tuple[bytes, str]]) -> bytes:
    """Draw *pictures*, each with its caption, beside each other as one PNG."""
    from wandbwatch.plots.tiles import gallery  # noqa: PLC0415 - imports matplotlib

    return gallery(pictures)


def seen(content: bytes) -> bytes:
    """Return a picture as it is, or enlarged as PNG where it is tiny."""
    from wandbwatch.plots.tiles import seen  # noqa: PLC0415 - imports matplotlib

    return seen(content)


def still(content: bytes) -> bytes:
    """Return a picture's first frame as PNG; ValueError if it can't be decoded."""
    from wandbwatch.plots.tiles import still  # noqa: PLC0415 - imports matplotlib

    return still(content)
