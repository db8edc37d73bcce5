"""How long data on disk is kept, and how much of it."""

from __future__ import annotations

from typing import NamedTuple

_DAY = 86400.0


class Keep(NamedTuple):
    """``[keep]``: durations in seconds, sizes in bytes."""

    delivered: float = 7 * _DAY
    """Delivered messages, without their text."""
    failed: float = 90 * _DAY
    """Failed messages, with their content."""
    pictures: float = 7 * _DAY
    """The pictures of those."""
    history: float = 30 * _DAY
    """What `history` lists."""
    events: float = 12 * 3600.0
    """Events that wait longer are posted as one digest."""
    logs: float = 30 * _DAY
    """The output of experiments that have ended."""
    log_size: int = 16 << 20
    """The size of one experiment's output; of a longer one, start and end are kept."""
    free: int = 16 << 20
    """Unused space in state.db; more than this is freed."""

    def dump(self) -> str:
        import json  # noqa: PLC0415 -- `check` need not wait for it

        return json.dumps(self._asdict())

    @classmethod
    def load(cls, text: str | None) -> Keep:
        import json  # noqa: PLC0415

        return cls(**json.loads(text)) if text else cls()
