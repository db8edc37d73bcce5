"""A training's launcher: its command line, and its commands to cancel and query."""

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
_QUERY_INTERVAL, _QUERY_TIMEOUT = 10.0, 30.0
"""Seconds between two queries, and until a query has to answer."""


class LauncherHandle:
    """The launcher of one attempt; without a launcher, the script itself."""

    def __init__(
        self,
        one: Experiment,
        mark: str,
        variables: Mapping[str, str],
        environ: Mapping[str, str],
    ) -> None:
        """*variables*: the training's environment in addition to *environ*."""
        plan, own = one.plan, {**variables, MARK: mark}
        name = _name(one, mark)
        self._launch = Launch(
            plan.launcher, plan.script, plan.argument, name, one.log, own, environ
        )
        self.environ = {**environ, **own}
        self._queried, self._running = float("-inf"), False
        self._cancels: list[subprocess.Popen[bytes]] = []

    @property
    def argv(self) -> Sequence[str]:
        return launchers.argv(self._launch)

    def cancel(self) -> bool:
        """Run the launcher's cancel command; False if it has none.

        The command is not waited for; its output goes to the training's log.
        """
        words = launchers.cancel(self._launch, _head(self._launch.log))
        if words is None:
            return False
        try:
            with Path(self._launch.log).open("ab") as output:
                cancel = subprocess.Popen(  # noqa: S603 -- no shell
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
        # Keep each until it ends: Popen warns if it is dropped before.
        self._cancels = [p for p in self._cancels if p.poll() is None] + [cancel]
        return True

    def still_running(self) -> bool:
        """Whether the training runs elsewhere, though its launcher here is gone.

        False if the launcher has no query command. Queried every 10 seconds at most.
        """
        words = launchers.query(self._launch)
        if words is None:
            return False
        if time.monotonic() - self._queried > _QUERY_INTERVAL:
            self._queried, self._running = time.monotonic(), _has_output(words)
        return self._running

    def code(self, code: int) -> int:
        """Return the script's exit code, given the launcher's *code*."""
        return launchers.code(self._launch, code, _tail(self._launch.log))


def _has_output(words: Sequence[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 -- no shell
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_QUERY_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        log.warning("%s: %s", words[0], e)
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


def _name(one: Experiment, mark: str) -> str:
    """Return a job name that is unique on a shared cluster."""
    origin = f"{os.uname().nodename}:{mark}"
    digest = hashlib.sha256(origin.encode()).hexdigest()[:8]
    return f"wandbwatch-{one.id}-{one.attempt}-{digest}"


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
