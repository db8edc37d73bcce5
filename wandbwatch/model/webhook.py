"""The address of a Discord webhook, taken apart; its token is never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

DISCORD = frozenset(
    f"{prefix}{domain}"
    for prefix in ("", "canary.", "ptb.")
    for domain in ("discord.com", "discordapp.com")
)
_PATH = re.compile(r"/api(?:/v\d+)?/webhooks/(?P<id>\d{1,20})/(?P<token>[\w-]+)/?")


@dataclass(frozen=True)
class Webhook:
    origin: str
    """``https://discord.com``, or whatever host and port stands for it."""
    id: str
    token: str = field(repr=False)


def webhook(url: str, *, any_host: bool = False) -> Webhook:
    """Take the *url* of a webhook apart, as Discord's settings copy it.

    Only a host of Discord's over https is taken unless *any_host* is meant. Raises
    ValueError, whose text shows nothing of the URL but its scheme and host.
    """
    split = _split(url.strip())
    host = split.hostname or ""
    if not any_host:
        if host not in DISCORD or split.port not in (None, 443):
            raise ValueError(
                f"{host[:80]!r} is no host of Discord's; any_host = true allows it"
            )
        if split.scheme != "https":
            raise ValueError("must begin with https://")
    found = _PATH.fullmatch(split.path)
    if not found:
        raise ValueError(
            "is not a webhook's URL: https://discord.com/api/webhooks/ID/TOKEN"
        )
    return Webhook(_origin(split), found["id"], found["token"])


def _split(url: str) -> SplitResult:
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if split.scheme not in ("http", "https") or not split.hostname:
        raise ValueError("is not a URL that begins with https://")
    if split.username is not None or split.password is not None:
        raise ValueError("must not hold a user or password")
    return split


def _origin(split: SplitResult) -> str:
    host = split.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{split.port}" if split.port else ""
    return f"{split.scheme}://{host}{port}"
