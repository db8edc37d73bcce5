"""Whether a clock that jumps by up to 400 days silences a list, or loses or repeats a
message. It takes some 15 seconds."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from tests.daemon.clock_storm import clock_storm

JUMPS = 60


def main() -> None:
    logging.disable()  # each retry is a line
    with tempfile.TemporaryDirectory() as directory:
        found = clock_storm(Path(directory), jumps=JUMPS)
    count = found.count
    lost = count.lost + found.dropped
    bad = found.ran < found.expected or lost or count.unmarked or count.reordered
    sys.stdout.write(
        f"  {found.jumps} jumps: {found.ran} of {found.expected} lists ran within one"
        f" period; {count.posts} posts: {lost} lost, {count.reordered} channels out of"
        f" order, {count.repeated} repeated, {count.unmarked} of them unmarked,"
        f" {count.superseded} superseded, {count.failed} given up as of unknown fate:"
        f" {'MISSED' if bad else 'ok'}\n"
    )
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main()
