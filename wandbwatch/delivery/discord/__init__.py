"""Post to Discord: one attempt, and its outcome as far as it is known.

Messages that quiet hours held are joined into as few as possible. This is the only
home of discord_webhook, of which it uses what is safe (see `webhook`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from wandbwatch.config import secret
from wandbwatch.config.webhook import WebhookAddress, read
from wandbwatch.delivery.discord.webhook import Webhook
from wandbwatch.delivery.discord.wire import TIMEOUTS, Timeouts
from wandbwatch.model.delivery import Delivered, Message, MessageFile, NotSent, Outcome
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import Channel

_SOON = Timeouts(connect=2, read=3, total=4)
"""How long a message waits for the name of its webhook."""


class Discord:
    """The webhooks of channels. Secrets are read at each use, never stored."""

    def __init__(self, timeouts: Timeouts = TIMEOUTS) -> None:
        self._timeouts = timeouts

    def post(
        self, message: Message, channel: Channel, *, edit: str | None = None
    ) -> Outcome:
        """Post *message* to *channel*, or put it in the place of the one *edit*."""
        return self._ask(channel, lambda webhook: webhook.send(message, edit))

    def remove(self, message_id: str, channel: Channel) -> Outcome:
        """Remove the message with the id *message_id* from *channel*."""
        return self._ask(channel, lambda webhook: webhook.remove(message_id))

    def probe(self, channel: Channel) -> Outcome:
        """Ask for the webhook itself, which changes nothing."""
        return self._ask(channel, Webhook.probe)

    def name(self, channel: Channel) -> str | None:
        """Return the webhook's own name; None if Discord does not say it soon."""
        soon = Timeouts(*map(min, astuple(self._timeouts), astuple(_SOON)))
        found = Discord(soon).probe(channel)
        return found.name if isinstance(found, Delivered) else None

    def shown(self, message: Message, channel: Channel) -> dict[str, Any]:
        """Return what `post` would send, without the webhook's token."""
        try:
            address = _address(channel)
            hidden = replace(address, url=f"{address.url.rpartition('/')[0]}/(hidden)")
        except ConfigError as e:
            hidden = WebhookAddress("", f"({e})", None)
        webhook = Webhook(hidden, channel, self._timeouts)
        return webhook.shown(message)

    def identity(self, channel: Channel) -> str:
        """Return what rate limits count by: the webhook's id, which is no secret.

        The channel's name, when its webhook's address is not to be had.
        """
        try:
            return _address(channel).id
        except ConfigError:
            return channel.name

    def _ask(self, channel: Channel, what: Callable[[Webhook], Outcome]) -> Outcome:
        try:
            address = _address(channel)
        except ConfigError as e:
            return NotSent(str(e))
        return what(Webhook(address, channel, self._timeouts))


def _address(channel: Channel) -> WebhookAddress:
    return read(secret.read(channel.webhook), any_host=channel.any_host)


plugin = Discord

__all__ = ["TIMEOUTS", "Discord", "Timeouts", "join", "plugin"]


_EMBEDS, _TEXT, _CONTENT = 10, 6000, 2000
_FILES, _BYTES = 10, 20 << 20
_FILE = "attachment://"
_OURS = {"content", "embeds", "attachments", "allowed_mentions", "components"}
"""A button is left out of what is joined: the titles of the embeds are links."""


def join(messages: Sequence[Message], heading: str) -> tuple[Message, ...]:
    """Join *messages* in their order, with *heading* before the first.

    Discord shows embeds of the same URL in one message as one, so those stay in
    separate messages. A message with JSON keys that we do not know stays alone.
    """
    pages = [_Page([heading])]
    for message in messages:
        part = _Part.read(message)
        if part is None:
            pages += [_Page(alone=message), _Page()]
        elif pages[-1].fits(part):
            pages[-1].add(part)
        else:
            pages.append(_Page())
            pages[-1].add(part)
    return tuple(page.message() for page in pages if page.alone or not page.empty)


@dataclass(frozen=True)
class _Part:
    """One of the messages, parsed."""

    content: str
    embeds: tuple[Mapping[str, Any], ...]
    files: tuple[MessageFile, ...]
    descriptions: Mapping[str, Any]
    """The JSON of its attachments by their ids."""

    @classmethod
    def read(cls, message: Message) -> _Part | None:
        try:
            body = json.loads(message.body)
            if set(body) - _OURS:
                return None
            attachments = body.get("attachments") or ()
            return cls(
                body.get("content") or "",
                tuple(body.get("embeds") or ()),
                message.files,
                {str(each["id"]): each for each in attachments},
            )
        except (ValueError, TypeError, KeyError):
            return None

    @property
    def urls(self) -> set[str]:
        return {embed["url"] for embed in self.embeds if embed.get("url")}


@dataclass
class _Page:
    texts: list[str] = field(default_factory=list)
    embeds: list[Mapping[str, Any]] = field(default_factory=list)
    files: list[MessageFile] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    urls: set[str] = field(default_factory=set)
    alone: Message | None = None

    @property
    def empty(self) -> bool:
        return not (self.texts or self.embeds or self.files)

    def fits(self, part: _Part) -> bool:
        if self.alone:
            return False
        size = sum(len(f.content) for f in (*self.files, *part.files))
        return (
            len("\n".join([*self.texts, part.content])) <= _CONTENT
            and len(self.embeds) + len(part.embeds) <= _EMBEDS
            and _size(self.embeds) + _size(part.embeds) <= _TEXT
            and len(self.files) + len(part.files) <= _FILES
            and size <= _BYTES
            and not (self.urls & part.urls)
        )

    def add(self, part: _Part) -> None:
        """Add *part*; rename its files if their names are taken."""
        if part.content:
            self.texts.append(part.content)
        taken = {file.name for file in self.files}
        new = {f.name: f"{len(self.files)}_{f.name}" for f in part.files}
        new = {old: name if old in taken else old for old, name in new.items()}
        for i, file in enumerate(part.files):
            name = new[file.name]
            ours = {"id": len(self.files), "filename": name}
            self.attachments.append({**part.descriptions.get(str(i), {}), **ours})
            self.files.append(MessageFile(name, file.content))
        self.embeds += [_renamed(embed, new) for embed in part.embeds]
        self.urls |= part.urls

    def message(self) -> Message:
        if self.alone:
            return self.alone
        body = {
            "content": "\n".join(self.texts),
            "embeds": self.embeds,
            "attachments": self.attachments,
            "allowed_mentions": {"parse": []},
        }
        return Message(json.dumps(body), tuple(self.files))


def _renamed(part: Any, new: Mapping[str, str]) -> Any:
    """Return *part* of an embed with its files' new names."""
    if isinstance(part, dict):
        return {key: _renamed(value, new) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(value, new) for value in part]
    if isinstance(part, str) and part.startswith(_FILE):
        name = part.removeprefix(_FILE)
        return _FILE + new.get(name, name)
    return part


def _size(embeds: Sequence[Mapping[str, Any]]) -> int:
    """Return an upper bound of what Discord counts for its limit on embeds."""
    texts: list[Any] = []
    for embed in embeds:
        texts += [embed.get("title"), embed.get("description")]
        texts += [(embed.get("footer") or {}).get("text")]
        texts += [(embed.get("author") or {}).get("name")]
        for one in embed.get("fields") or ():
            texts += [one.get("name"), one.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))
