"""What a sender adds to a message's content: who is pinged, and a warning."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wandbwatch.model.message import Message
from wandbwatch.renderers.discord import limits

DUPLICATE = "-# possible duplicate: no answer said whether this was posted before"
_EVERYBODY = ("@everyone", "@here")
_SOMEBODY = re.compile(r"<@([!&]?)(\d{1,20})>")


def mention(message: Message, whom: Sequence[str]) -> Message:
    """Ping exactly *whom*, each ``@everyone``, ``@here``, ``<@USER>`` or ``<@&ROLE>``.

    What is none of these is shown and pings nobody.
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
    """Say once that *message* may have been posted before."""
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
