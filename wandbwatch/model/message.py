"""A report made ready for one medium; nothing left to decide but sending."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MessageFile:
    name: str
    content: bytes


@dataclass(frozen=True)
class Message:
    body: str
    files: tuple[MessageFile, ...] = ()
