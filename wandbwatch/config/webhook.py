"""Read a webhook's URL, in any form that users copy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

from wandbwatch.config import redaction
from wandbwatch.model.errors import ConfigError

VERSION = "v10"
"""An URL without one means version 6, which tells less of its errors."""

_HOSTS = {
    "discord.com",
    "discordapp.com",
    "canary.discord.com",
    "ptb.discord.com",
    "canary.discordapp.com",
    "ptb.discordapp.com",
}
_PATH = (
    r"(?a)(?P<prefix>(?:/[\w.~-]+)*?)/api(?:/v\d+)?/webhooks/"
    r"(?P<id>\d{1,20})/(?P<token>[\w-]{1,200})/?"
)


@dataclass(frozen=True)
class WebhookAddress:
    """The parts of a webhook's URL."""

    id: str
    url: str = field(repr=False)
    """Without a query, so that a path can be added."""
    thread_id: str | None = None


def read(text: str, *, any_host: bool = False) -> WebhookAddress:
    """Read a webhook's URL; ConfigError, without any part of it, if it is invalid.

    Only *any_host* allows another host than Discord's, and http.
    """
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise ConfigError([_NONE]) from None
    path = re.fullmatch(_PATH, url.path)
    spaced = any(c.isspace() for c in text)  # urlsplit drops these
    if spaced or path is None or url.scheme not in {"http", "https"} or not host:
        raise ConfigError([_NONE])
    redaction.hide(path["token"])
    if "@" in url.netloc:
        raise ConfigError([_USER])
    if not any_host and (odd := _not_discords(url, port, path["prefix"])):
        raise ConfigError([f"{odd}; {_ANY_HOST}"])
    thread = parse_qs(url.query).get("thread_id", [""])[-1]
    base = f"{url.scheme}://{url.netloc}{path['prefix']}/api/{VERSION}/webhooks"
    return WebhookAddress(
        path["id"],
        f"{base}/{path['id']}/{path['token']}",
        thread if thread.isdecimal() else None,
    )


_NONE = (
    "the webhook's URL is invalid; copy the whole URL from Discord (the channel's"
    " settings, Integrations, Webhooks): https://discord.com/api/webhooks/ID/TOKEN"
)
_USER = (
    "the webhook's URL has a user name before the host, which is not Discord's form;"
    " remove it (`any_host = true` does not allow it either)"
)
_ANY_HOST = "to send the token there, set `any_host = true` in its channel"


def _not_discords(url: SplitResult, port: int | None, prefix: str) -> str:
    """Return how *url* differs from Discord's own URLs; "" if it does not."""
    if url.hostname not in _HOSTS:
        return f"the webhook is at {url.scheme}://{url.hostname}, which is not Discord"
    if url.scheme != "https":
        return f"the webhook is at {url.scheme}://{url.hostname}, without https"
    if port not in {None, 443}:
        return f"the webhook's URL names port {port}; Discord's has none"
    if prefix:
        return "the webhook's URL has a path before /api; Discord's has none"
    return ""
