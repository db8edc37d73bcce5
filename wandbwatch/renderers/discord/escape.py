"""Text from outside that stays text: no markdown, no mention, no link, no fence.

https://support.discord.com/hc/en-us/articles/210298617 says what Discord reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

from wandbwatch import formatting
from wandbwatch.renderers.discord import limits

_UNSEEN = "\u200b"
_ALWAYS = re.compile(r"[\\*_~|`<>\[\]]|:(?=\S)")
_STARTS = re.compile(r"^(\s*)(-(?=[\s#]|$)|#(?=#{0,2}(\s|$))|\d+(?=\.(\s|$)))")
"""What makes a heading, small text or a list of a line."""
_PINGS = re.compile(r"@(?=everyone|here|[!&]?\d)")
"""Those that Discord finds even behind a backslash."""


def text(raw: str) -> str:
    """Escape *raw*, in one line, for where Discord reads markdown."""
    cleaned = _PINGS.sub(f"@{_UNSEEN}", formatting.clean(raw))
    return _STARTS.sub(_start, _ALWAYS.sub(r"\\\g<0>", cleaned))


def code(raw: str) -> str:
    """Make *raw* safe within a code block; its line breaks stay."""
    cleaned = _PINGS.sub(f"@{_UNSEEN}", formatting.clean(raw, lines=True))
    return re.sub("`(?=`)", f"`{_UNSEEN}", cleaned)


def lines(
    raw: str, escaped: Callable[[str], str] = text, start: str = ""
) -> Iterator[str]:
    """Escape *raw* into lines of at most `limits.LINE`, each after *start*."""
    whole = start + escaped(raw)
    if len(whole) <= limits.LINE:
        yield whole
        return
    size = (limits.LINE - len(start)) // 2  # escaping doubles it at most
    while raw:
        end = len(raw) if len(raw) <= size else raw.rfind(" ", size // 2, size) + 1
        yield start + escaped(raw[: end or size])
        raw = raw[end or size :]


def _start(found: re.Match[str]) -> str:
    space, mark = found[1], found[2]
    return f"{space}{mark}\\" if mark not in "-#" else f"{space}\\{mark}"


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
    shown = text(name)
    if found and "[" not in name and "]" not in name:
        return f"**[{shown}]({found})**"
    return f"**{shown}** {opening(url)}".rstrip()


def opening(url: str | None) -> str:
    """Link to *url* without a name, or say nothing where it had better not."""
    found = address(url)
    return f"[{_OPEN}]({found})" if found else ""
