"""Random runs: what each logs is made of its seed, so that a test knows it as well.

``python -m tests.runs.random_runs FIRST COUNT DIRECTORY`` logs them with the real SDK.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEYS = (
    "loss",
    "val/acc",
    "a.b",
    "日本",
    "wide key ☃, $x",
    "flag",
    "word",
    "net",
    "gone",
)
"""Numbers, but for the last four: a bool, a word, a table and None."""


@dataclass(frozen=True)
class PlannedPart:
    """One process of a run; a resumed run has two."""

    settings: dict[str, Any]
    """What ``wandb.init`` is given."""
    later: dict[str, Any]
    """Changes of the config."""
    rows: tuple[tuple[int, dict[str, Any]], ...]
    """Steps and what is logged at each."""
    summary: dict[str, Any]
    printed: tuple[str, ...]
    exit_code: int


def plan(seed: int) -> tuple[PlannedPart, ...]:
    draw = random.Random(seed)  # noqa: S311 -- not a secret
    first = _part(draw, f"r{seed}", 0, whole=True)
    if draw.random() < 0.7 or not first.rows:
        return (first,)
    start = draw.randint(0, first.rows[-1][0] + 3)
    return first, _part(draw, f"r{seed}", start, whole=False)


def _part(draw: random.Random, run_id: str, start: int, *, whole: bool) -> PlannedPart:
    settings: dict[str, Any] = {"id": run_id, "config": {}}
    if whole:
        settings |= {
            "name": draw.choice(["owl", "größe 名前 🚀", "[b]x[/b]"]),
            "group": draw.choice(["", "g"]),
            "job_type": draw.choice(["", "train"]),
            "tags": draw.sample(["x", "y", "ü z"], draw.randint(0, 3)),
            "notes": draw.choice(["", "two\nlines"]),
            "config": _config(draw),
        }
    step, rows = start, []
    for _ in range(draw.choice([0, 1, 5, 40, 120])):
        rows.append((step, _row(draw)))
        step += draw.choice([1, 1, 1, 2, 10])
    return PlannedPart(
        settings,
        {"later": draw.randint(0, 9)} if draw.random() < 0.5 else {},
        tuple(rows),
        {"best": _number(draw)} if draw.random() < 0.5 else {},
        tuple(_line(draw, n) for n in range(draw.randint(0, 6))),
        draw.choice([0, 0, 1, 255]),
    )


def _config(draw: random.Random) -> dict[str, Any]:
    pool: dict[str, Any] = {
        "lr": draw.random(),
        "net": {"depth": draw.randint(1, 9), "act": {"name": "relu"}},
        "layers": [1, 2.5, "x"],
        "none": None,
        "flag": draw.random() < 0.5,
        "größe": "ü",
        "empty": {},
    }
    return {key: pool[key] for key in draw.sample(sorted(pool), draw.randint(0, 7))}


def _row(draw: random.Random) -> dict[str, Any]:
    made: dict[str, Callable[[], Any]] = dict.fromkeys(KEYS, lambda: _number(draw))
    made["flag"] = lambda: draw.random() < 0.5
    made["word"] = lambda: draw.choice(["low", "high", "ü\n"])
    made["net"] = lambda: {"grad": _number(draw), "layer": {"norm": draw.random()}}
    made["gone"] = lambda: None
    return {key: made[key]() for key in draw.sample(KEYS, draw.randint(1, len(KEYS)))}


def _number(draw: random.Random) -> float:
    special = [math.nan, math.inf, -math.inf, 0, -1, 10**12, 1e300, 1e-300, 3.0]
    return draw.choice(special) if draw.random() < 0.2 else draw.uniform(-5, 5)


def _line(draw: random.Random, number: int) -> str:
    kinds = ("line {0}", "\r 5%|#{0}\r99%|##{0}", "\x1b[31mred {0}\x1b[0m", "ü {0}")
    return draw.choice(kinds).format(number)


def log(part: PlannedPart, directory: str) -> None:
    import wandb  # noqa: PLC0415 -- the reading side needs none of it

    settings = wandb.Settings(console="wrap", x_disable_stats=True)
    run = wandb.init(
        mode="offline",
        dir=directory,
        project="random",
        resume="allow",
        settings=settings,
        **part.settings,
    )
    run.config.update(part.later)  # type: ignore[no-untyped-call]
    for step, row in part.rows:
        half = len(row) // 2
        items = list(row.items())
        run.log(dict(items[:half]), step=step, commit=False)
        run.log(dict(items[half:]), step=step)
    run.summary.update(part.summary)
    for line in part.printed:
        sys.stdout.write(f"{line}\n")
    run.finish(exit_code=part.exit_code)


if __name__ == "__main__":
    first, count, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    for seed in range(first, first + count):
        for one in plan(seed):
            log(one, directory)
