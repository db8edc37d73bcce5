"""Lists of lines as users have them: in a file, through a pipe, in base64."""

from __future__ import annotations

import sys
from pathlib import Path

from wandbwatch.cli.grammar.encoded import decoded
from wandbwatch.model.errors import NotFoundError, UsageError


def lines(given: str) -> list[str]:
    """Return the lines of what is *given*: a FILE, ``-``, or base64 of a list.

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
            f"no file {given[:80]!r}, and it is no list in base64 either"
        ) from e


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no list: name a FILE, or pipe one in")
    return sys.stdin.buffer.read()
