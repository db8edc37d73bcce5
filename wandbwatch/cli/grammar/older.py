"""Translate the older bot's command lines to today's grammar.

``/summary run:e/p/id filters:train,validation/loss`` is a command, then values by
name. Spaces separate the words; ``%20`` is a space within a word, and ``%2C`` a comma
within a key. ``topk:-1`` means all runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wandbwatch.model.errors import UsageError

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


def words(given: Sequence[str]) -> list[str]:
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
