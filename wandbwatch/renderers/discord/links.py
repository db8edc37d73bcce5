"""Addresses of runs as links that nothing can break out of."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from wandbwatch.renderers.discord import escape, limits

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_OPEN = "open ↗"


def address(url: str | None) -> str | None:
    """Return *url* as it can stand in a link, or None if it had better not."""
    try:
        parts = urlsplit(url or "")
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host.split(":")[0]):
        return None
    try:
        rest = quote(parts._replace(scheme="", netloc="").geturl(), safe="/%?=&#,;+~:")
    except UnicodeEncodeError:  # half a character
        return None
    whole = f"{parts.scheme}://{host}{rest}"
    return whole if len(whole) <= limits.URL and "@" not in parts.netloc else None


def for_embed(url: str) -> bool:
    """Whether an embed may have it: a host without a dot is called malformed."""
    return "." in (urlsplit(url).hostname or "")


def link(name: str, url: str | None) -> str:
    """Let *name* link to *url*; a name with brackets has its link beside it."""
    found = address(url)
    shown = escape.text(name)
    if found and "[" not in name and "]" not in name:
        return f"**[{shown}]({found})**"
    return f"**{shown}** {opening(url)}".rstrip()


def opening(url: str | None) -> str:
    """Link to *url* without a name, or say nothing where it had better not."""
    found = address(url)
    return f"[{_OPEN}]({found})" if found else ""
