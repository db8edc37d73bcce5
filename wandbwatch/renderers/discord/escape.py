"""Text from outside that stays text: no markdown, no mention, no link, no fence.

https://support.discord.com/hc/en-us/articles/210298617 says what Discord reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

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
