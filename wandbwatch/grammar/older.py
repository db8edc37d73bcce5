"""Lines as the older bot wrote them, in today's words."""

from __future__ import annotations


def modern(line: str) -> str:
    return line
