"""False alarms, faults found and delays, over the corpus of run lives.

The half of the seeds that no constant was set on is judged; ``WANDBWATCH_CORPUS=set``
shows the other one.
"""

from __future__ import annotations

import os
import sys

from tests.corpus.lives import projects, tuned
from tests.corpus.trial import explain, watch_events, watch_rules

SEEDS = range(64)
MOST_FALSE, LEAST_FOUND = 1.0, 0.95


def main() -> None:
    half = os.environ.get("WANDBWATCH_CORPUS") == "set"
    lives = projects([seed for seed in SEEDS if tuned(seed) is half])
    counts = {**watch_events(lives), **watch_rules(lives)}
    days = sum(life.days for one in lives for life in one.lives)
    count = sum(len(one.lives) for one in lives)
    sys.stdout.write(f"  {count} lives, {days:.0f} run-days\n")
    missed = []
    for name, found in counts.items():
        wrong = found.per_hundred_days > MOST_FALSE or found.found < LEAST_FOUND
        missed += [name] if wrong or found.late else []
        sys.stdout.write(f"  {found.line(name)}{'  MISSED' if wrong else ''}\n")
    stops = [one for found in counts.values() for one in found.stops]
    sys.stdout.write(f"  --then stop: {len(stops)} wrong stops\n")
    missed += ["--then stop"] if stops else []
    right, unnamed, false = explain(lives)
    sys.stdout.write(
        f"  why: {right} of {right + len(unnamed)} faults named first,"
        f" {len(false)} healthy runs with a false cause\n"
    )
    if missed:
        sys.exit(1)


if __name__ == "__main__":
    main()
