"""The tables of watch.toml, and the values in them, checked as they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from wandbwatch.config.lines import Complaints, KeyPath
from wandbwatch.config.schedule import fault
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.cell import Level
from wandbwatch.model.settings import Cron, QuietHours, Secret, SecretKind

E = TypeVar("E", bound=Enum)
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")
_QUIET_HOURS = r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)"
_MENTION = r"@everyone|@here|<@!?\d{1,20}>|<@&\d{1,20}>"
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
    found = re.fullmatch(_QUIET_HOURS, text.strip())
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
    if not re.fullmatch(_MENTION, text):
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


T = TypeVar("T")
_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "a string",
    list: "an array",
    dict: "a table",
}
_SECRETS = {kind.value: kind for kind in SecretKind if kind is not SecretKind.PLAIN}
_FORMS = "a string or one of { env = … }, { file = … }, { credential = … }"


class TomlTable:
    """Reads settings by name; an invalid one is a complaint and counts as absent."""

    def __init__(self, path: KeyPath, values: object, complaints: Complaints) -> None:
        self.path = path
        self.complaints = complaints
        kind = ".".join("NAME" if i % 2 else str(p) for i, p in enumerate(path))
        self._known: set[str] = complaints.known.setdefault(kind, set())
        self._is_one = isinstance(values, dict)
        self._values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        if not self._is_one:
            self.complain(None, f"must be a table, not {kind_of(values)}")

    def complain(self, key: str | None, text: str, *more: str | int) -> None:
        self.complaints.add(self._at(key, *more), text)

    def warn(self, key: str, text: str) -> None:
        self.complaints.warn(self._at(key), text)

    def value(self, key: str) -> object:
        """Return the raw value of *key*, or None."""
        self._known.add(key)
        return self._values.get(key)

    def of(self, kind: type[T], key: str) -> T | None:
        value = self.value(key)
        if value is None or type(value) is kind:
            return value
        self.complain(key, f"must be {_KINDS[kind]}, not {kind_of(value)}")
        return None

    def flag(self, key: str) -> bool:
        return self.of(bool, key) or False

    def read(self, key: str, reader: Callable[[str], T]) -> T | None:
        """Read a string with *reader*; its ValueError becomes the complaint."""
        text = self.of(str, key)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as e:
            self.complain(key, str(e))
            return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Read an array of strings; a single string counts as an array of one."""
        value = self.value(key)
        if isinstance(value, str):
            return (value,)
        items = self.of(list, key) or []
        for index, item in enumerate(items):
            if not isinstance(item, str):
                text = f"must be a string, not {kind_of(item)}"
                self.complain(key, text, index)
        return tuple(item for item in items if isinstance(item, str))

    def required(self, *keys: str) -> None:
        for key in keys:
            if self.value(key) is None and self._is_one:
                self.complain(None, f"has no {key}")

    def secret(self, key: str, base: Path) -> Secret | None:
        """Read the place of a secret; a plain secret written here is never shown."""
        match self.value(key):
            case None:
                return None
            case str(plain) if plain.strip():
                return Secret(SecretKind.PLAIN, plain.strip())
            case {**named} if len(named) == 1:
                [(form, place)] = named.items()
                return self._named_secret(key, str(form), place, base)
            case _:
                self.complain(key, f"must be {_FORMS}")
                return None

    def _named_secret(
        self, key: str, form: str, place: object, base: Path
    ) -> Secret | None:
        if form not in _SECRETS:
            hint = did_you_mean(form, _SECRETS)
            self.complain(key, f"must be {_FORMS}{hint}")
        elif not isinstance(place, str) or "\0" in place:
            self.complain(key, "must be a string", form)
        elif not place.strip():
            self.complain(key, "must not be empty", form)
        elif form == "env" and place.startswith("http"):
            self.complain(key, "must be the name of a variable, not its value", form)
        else:
            place = str(below(base, place)) if form == "file" else place
            return Secret(_SECRETS[form], place)
        return None

    def close(self) -> None:
        """Complain about every unknown key."""
        for key in self._values:
            if key not in self._known:
                near = did_you_mean(key, self._known)
                known = f"; known: {', '.join(sorted(self._known))}"
                self.complain(key, f"unknown setting{near or known}")

    def _at(self, key: str | None, *more: str | int) -> KeyPath:
        return self.path if key is None else (*self.path, key, *more)


def kind_of(value: object) -> str:
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def below(base: Path, place: str) -> Path:
    """Read a path: expand ``~``; a relative path starts at the file's directory."""
    try:
        return base / Path(place).expanduser()
    except RuntimeError:  # no such user
        return base / place
