"""Short training runs logged by the real SDK, to try wandbwatch without an account."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = 600
VALIDATE_EVERY = 50
HOUR = 3600.0


@dataclass(frozen=True)
class Training:
    id: str
    learning_rate: float
    halves_in: int
    """Steps in which the loss halves."""
    group: str
    tags: tuple[str, ...]
    steps: int = STEPS
    diverges_at: int | None = None
    killed: bool = False


TRAININGS = {
    "steady-otter": Training("7h2kq9vd", 3e-4, 110, "baseline", ("paper", "seed-1")),
    "wild-goose": Training(
        "m4xw81ce", 3e-2, 60, "sweep-lr", ("lr-too-high",), diverges_at=420
    ),
    "lost-heron": Training(
        "c9d0ztfy", 1e-3, 80, "sweep-lr", ("spot",), steps=350, killed=True
    ),
}
