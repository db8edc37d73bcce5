"""Ten thousand seconds of an idle daemon, without waiting for them.

``python -m tests.bench._ticks FILE`` prints an object of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wandbwatch.daemon.start import _Daemon
from wandbwatch.daemon.supervisor import Notify, Signals, Supervisor

TICKS = 10_000
WARM = 500
"""Ticks after which nothing new has to be loaded any more."""


def main() -> None:
    daemon = _Daemon(Path(sys.argv[1]), os.environ, ())
    supervisor = Supervisor(daemon.parts(), Notify({}), Signals(), daemon.reload)
    begun = datetime.now(UTC)
    before = after = (0, 0)
    spent = 0.0
    for tick in range(TICKS + WARM):
        if tick == WARM:
            before, spent = _size(), time.process_time()
        supervisor.round(begun + timedelta(seconds=tick), float(tick))
    spent, after = time.process_time() - spent, _size()
    told = {"before": before, "after": after, "seconds": spent / TICKS}
    sys.stdout.write(json.dumps(told))


def _size() -> tuple[int, int]:
    """Return KiB of resident memory, and how many files are open."""
    status = Path("/proc/self/status").read_text()
    resident = int(status.partition("VmRSS:")[2].split()[0])
    return resident, len(list(Path("/proc/self/fd").iterdir()))


if __name__ == "__main__":
    main()
