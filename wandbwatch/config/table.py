"""One table of a configuration: reads typed settings and collects complaints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from wandbwatch.config.complaints import Complaints
from wandbwatch.config.lines import KeyPath
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.settings import Secret, SecretKind

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
        elif not isinstance(place, str) or not place.strip() or "\0" in place:
            self.complain(key, "must be a string", form)
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
