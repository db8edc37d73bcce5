"""Where a webhook's requests go, whatever form of its URL a user copied."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from wandbwatch import redaction
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.webhook import webhook

VERSION = "v10"
"""An URL without one means version 6, which tells less of its errors."""


@dataclass(frozen=True)
class Address:
    id: str
    url: str = field(repr=False)
    """Without a query, so that a path can be added."""
    thread_id: str | None = None


def read(text: str, *, any_host: bool = False) -> Address:
    """Read a webhook's URL; ConfigError, with no word of it, when it is none.

    Only *any_host* allows another host than Discord's, and http.
    """
    try:
        found = webhook(text, any_host=any_host)
    except ValueError as e:
        raise ConfigError([f"the webhook {e}; copy it whole from Discord"]) from None
    redaction.hide(found.token)
    thread = parse_qs(urlsplit(text).query).get("thread_id", [""])[-1]
    return Address(
        found.id,
        f"{found.origin}/api/{VERSION}/webhooks/{found.id}/{found.token}",
        thread if thread.isdecimal() else None,
    )
