"""Ping a dead man's switch: one GET, in its own process.

The URL comes in the environment: it is a secret, and argv is public.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "WANDBWATCH_DEAD_MAN_URL"
FAILING = "WANDBWATCH_DEAD_MAN_FAIL"
"""Set where the failure is to be reported, at the URL's ``/fail``."""
_NO_SUCH = {404, 405}
TIMEOUT = 10.0


def main() -> int:
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415 -- the daemon reads our names, no more

    url, failing = os.environ[VARIABLE], FAILING in os.environ
    try:
        target = fail_url(url) if failing else url
        with urllib.request.urlopen(target, timeout=TIMEOUT) as answer:  # noqa: S310 -- the user's own
            return 0 if answer.status < 400 else 1  # noqa: PLR2004 -- HTTP's
    except urllib.error.HTTPError as e:
        return 0 if failing and e.code in _NO_SUCH else 1  # this service has no /fail
    except (OSError, ValueError):
        return 1


def fail_url(url: str) -> str:
    """Return the ``/fail`` URL of a dead man's switch, as Healthchecks defines it."""
    head, mark, query = url.partition("?")
    return f"{head.rstrip('/')}/fail{mark}{query}"


if __name__ == "__main__":
    sys.exit(main())
