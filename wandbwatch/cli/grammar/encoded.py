"""Lists of lines as the older bot was handed them: in base64."""

from __future__ import annotations

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def decoded(text: str) -> str | None:
    """Return the list that *text* encodes, or None where it encodes none.

    The alphabet may be the URLs' one, line breaks may part it and the padding may be
    missing. A path or a command's name can pass for base64; what comes out of those
    is no text, or no line of a list.
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
