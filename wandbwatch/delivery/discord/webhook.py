"""The library's webhook with its own way of sending taken over.

``execute`` and ``edit`` of discord-webhook 1.4 are not used: they lose the status
of an answer that is not JSON, lose files at the second try, lose ``thread_id`` and
embedded images in an edit, wait without end, and know no timeouts. Its attributes,
its ``json`` and its query are sound.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from discord_webhook import DiscordWebhook

from wandbwatch.config import redaction
from wandbwatch.config.webhook import WebhookAddress
from wandbwatch.delivery.discord.wire import Reply, Timeouts, exchange
from wandbwatch.formatting.text import cut_end
from wandbwatch.model.delivery import (
    Ambiguous,
    Delivered,
    Message,
    MessageMissing,
    NotSent,
    Outcome,
    Rate,
    RateLimited,
    RateScope,
    Refused,
    WebhookGone,
)
from wandbwatch.model.errors import printable
from wandbwatch.model.settings import Channel

_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE, _UNKNOWN_WEBHOOK = 10003, 10008, 10015
_ARCHIVED = 50083
"""An old thread: what is in it can't be edited, but a new post opens it again."""
_BLOCKED = 40333
_FORUM = {
    220001: "the channel is a forum: set thread_name or thread_id",
    220002: "set either thread_name or thread_id, not both",
    220003: "the channel is not a forum: remove thread_name and thread",
    40067: "the forum requires a tag: set tags to the ID of one",
}
_LONGEST = 600
_CLIENT, _SERVER = 400, 500


def outcome(reply: Reply) -> Outcome:
    """Say what *reply* means; a success that can't be parsed is delivered too."""
    fields = _object(reply.body)
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        ids = (_id(fields, "id"), _id(fields, "channel_id"))
        author = fields.get("author")
        name = author.get("username") if isinstance(author, dict) else None
        name = name or fields.get("name")
        called = name if isinstance(name, str) else None
        return Delivered(*ids, _rate(reply), _id(fields, "guild_id"), called)
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(reply, fields)
    if reply.status >= _SERVER or reply.status == HTTPStatus.REQUEST_TIMEOUT:
        return Ambiguous(_line(reply, fields))
    if reply.status < _CLIENT:
        return NotSent(f"{reply.status}: it redirects; use the final URL")
    return _refused(reply, fields)


def _refused(reply: Reply, fields: Mapping[str, Any]) -> Outcome:
    code, line = _code(fields), _line(reply, fields)
    if code in (_UNKNOWN_MESSAGE, _ARCHIVED):
        return MessageMissing(line)
    if code == _UNKNOWN_CHANNEL:
        return WebhookGone(line, thread=True)
    if code == _BLOCKED:
        return RateLimited(None, RateScope.EDGE)
    if code in _FORUM:
        return WebhookGone(f"{line}; {_FORUM[code]}")
    if reply.status in {401, 403, 404}:
        # Only Discord's own word ends a webhook; a proxy's page does not.
        return WebhookGone(line) if code else NotSent(line)
    return Refused(code, line)


def _limited(reply: Reply, fields: Mapping[str, Any]) -> RateLimited:
    after = _seconds(fields.get("retry_after"))
    if after is not None:
        return RateLimited(after, _scope(reply, fields))
    if _code(fields) and "Via" in reply.headers:  # too many edits of one old message
        return RateLimited(None, RateScope.USER)
    # Without the API's word it is the proxy before it that turns us away.
    return RateLimited(_seconds(reply.headers.get("Retry-After")), RateScope.EDGE)


def _scope(reply: Reply, fields: Mapping[str, Any]) -> RateScope:
    if fields.get("global") is True:
        return RateScope.GLOBAL
    said = reply.headers.get("X-RateLimit-Scope")
    return RateScope.SHARED if said == RateScope.SHARED.value else RateScope.USER


def _rate(reply: Reply) -> Rate | None:
    left = _seconds(reply.headers.get("X-RateLimit-Remaining"))
    after = _seconds(reply.headers.get("X-RateLimit-Reset-After"))
    return None if left is None or after is None else Rate(int(left), after)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _object(body: bytes | None) -> Mapping[str, Any]:
    try:
        fields = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _id(fields: Mapping[str, Any], key: str) -> str | None:
    value = fields.get(key)
    return value if isinstance(value, str) and value.isdecimal() else None


def _code(fields: Mapping[str, Any]) -> int:
    code = fields.get("code")
    return code if isinstance(code, int) else 0


def _line(reply: Reply, fields: Mapping[str, Any]) -> str:
    """Return Discord's error in one line: code, message, and the fields in question."""
    words = [str(_code(fields) or reply.status)]
    message = fields.get("message")
    if isinstance(message, str):
        words.append(message)
    elif reply.status in set(HTTPStatus):
        words.append(HTTPStatus(reply.status).phrase)
    line = " ".join(words)
    if errors := "; ".join(_places(fields.get("errors"), "")):
        line += f": {errors}"
    return cut_end(printable(redaction.redact(line)), _LONGEST)


def _places(tree: Any, path: str) -> Iterator[str]:
    """Flatten ``{"embeds": {"0": {"title": {"_errors": […]}}}}``."""
    if not isinstance(tree, dict):
        return
    for key, inner in tree.items():
        if key == "_errors" and isinstance(inner, list):
            texts = [e.get("message") for e in inner if isinstance(e, dict)]
            joined = ", ".join(str(text) for text in texts)
            yield f"{path}: {joined}" if path else joined
        else:
            step = f"[{key}]" if key.isdecimal() else f".{key}" if path else key
            yield from _places(inner, path + step)


SILENT = 1 << 12
"""The flag of a message without a notification."""

# https://discord.com/developers/docs/resources/webhook#edit-webhook-message
_EDIT = ("content", "embeds", "allowed_mentions", "components", "attachments", "flags")
_POST = (*_EDIT, "username", "avatar_url", "tts", "thread_name", "applied_tags")
_JSON = {"Content-Type": "application/json"}


class Webhook(DiscordWebhook):
    """One channel's webhook, for one message."""

    def __init__(
        self, address: WebhookAddress, channel: Channel, timeouts: Timeouts
    ) -> None:
        super().__init__(
            address.url,
            username=channel.username,
            avatar_url=channel.avatar_url,
            thread_id=channel.thread_id or address.thread_id,
            thread_name=channel.thread_name,
            allowed_mentions={"parse": []},
            wait=True,
        )
        if self.thread_id:
            self.thread_name = None
        elif self.thread_name and channel.tags:
            self.applied_tags = list(channel.tags)
        self._silent = channel.silent
        self._only_content = False
        """Whether an edit leaves embeds and files as they are."""
        self._timeouts = timeouts

    def send(self, message: Message, edit: str | None) -> Outcome:
        """Post *message*, or put it in the place of the one with the id *edit*."""
        try:
            self._take(message)
            fields = self.body(edit=bool(edit))
            payload = json.dumps(fields, allow_nan=False)
        except (ValueError, TypeError, KeyError, AttributeError) as e:
            return Refused(0, f"the message is not valid JSON: {e}")
        body: dict[str, Any] = {"data": payload, "headers": _JSON}
        if self.files:
            body = {"files": {**self.files, "payload_json": (None, payload)}}
        if edit:
            return self._request("PATCH", f"/messages/{edit}", fields, **body)
        return self._request("POST", "", fields, **body)

    def remove(self, message_id: str) -> Outcome:
        return self._request("DELETE", f"/messages/{message_id}")

    def shown(self, message: Message) -> dict[str, Any]:
        """Return the post of *message* as data, its files by their names."""
        self._take(message)
        payload = self.body(edit=False)
        return {
            "webhook": self.url,
            "query": self._query(payload),
            "payload": payload,
            "files": [file.name for file in message.files],
        }

    def probe(self) -> Outcome:
        return self._request("GET", "")

    def body(self, *, edit: bool) -> dict[str, Any]:
        """Return the JSON of Discord's own keys alone; an edit names all it has.

        What an edit does not name stays as it was, but its attachments.
        """
        fields = self.json
        if edit and self._only_content:
            fields = {"content": self.content, "allowed_mentions": {"parse": []}}
        elif edit:
            fields = {"content": self.content or "", "embeds": self.embeds, **fields}
            fields["attachments"] = self.attachments
            fields["components"] = self.components
            fields["flags"] = (self.flags or 0) & ~SILENT
        return {key: fields[key] for key in (_EDIT if edit else _POST) if key in fields}

    def _take(self, message: Message) -> None:
        fields = json.loads(message.body, parse_constant=_no_number)
        self.content = fields.get("content") or None
        self._only_content = bool(fields.get("kept"))
        self.embeds = list(fields.get("embeds") or ())
        self.components = list(fields.get("components") or ())
        self.allowed_mentions = fields.get("allowed_mentions") or {"parse": []}
        self.flags = fields.get("flags") or 0
        pinged = any(self.allowed_mentions.values())
        if self._silent and not pinged:
            self.flags |= SILENT
        self.files = {
            f"files[{i}]": (file.name, file.content)
            for i, file in enumerate(message.files)
        }
        attachments = {
            str(each["id"]): each for each in fields.get("attachments") or ()
        }
        self.attachments = [
            {**attachments.get(str(i), {}), "id": i, "filename": file.name}
            for i, file in enumerate(message.files)
        ]

    def _query(self, fields: Container[str]) -> dict[str, str]:
        """Return the query of a request with these *fields* in its JSON."""
        params = {k: str(v).lower() for k, v in self._query_params.items()}
        return params | ({"with_components": "true"} if "components" in fields else {})

    def _request(
        self,
        method: str,
        path: str,
        fields: Container[str] = (),
        **body: Any,
    ) -> Outcome:
        params = self._query(fields)
        if method != "POST":
            params.pop("wait", None)
        reply = exchange(method, self.url + path, self._timeouts, params, **body)
        return outcome(reply) if isinstance(reply, Reply) else reply


def _no_number(text: str) -> float:
    """NaN and the infinities are not JSON, whatever Python says."""
    raise ValueError(f"{text} is not allowed in JSON")
