"""What the real runs log, as values: a test knows what it should read."""

from __future__ import annotations

import math
from typing import Any

STEPS = 60
CONFIG: dict[str, Any] = {
    "lr": 0.1,
    "net": {"depth": 2, "a.b": "dotted"},
    "layers": [1, 2],
}
NAME = "naïve 名前 🚀 [red]x[/red]"


def row(step: int) -> dict[str, Any]:
    """Return what is logged at *step*; ``val/…`` every tenth, ``once`` at one."""
    logged: dict[str, Any] = {
        "train/loss": loss(step),
        "acc": step / STEPS,
        "hidden": step,
        "count": step,
        "net": {"grad": step / 2, "layer": {"norm": float(step)}},
        "dot.key": -step,
        "größe/损失": step * 0.25,
        "flag": step % 2 == 0,
        "text": "héllo",
        "nothing": None,
    }
    if step % 10 == 0:
        logged |= {"val/step": step // 10, "val/loss": loss(step) * 2}
    if step == STEPS // 2:
        logged["once"] = 1e300
    return logged


def loss(step: int) -> float:
    """Return a loss that is NaN and infinite on its way."""
    return {10: math.nan, 11: math.inf, 12: -math.inf}.get(step, 1 / (step + 1))
