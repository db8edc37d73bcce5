"""A directory for trainings, with its own state and channel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.processes import MARK
from wandbwatch.model.experiment import Experiment

from tests.daemon.running import PATIENCE, Place

HEAD = "#!/bin/bash\n"


class Bench:
    def __init__(self, place: Place) -> None:
        self.place = place
        place.write()
        place.environ["WANDBWATCH_CONFIG"] = str(place.file)

    def script(self, body: str, name: str = "run.sh", head: str = HEAD) -> Path:
        path = self.place.directory / name
        path.write_text(head + body)
        path.chmod(0o755)
        return path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wandbwatch", *words],
            cwd=self.place.directory,
            env=self.place.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "wandbwatch", *words],
            cwd=self.place.directory,
            env=self.place.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def experiments(self) -> list[Experiment]:
        with closing(Store(self.place.state)) as store:
            return list(reversed(Ledger(store).listed(0)))

    def one(self, number: int = 1) -> Experiment:
        return self.experiments()[number - 1]

    def over(self, patience: float = PATIENCE) -> list[Experiment]:
        """Wait until every experiment is over."""
        self.until(lambda: all(o.phase.over for o in self.experiments()), patience)
        return self.experiments()

    def posted(self, count: int) -> list[str]:
        """Wait for *count* posts; return the titles of all posts, in order."""
        self.until(lambda: len(self.titles()) >= count)
        return self.titles()

    def titles(self) -> list[str]:
        records = self.place.server.messages
        return [e.get("title", "") for r in records for e in r["message"]["embeds"]]

    def processes(self) -> list[int]:
        """List the pids of every process that was started here and still runs."""
        found = []
        for directory in Path("/proc").iterdir():
            if directory.name.isdecimal():
                found += [int(directory.name)] if self._is_ours(directory) else []
        return found

    def _is_ours(self, directory: Path) -> bool:
        try:
            environ = (directory / "environ").read_bytes()
        except OSError:
            return False
        place = os.fsencode(self.place.directory)
        return MARK.encode() in environ and place in environ

    @staticmethod
    def until(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
        give_up = time.monotonic() + patience
        while not condition():
            if time.monotonic() > give_up:
                raise AssertionError("timed out")
            time.sleep(0.05)
