"""The library's webhook with its own way of sending taken over.

``execute`` and ``edit`` of discord-webhook 1.4 are not used: they lose the status
of an answer that is not JSON, lose files at the second try, lose ``thread_id`` and
embedded images in an edit, wait without end, and know no timeouts. Its attributes,
its ``json`` and its query are sound.
"""

from __future__ import annotations

import json
from typing import Any

from discord_webhook import DiscordWebhook

from wandbwatch.config.webhook import WebhookAddress
from wandbwatch.delivery.discord.response import outcome
from wandbwatch.delivery.discord.wire import Reply, Timeouts, exchange
from wandbwatch.model.channel import Channel
from wandbwatch.model.delivery import Outcome, Refused
from wandbwatch.model.queued_message import Message

SILENT = 1 << 12
"""The flag that lets a message come without a notification."""

# https://discord.com/developers/docs/resources/webhook#edit-webhook-message
_EDIT = ("content", "embeds", "allowed_mentions", "components", "attachments", "flags")
_POST = (*_EDIT, "username", "avatar_url", "tts", "thread_name")
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
        self._silent = channel.silent
        self._timeouts = timeouts

    def send(self, message: Message, edit: str | None) -> Outcome:
        """Post *message*, or put it in the place of the one with the id *edit*."""
        try:
            self._take(message)
            payload = json.dumps(self.body(edit=bool(edit)), allow_nan=False)
        except (ValueError, TypeError, KeyError, AttributeError) as e:
            return Refused(0, f"the message is not valid JSON: {e}")
        body: dict[str, Any] = {"data": payload, "headers": _JSON}
        if self.files:
            body = {"files": {**self.files, "payload_json": (None, payload)}}
        if edit:
            return self._request("PATCH", f"/messages/{edit}", **body)
        return self._request("POST", "", **body)

    def remove(self, message_id: str) -> Outcome:
        return self._request("DELETE", f"/messages/{message_id}")

    def shown(self, message: Message) -> dict[str, Any]:
        """Return the post of *message* as data, its files by their names."""
        self._take(message)
        query = {k: str(v).lower() for k, v in self._query_params.items()}
        return {
            "webhook": self.url,
            "query": query,
            "payload": self.body(edit=False),
            "files": [file.name for file in message.files],
        }

    def probe(self) -> Outcome:
        return self._request("GET", "")

    def body(self, *, edit: bool) -> dict[str, Any]:
        """Return the JSON of Discord's own keys alone; an edit names all it has.

        What an edit does not name stays as it was, but its attachments.
        """
        fields = self.json
        if edit:
            fields = {"content": self.content or "", "embeds": self.embeds, **fields}
            fields["attachments"] = self.attachments
            fields["flags"] = (self.flags or 0) & ~SILENT
        return {key: fields[key] for key in (_EDIT if edit else _POST) if key in fields}

    def _take(self, message: Message) -> None:
        fields = json.loads(message.body, parse_constant=_no_number)
        self.content = fields.get("content") or None
        self.embeds = list(fields.get("embeds") or ())
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

    def _request(self, method: str, path: str, **body: Any) -> Outcome:
        params = {k: str(v).lower() for k, v in self._query_params.items()}
        if method != "POST":
            params.pop("wait", None)
        reply = exchange(method, self.url + path, self._timeouts, params, **body)
        return outcome(reply) if isinstance(reply, Reply) else reply


def _no_number(text: str) -> float:
    """NaN and the infinities are not JSON, whatever Python says."""
    raise ValueError(f"{text} is not allowed in JSON")
