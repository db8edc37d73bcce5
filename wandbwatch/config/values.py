"""Convert strings of a configuration to values; ValueError says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from enum import Enum
from typing import TypeVar
from urllib.parse import urlsplit

from wandbwatch.config.cron import fault
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.report import Level
from wandbwatch.model.settings import Cron, QuietHours

E = TypeVar("E", bound=Enum)
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")
_QUIET_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")
_MENTION = re.compile(r"@everyone|@here|<@!?\d{1,20}>|<@&\d{1,20}>")
_LONGEST_URL = 2048


def cron(text: str) -> Cron:
    if wrong := fault(text):
        raise ValueError(wrong)
    return Cron(" ".join(text.split()))


def zone(text: str) -> str:
    """Check that the time zone *text* exists."""
    import zoneinfo  # noqa: PLC0415 -- few files name one

    try:
        zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        known = zoneinfo.available_timezones()
        if not known:
            raise ValueError(
                "this machine has no time zone data: install tzdata"
            ) from None
        hint = _zone_meant(text, known)
        raise ValueError(f"unknown time zone {text[:80]!r}{hint}") from None
    return text


def _zone_meant(text: str, known: set[str]) -> str:
    """Suggest a zone by its city alone, or regardless of case."""
    word = text.strip().lower().replace(" ", "_")
    same = {n for n in known if word in (n.lower(), n.lower().rpartition("/")[2])}
    return f"; did you mean {min(same)!r}?" if same else did_you_mean(text, known)


def quiet_hours(text: str) -> QuietHours:
    """Read ``22:00-08:00``."""
    found = _QUIET_HOURS.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text[:80]!r} is not like 22:00-08:00")
    h1, m1, h2, m2 = map(int, found.groups())
    if (h1, m1) == (h2, m2):
        raise ValueError(f"{text[:80]!r} starts and ends at the same time")
    return QuietHours(time(h1, m1), time(h2, m2))


def name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text[:80]!r} is not a name: use letters, digits, - _ . (64 at most)"
        )
    return text


def mention(text: str) -> str:
    if not _MENTION.fullmatch(text):
        forms = "@everyone, @here, <@USER_ID> or <@&ROLE_ID>"
        raise ValueError(f"{text[:80]!r} is not one of {forms}")
    return text


def ping(text: str) -> Level:
    levels = {level.value: level for level in (Level.WARN, Level.BAD)}
    if text not in levels:
        raise ValueError(f"{text[:80]!r} is not one of {', '.join(levels)}")
    return levels[text]


def username(text: str) -> str:
    """Check that Discord accepts *text* as a username: it reserves some names."""
    plain = " ".join(text.split())
    if not 1 <= len(plain) <= 80:  # noqa: PLR2004 (Discord's own bound)
        raise ValueError("must have 1 to 80 characters")
    if any(word in plain.lower() for word in ("clyde", "discord")):
        raise ValueError('Discord refuses "clyde" and "discord" in a name')
    if plain.lower() in ("everyone", "here"):
        raise ValueError(f"Discord refuses the name {plain!r}")
    return plain


def web_address(text: str) -> str:
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if split.scheme not in ("http", "https") or not split.hostname or port == 0:
        raise ValueError("is not a URL that begins with https:// or http://")
    if len(text) > _LONGEST_URL or not text.isprintable() or " " in text:
        raise ValueError("is not a URL")
    return text


def one_of(choices: type[E]) -> Callable[[str], E]:
    """Return a reader of one of *choices*; its attribute `choices` lists them."""
    known = [str(choice.value) for choice in choices]

    def read(text: str) -> E:
        if text not in known:
            said = " or ".join(map(repr, known))
            raise ValueError(f"{text[:80]!r} is not {said}{did_you_mean(text, known)}")
        return choices(text)

    read.choices = known  # type: ignore[attr-defined]
    return read
