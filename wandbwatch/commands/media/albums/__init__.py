"""What a run logged beside numbers, as blocks of an answer. Pure but for fetching."""

from __future__ import annotations

from wandbwatch.commands.media.albums.blocks import WHOLE, Page, blocks

__all__ = ["WHOLE", "Page", "blocks"]
