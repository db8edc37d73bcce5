"""A worker whose jobs are named after what they do: `fine`, `hang`, `die`, `brood`.

`brood` leaves a child in a session of its own, as wandb-core is, and then hangs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        what = "fine" if order["failed"] else order["subscription"].partition("-")[0]
        if what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "brood":
            sleep = [sys.executable, "-c", "import time; time.sleep(1000)"]
            child = subprocess.Popen(sleep, start_new_session=True)
            Path(os.environ["BROOD"]).write_text(str(child.pid))
        if what in ("hang", "brood"):
            time.sleep(1000)
        errors = [order["failed"]] if order["failed"] else []
        answer = {"errors": errors, "code": 0, "messages": 1, "dry": []}
        answer |= {"undone": False, "pause": 30.0 if what == "limited" else 0.0}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
