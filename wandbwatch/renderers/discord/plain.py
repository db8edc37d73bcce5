"""A message reduced to text, for when Discord refuses it as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wandbwatch.model.message import Message
from wandbwatch.renderers.discord import escape, limits
from wandbwatch.renderers.discord.packing import SILENT

_ROOM = limits.CONTENT - 300
"""The rest is for what a sender adds: whom it pings, a warning."""
_FENCE = "```"
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(https?://[^)\s]+\)")


def plain(message: Message) -> Message:
    """Tell *message* in one of content only: no embed, no file, no link.

    What is over the limit is left out from the end, and how much is said.
    """
    body = json.loads(message.body)
    lines = body["content"].split("\n") if body.get("content") else []
    lines += [line for embed in body.get("embeds", ()) for line in _told(embed)]
    said = _left_out("file", len(message.files))
    content = "\n".join([*_bounded(lines, _ROOM - len(said)), *filter(None, [said])])
    mentions = body.get("allowed_mentions", SILENT)
    reduced = {"content": content.strip() or "–", "allowed_mentions": mentions}
    return Message(json.dumps(reduced, ensure_ascii=False))


def _told(embed: Mapping[str, Any]) -> Iterator[str]:
    if "author" in embed:
        yield f"**{escape.text(embed['author']['name'])}**"
    if "title" in embed:
        yield f"**{embed['title']}**"
    yield from _LINK.sub(r"\1", embed.get("description", "")).split("\n")
    if "footer" in embed:
        yield f"-# {escape.text(embed['footer']['text'])}"


def _bounded(lines: Sequence[str], room: int) -> list[str]:
    """Take the lines that fit, and close the block of code that they leave open."""
    if len("\n".join(lines)) < room:
        return list(lines)
    room -= len(_FENCE) + len(_left_out("line", len(lines))) + 3
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    fence = [_FENCE] if kept.count(_FENCE) % 2 else []
    return [*kept, *fence, _left_out("line", len(lines) - len(kept))]


def _left_out(what: str, count: int) -> str:
    if not count:
        return ""
    return f"-# {count} {what if count == 1 else f'{what}s'} left out"
