"""`python -m wandbwatch.daemon FILE [--json-logs]`: the daemon's own small process.

`wandbwatch daemon` checks the file and then execs this, so that the modules of the
check do not stay in memory for months.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from wandbwatch.config import redaction
from wandbwatch.daemon import journal
from wandbwatch.daemon.start import run
from wandbwatch.model.errors import ExitCode, UnusableStateError, WandbwatchError


def main() -> int:
    path, *flags = sys.argv[1:]
    journal.set_up(os.environ, as_json="--json-logs" in flags)
    if "--json-logs" in flags:
        journal.wrap_children()
    redaction.install()
    log = logging.getLogger(__name__)
    try:
        run(Path(path), os.environ, flags)
    except WandbwatchError as e:
        for line in e.lines:
            log.error("%s", line)  # noqa: TRY400 -- not a bug
        final = isinstance(e, UnusableStateError)
        return ExitCode.CONFIG if final else e.exit_code
    except OSError as e:  # out of memory or file descriptors
        log.error("%s: %s", e.filename or "the daemon", e.strerror)  # noqa: TRY400
        return ExitCode.OURS
    except Exception:
        log.exception("the daemon failed; this is a bug in wandbwatch")
        return ExitCode.OURS
    return 0


if __name__ == "__main__":
    sys.exit(main())
