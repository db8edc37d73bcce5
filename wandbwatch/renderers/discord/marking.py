"""What a sender adds to a message's content: mentions and a warning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wandbwatch.model.delivery import Message
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord.embed import SILENT

DUPLICATE = "-# possible duplicate: Discord did not confirm the first post"
_EVERYBODY = ("@everyone", "@here")
_SOMEBODY = re.compile(r"<@([!&]?)(\d{1,20})>")


def mention(message: Message, whom: Sequence[str]) -> Message:
    """Ping exactly *whom*, each ``@everyone``, ``@here``, ``<@USER>`` or ``<@&ROLE>``.

    Any other text is shown and pings nobody.
    """
    if not whom:
        return message
    body = json.loads(message.body)
    asked = dict.fromkeys(whom)
    found = [match for each in asked if (match := _SOMEBODY.fullmatch(each))]
    allowed = {
        "parse": ["everyone"] if any(each in _EVERYBODY for each in asked) else [],
        "users": [id_ for kind, id_ in (m.groups() for m in found) if kind != "&"],
        "roles": [id_ for kind, id_ in (m.groups() for m in found) if kind == "&"],
    }
    body["allowed_mentions"] = {k: v for k, v in allowed.items() if v or k == "parse"}
    return _above(" ".join(asked), body, message)


def duplicate(message: Message) -> Message:
    """Mark *message* once as a possible duplicate."""
    body = json.loads(message.body)
    if DUPLICATE in body.get("content", "").split("\n"):
        return message
    return _above(DUPLICATE, body, message)


def _above(line: str, body: Mapping[str, Any], message: Message) -> Message:
    content = f"{line}\n{body.get('content', '')}".rstrip()
    if len(content) > limits.CONTENT:
        content = f"{content[: limits.CONTENT - 1]}…"
    text = json.dumps({**body, "content": content}, ensure_ascii=False)
    return Message(text, message.files)


_ROOM = limits.CONTENT - 300
"""The rest is for what a sender adds: mentions and a warning."""
_FENCE = "```"
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(https?://[^)\s]+\)")


def plain(message: Message) -> Message:
    """Return *message* as content only: no embeds, files or links.

    Lines beyond the limit are left out, and counted.
    """
    body = json.loads(message.body)
    lines = body["content"].split("\n") if body.get("content") else []
    said = {*lines}
    for embed in body.get("embeds", ()):
        lines += [*_text_of(embed, titled=embed.get("title") not in said)]
    files = _left_out("file", len(message.files))
    content = "\n".join([*_bounded(lines, _ROOM - len(files)), *filter(None, [files])])
    mentions = body.get("allowed_mentions", SILENT)
    reduced = {"content": content.strip() or "–", "allowed_mentions": mentions}
    return Message(json.dumps(reduced, ensure_ascii=False))


def _text_of(embed: Mapping[str, Any], *, titled: bool) -> Iterator[str]:
    if "author" in embed:
        yield f"**{markdown.text(embed['author']['name'])}**"
    if "title" in embed and titled:
        yield f"**{embed['title']}**"
    yield from _LINK.sub(r"\1", embed.get("description", "")).split("\n")
    if "footer" in embed:
        yield f"-# {markdown.text(embed['footer']['text'])}"


def _bounded(lines: Sequence[str], room: int) -> list[str]:
    """Take the lines that fit, and close a code block that they leave open."""
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
