"""Read lists of command lines, and translate the older bot's grammar to today's.

``/summary run:e/p/id filters:train,validation/loss`` is a command, then values by
name. Spaces separate the words; ``%20`` is a space within a word, and ``%2C`` a comma
within a key. ``topk:-1`` means all runs. Lists come from a file, from a pipe, or in
base64.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from wandbwatch.model.errors import NotFoundError, UsageError

_TABLE = re.compile(r"^[ \t]*\[{1,2}[\w.\"' -]+\]{1,2}[ \t]*(#.*)?\r?$", re.MULTILINE)
"""The head of a table in TOML; no command begins with a bracket."""
_ALPHABET = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def decoded(text: str) -> str | None:
    """Return the list that *text* encodes in base64; None if it encodes none.

    The alphabet may be the URL-safe one, line breaks are allowed, and the padding may
    be missing. A path or a command's name can look like base64, but does not decode
    to text that is a list.
    """
    packed = "".join(text.split()).translate(str.maketrans("-_", "+/"))
    if not _ALPHABET.fullmatch(packed):
        return None
    packed = packed.rstrip("=")
    try:
        found = base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found if _is_a_list(found) else None


def _is_a_list(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    return any(not _is_a_comment(line) for line in lines) and all(
        line.expandtabs().rstrip().isprintable()
        and (_is_a_comment(line) or " " in line.strip())
        for line in lines
    )


def _is_a_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def lines(given: str) -> list[str]:
    """Return the lines of *given*: a FILE, ``-`` (standard input), or a base64 list.

    Raises UsageError, NotFoundError or OSError.
    """
    text = _text(given)
    if _TABLE.search(text):
        whose = "standard input" if given == "-" else given
        file = "FILE" if given == "-" else given
        raise UsageError(
            f"{whose} is a TOML file, not a list of command lines; `wandbwatch check"
            f" {file}` checks it, `wandbwatch run {file}` runs its subscriptions"
        )
    found = (decoded(text) or text).removesuffix("\n").split("\n")
    return [line.rstrip("\r") for line in found]


def says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _text(given: str) -> str:
    try:
        packed = _standard_input() if given == "-" else Path(given).read_bytes()
        return packed.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UsageError(f"{given!r} is not UTF-8 text: {e.reason}") from e
    except (OSError, ValueError) as e:
        if (text := decoded(given)) is not None:
            return text
        if isinstance(e, IsADirectoryError):
            raise UsageError(f"{given!r} is a directory; name a FILE in it") from e
        if isinstance(e, PermissionError):
            raise
        raise NotFoundError(
            f"no file {given[:80]!r}, and not a base64 list either"
        ) from e


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no list given; name a FILE or pipe one in")
    return sys.stdin.buffer.read()


_ADDRESS = ""
_COMMANDS: Mapping[str, Mapping[str, str]] = {
    "summary": {"run": _ADDRESS, "filters": "--filters"},
    "project": {
        "project": _ADDRESS,
        "topk": "--topk",
        "filters": "--filters",
        "order": "--order",
    },
    "image": {"project": _ADDRESS, "runs": "--runs", "keys": "--keys"},
}


class OlderError(UsageError):
    """A line in the older bot's grammar is invalid; the text is one line."""


def modern_words(given: Sequence[str]) -> list[str]:
    """Return the words of today's line.

    In a terminal the whole line may be quoted as one word. Options that follow the
    older values, such as ``-o json``, stay as they are.

    Raises OlderError.
    """
    name, *rest = given[0].split() + list(given[1:])
    known = _COMMANDS.get(name[1:])
    if known is None:
        raise OlderError(
            f"{name!r} is not a command of the older bot; it had"
            f" {', '.join(f'/{command}' for command in _COMMANDS)}"
        )
    options = next((i for i, w in enumerate(rest) if w.startswith("-")), len(rest))
    values = _values(name, rest[:options], known)
    (address,) = [key for key, option in known.items() if option == _ADDRESS]
    if address not in values:
        raise OlderError(f"{name}: {address}: is missing")
    found = [w for k, v in values.items() if k != address for w in (known[k], v)]
    return [name[1:], *_positional(values[address], found), *rest[options:]]


def _positional(address: str, options: list[str]) -> list[str]:
    """Put the address first, unless it would be read as an option there."""
    return [*options, "--", address] if address[:1] == "-" else [address, *options]


def _values(
    name: str, given: Sequence[str], known: Mapping[str, str]
) -> dict[str, str]:
    values: dict[str, str] = {}
    for place, word in enumerate(given, 2):
        key, colon, value = word.partition(":")
        where = f"{name}, word {place}"
        if not colon:
            raise OlderError(
                f"{where}: {word!r} is not KEY:VALUE (write a blank as %20)"
            )
        if key not in known:
            raise OlderError(f"{where}: no key {key!r}; it had {', '.join(known)}")
        if key in values:
            raise OlderError(f"{where}: {key}: is given twice")
        values[key] = value.replace("%20", " ").replace("%2C", "\\,")
    if re.fullmatch(r"-\d+", values.get("topk", ""), re.ASCII):
        values["topk"] = "0"  # -1 was all runs
    return values
