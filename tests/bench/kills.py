"""Whether anything is lost while the daemon, its workers and its sender are killed all
the time and the server fails them. It takes about ten minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.daemon.storm import storm

POSTS, KILLS, PAUSE = 10_000, 200, (1.0, 3.0)
CHANNELS, EVERY, LINES = 120, 60, 1500


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        count = storm(
            Path(directory),
            channels=CHANNELS,
            posts=POSTS,
            kills=KILLS,
            every=EVERY,
            pause=PAUSE,
            lines=LINES,
        )
    bad = count.lost or count.unmarked or count.reordered or count.left
    bad = bad or count.unlisted
    killed = ", ".join(f"{kind} {n}" for kind, n in sorted(count.kills.items()))
    sys.stdout.write(
        f"  {count.posts} posts under {sum(count.kills.values())} kills ({killed})"
        f" and faults: {count.lost} lost, {count.reordered} channels out of order,"
        f" {count.repeated} repeated, {count.unmarked} of them unmarked,"
        f" {count.superseded} superseded, {count.failed} given up as of unknown fate,"
        f" {count.unlisted} not listed once by `history`,"
        f" {len(count.left)} processes left; {count.seconds:.0f} s:"
        f" {'MISSED' if bad else 'ok'}\n"
    )
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main()
