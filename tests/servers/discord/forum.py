"""Where a message of a webhook goes: its channel, a thread, a new thread."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.servers.discord.errors import ApiError, invalid

if TYPE_CHECKING:
    from tests.servers.discord.board import Hook


@dataclass(frozen=True)
class Place:
    thread: str | None
    opens: bool = False


def place(hook: Hook, payload: Mapping[str, Any], thread: str | None) -> Place:
    """Decide it; ApiError when the two names of a thread don't fit the channel."""
    name = payload.get("thread_name")
    forum = hook.kind == "forum"
    posted = "Webhooks posted to forum channels"
    if thread is not None and not re.fullmatch(r"[1-9]\d{0,19}", thread):
        words = f'Value "{thread}" is not snowflake.'
        raise invalid(("thread_id",), "NUMBER_TYPE_COERCE", words)
    if forum and not thread and not name:
        words = f"{posted} must have a thread_name or thread_id"
        raise ApiError(400, 220001, words)
    if thread and name:
        words = f"{posted} cannot have both a thread_name and thread_id"
        raise ApiError(400, 220002, words)
    if name and not forum:
        words = "Webhooks can only create threads in forum channels"
        raise ApiError(400, 220003, words)
    if thread and thread not in hook.threads:
        raise ApiError(404, 10003, "Unknown Channel")
    if name and hook.tag_required and not payload.get("applied_tags"):
        words = "A tag is required to create a forum post in this channel"
        raise ApiError(400, 40067, words)
    return Place(thread, opens=bool(name))
