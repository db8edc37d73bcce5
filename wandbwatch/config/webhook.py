"""A webhook's address, in whatever form a user copied it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

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
_PATH = re.compile(
    r"(?P<prefix>(?:/[\w.~-]+)*?)/api(?:/v\d+)?/webhooks/"
    r"(?P<id>\d{1,20})/(?P<token>[\w-]{1,200})/?",
    re.ASCII,
)


@dataclass(frozen=True)
class WebhookAddress:
    id: str
    url: str = field(repr=False)
    """Without a query, so that a path can be added."""
    thread_id: str | None = None


def read(text: str, *, any_host: bool = False) -> WebhookAddress:
    """Read a webhook's URL; ConfigError, with no word of it, when it is none.

    Only *any_host* allows another host than Discord's, and http.
    """
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise ConfigError([_NONE]) from None
    path = _PATH.fullmatch(url.path)
    odd = any(c.isspace() for c in text)  # which urlsplit leaves out
    if odd or path is None or url.scheme not in {"http", "https"} or not host:
        raise ConfigError([_NONE])
    redaction.hide(path["token"])
    theirs = (
        url.scheme == "https"
        and host in _HOSTS
        and port in {None, 443}
        and not path["prefix"]
    )
    if "@" in url.netloc or not (theirs or any_host):
        raise ConfigError([_ELSEWHERE.format(host=f"{url.scheme}://{host}")])
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
_ELSEWHERE = (
    "the webhook is at {host}, which is not Discord or lacks https; to send"
    " the token there, set `any_host = true` in its channel"
)
