"""Post to Discord: one attempt, and its outcome as far as it is known.

The only home of discord_webhook, of which it uses what is safe (see `webhook`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

from wandbwatch.config import secret
from wandbwatch.config.webhook import WebhookAddress, read
from wandbwatch.delivery.discord.join import join
from wandbwatch.delivery.discord.webhook import Webhook
from wandbwatch.delivery.discord.wire import TIMEOUTS, Timeouts
from wandbwatch.model.delivery import Delivered, Message, NotSent, Outcome
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
