"""Ping a dead man's switch: one GET, in its own process.

The URL comes in the environment: it is as good as a password, and argv is public.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "WANDBWATCH_DEAD_MAN_URL"
TIMEOUT = 10.0


def main() -> int:
    import urllib.request  # noqa: PLC0415 -- the daemon reads our names, no more

    url = os.environ[VARIABLE]
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 -- the user's own
            return 0 if answer.status < 400 else 1  # noqa: PLR2004 -- HTTP's
    except (OSError, ValueError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
