"""Read lists of command lines: from a file, from a pipe, or base64-encoded."""

from __future__ import annotations

import base64
import binascii
import re
import sys
from pathlib import Path

from wandbwatch.model.errors import NotFoundError, UsageError

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
