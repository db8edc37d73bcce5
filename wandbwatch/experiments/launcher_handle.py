"""A launcher's command for one training: start it, ask about it, end it."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from wandbwatch.experiments import launchers
from wandbwatch.experiments.launchers import Launch
from wandbwatch.experiments.processes import MARK
from wandbwatch.model.experiment import Experiment

log = logging.getLogger(__name__)
_HEAD, _TAIL = 64 * 1024, 8 * 1024
_LOOK, _PATIENCE = 10.0, 30.0
"""Seconds between questions whether something goes on, and for an answer."""


class LauncherHandle:
    """One attempt's launcher; where there is none, all of it is about the script."""

    def __init__(
        self,
        one: Experiment,
        mark: str,
        given: Mapping[str, str],
        environ: Mapping[str, str],
    ) -> None:
        """*given* is what the training has in its environment beside *environ*."""
        plan, own = one.plan, {**given, MARK: mark}
        name = _name(one, mark)
        self._launch = Launch(
            plan.launcher, plan.script, plan.argument, name, one.log, own, environ
        )
        self.environ = {**environ, **own}
        self._looked, self._going = float("-inf"), False
        self._asked: list[subprocess.Popen[bytes]] = []

    @property
    def argv(self) -> Sequence[str]:
        return launchers.argv(self._launch)

    def cancel(self) -> bool:
        """Ask for its end in its launcher's own way; False where that is a signal.

        Nobody waits for the answer; what it says goes to the training's output.
        """
        words = launchers.cancel(self._launch, _head(self._launch.log))
        if words is None:
            return False
        try:
            with Path(self._launch.log).open("ab") as output:
                asked = subprocess.Popen(  # noqa: S603 -- no shell
                    words,
                    env={**self.environ, MARK: ""},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as e:
            log.warning("%s: %s", words[0], e.strerror)
            return False
        self._asked = [one for one in self._asked if one.poll() is None] + [asked]
        return True

    def goes_on(self) -> bool:
        """Whether what was started elsewhere still runs, though its launcher here is
        gone; False where only the launcher would know. It is not asked at each look.
        """
        words = launchers.going(self._launch)
        if words is None:
            return False
        if time.monotonic() - self._looked > _LOOK:
            self._looked, self._going = time.monotonic(), _says_something(words)
        return self._going

    def code(self, code: int) -> int:
        """Return the script's own exit code, where the launcher's is another."""
        return launchers.code(self._launch, code, _tail(self._launch.log))


def _says_something(words: Sequence[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 -- no shell
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        log.warning("%s: %s", words[0], e)
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


def _name(one: Experiment, mark: str) -> str:
    """Name what is started as nobody else on a shared cluster does."""
    whose = f"{os.uname().nodename}:{mark}"
    part = hashlib.sha256(whose.encode()).hexdigest()[:8]
    return f"wandbwatch-{one.id}-{one.attempt}-{part}"


def _head(path: str) -> str:
    return _part(path, 0, _HEAD)


def _tail(path: str) -> str:
    return _part(path, -_TAIL, _TAIL)


def _part(path: str, start: int, size: int) -> str:
    try:
        with Path(path).open("rb") as file:
            if start < 0:
                file.seek(max(file.seek(0, os.SEEK_END) + start, 0))
            return file.read(size).decode(errors="replace")
    except OSError:
        return ""
