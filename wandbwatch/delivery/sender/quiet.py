"""Whether a channel is in its quiet hours. Pure."""

from __future__ import annotations

from datetime import datetime

from wandbwatch.model.channel import Quiet


def is_quiet(quiet: Quiet | None, now: datetime) -> bool:
    """Whether the clock of *now* is in *quiet*, whose end is no part of it."""
    if quiet is None:
        return False
    at = now.time()
    if quiet.start <= quiet.end:
        return quiet.start <= at < quiet.end
    return at >= quiet.start or at < quiet.end


def heading(quiet: Quiet, posts: int) -> str:
    """Say what a digest is."""
    hours = f"{quiet.start:%H:%M}\N{EN DASH}{quiet.end:%H:%M}"
    return f"Held in the quiet hours, {hours}: {posts} posts"
