"""What a training's own code raised with ``run.alert``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alert:
    title: str
    text: str = ""
    level: str = ""
    """``INFO``, ``WARN`` or ``ERROR``, as the SDK has them."""
