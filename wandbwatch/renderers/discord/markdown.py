"""Text and values from outside as Discord's markdown, where they stay text.

No markup, no mention, no link and no code fence of theirs has an effect; a secret that
a training printed is left out.
https://support.discord.com/hc/en-us/articles/210298617 describes the markup.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote, urlsplit

from wandbwatch import formatting
from wandbwatch.config.redaction import redact
from wandbwatch.formatting.text import width
from wandbwatch.model.cell import Cell, Missing
from wandbwatch.renderers.discord import limits

_UNSEEN = "\u200b"
_ALWAYS = re.compile(r"[\\*_~|`\[\]]|<(?=\S)|:(?=//|[\w+-]+:)")
"""A notification may show the backslashes, so a time or a comparison has none."""
_STARTS = re.compile(r"^(\s*)(>|-(?=[\s#]|$)|#(?=#{0,2}(\s|$))|\d+(?=\.(\s|$)))")
"""The start of a line that makes it a heading, small text, a quote or a list."""
_PINGS = re.compile(r"@(?=everyone|here|[!&]?\d)")
"""Mentions that work even behind a backslash."""


def text(raw: str) -> str:
    """Escape *raw* as one line of markdown."""
    cleaned = _PINGS.sub(f"@{_UNSEEN}", redact(formatting.clean(raw)))
    return _STARTS.sub(_start, _ALWAYS.sub(r"\\\g<0>", cleaned))


_COMMAND = re.compile(r"`(wandbwatch [^`\n]+)`")


def with_commands(raw: str) -> str:
    """Escape *raw*, but keep our command lines in it as code, to be copied."""
    apart = enumerate(_COMMAND.split(raw))
    return "".join(f"`{code(part)}`" if n % 2 else text(part) for n, part in apart)


def code(raw: str) -> str:
    """Make *raw* safe inside a code block; line breaks stay."""
    cleaned = _PINGS.sub(f"@{_UNSEEN}", redact(formatting.clean(raw, lines=True)))
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
    return f"{space}{mark}\\" if mark not in "->#" else f"{space}\\{mark}"


_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_OPEN = "open ↗"


def address(url: str | None) -> str | None:
    """Return *url* as it may stand in a link; None if it is unsafe or too long."""
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
    """Whether Discord accepts *url* in an embed: it refuses a host without a dot."""
    return "." in (urlsplit(url).hostname or "")


def link(name: str, url: str | None) -> str:
    """Link *name* to *url*; a name with brackets gets its link beside it."""
    found = address(url)
    shown = text(name)
    if found and "[" not in name and "]" not in name:
        return f"**[{shown}]({found})**"
    return f"**{shown}** {opening(url)}".rstrip()


def opening(url: str | None) -> str:
    """Return a link to *url* without a name; "" if it cannot be linked."""
    found = address(url)
    return f"[{_OPEN}]({found})" if found else ""


SMALL = "-# "
"""Starts a line of small text."""
_LONGEST_ROW = 300
"""Longer rows are hard to read."""
_BETWEEN = " · "


_APPARENT = re.compile(r"\]\([^)\s]*\)|\*\*|\\(?=[^0-9A-Za-z\s])|^-# |\[(?=\S)")
_TIME = re.compile(r"<t:\d+:R>")


def apparent(line: str) -> int:
    """Count the characters that are seen of a *line* of markdown."""
    return width(_APPARENT.sub("", _TIME.sub("12 minutes ago", line)))


def lively(cell: Cell) -> bool:
    """Whether Discord keeps it up to date; it does not in a code block."""
    return isinstance(cell, datetime)


def worded(cell: Cell) -> str:
    """Return the text of *cell*, not escaped; a dash for a blank one."""
    return formatting.cell(cell).strip() or formatting.NOTHING


def value(cell: Cell) -> str:
    """Return *cell* as markdown; a time is a Discord timestamp."""
    if isinstance(cell, datetime):
        return f"<t:{math.floor(formatting.utc(cell).timestamp())}:R>"
    return text(worded(cell))


def pairs(items: Iterable[tuple[str, Cell]]) -> Iterator[str]:
    """Yield rows of names and values; a long pair gets its own lines."""
    return _rows(((name, cell, "**") for name, cell in items), "")


def small_pairs(
    items: Iterable[tuple[str, Cell]], bold: Sequence[tuple[str, Cell]] = ()
) -> Iterator[str]:
    """Yield rows of small text, the *bold* pairs first."""
    pairs = [*((n, cell, "**") for n, cell in bold), *((*item, "") for item in items)]
    return _rows(pairs, SMALL)


def _rows(items: Iterable[tuple[str, Cell, str]], start: str) -> Iterator[str]:
    row = ""
    for name, cell, bold in items:
        mark = "" if lively(cell) else bold  # a timestamp stands out already
        pair = f"{mark}{value(cell)}{mark}"
        pair = f"{text(named(name))} {pair}" if name else pair
        if row and len(row) + len(pair) >= _LONGEST_ROW:
            yield row
            row = ""
        if len(pair) > _LONGEST_ROW:
            yield from lines(named(name), start=start)
            yield from _long(cell, start)
        else:
            row = f"{row}{_BETWEEN}{pair}" if row else f"{start}{pair}"
    if row:
        yield row


def _long(cell: Cell, start: str) -> Iterator[str]:
    if lively(cell):
        yield start + value(cell)
    else:
        yield from lines(worded(cell), start=start)


def named(name: str) -> str:
    return formatting.clean(name).strip() or formatting.NOTHING


def missing(cell: Cell) -> bool:
    return isinstance(cell, Missing) or cell == ()


def padded(words: str, columns: int) -> str:
    return words + " " * (columns - width(words))
