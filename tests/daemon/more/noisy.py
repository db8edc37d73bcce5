from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

from wandbwatch.model.report import Note, Report


def noisy() -> Iterator[Report]:
    """Write to stdout and stderr in every way that a library has."""
    sys.stdout.write("a print\n")
    sys.stderr.write("a line of stderr\n\n")
    os.write(2, b"raw \xff bytes\n")
    warnings.warn("a warning\nof two lines", stacklevel=1)
    logging.getLogger("library").error("a record\nof two lines")
    subprocess.run(["/bin/sh", "-c", "echo a child >&2"], check=True)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    yield Report("noisy", "noisy", (Note("x"),))
    raise RuntimeError("a bug")


plugin = noisy
