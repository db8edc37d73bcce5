"""The real daemon, its workers and its sender, killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.experiments.processes import children

from tests.daemon.aftermath import Count, counted, note_all
from tests.daemon.running import COMMANDS
from tests.servers.discord import DiscordServer, Fault, Hook

FAULTS = (
    "reset_before",
    "reset_after",
    "500_html",
    "502_after",
    "503_overloaded",
    "429_user",
    "hang",
    "hang_after",
    "bad_json_after",
)
ODDS = 0.015
"""Of each fault."""
DRAINED = 300.0
"""Seconds after which we give up on the rest; it never takes as long."""


class Storm:
    def __init__(
        self, directory: Path, channels: int, every: int, lines: int, seed: int
    ) -> None:
        """*every*: seconds between two reports of a list, of that many *lines*."""
        self._every = every
        self._lines = lines
        self._dice = random.Random(seed)  # noqa: S311 -- a repeatable test, no secret
        self._directory = directory
        self._file = directory / "watch.toml"
        self._log = directory / "log"
        self._channels = channels
        self.server = DiscordServer(directory / "discord").start()
        hooks = [
            Hook(str(100 + i), f"token-{i}", str(1000 + i)) for i in range(channels)
        ]
        self._urls = [self.server.url(hook) for hook in hooks]
        self._store = Store(directory / "state")
        with self._store.write() as database:
            note_all(database)
        self._mark = uuid.uuid4().hex
        self._daemon: subprocess.Popen[bytes] | None = None
        self.kills: Counter[str] = Counter()

    def rage(self, posts: int, kills: int, pause: tuple[float, float]) -> None:
        """Let *posts* arrive at the least, killing something each *pause* seconds
        until there were *kills*."""
        self._write(f"* * * * * */{self._every}")
        dice, seconds = self._dice, 0.2
        for kind in FAULTS:
            fault = Fault(kind, times=None, odds=ODDS, dice=dice, seconds=seconds)
            self.server.faults.append(fault)
        self._start()
        assert self._daemon
        while self.kills.total() < kills or len(self.server.messages) < posts:
            time.sleep(dice.uniform(*pause))
            assert self._daemon.poll() is None, self._log.read_text()[-5000:]
            if self.kills.total() < kills:
                self._kill()

    def calm(self) -> None:
        """Let no more be due, wait until all is posted, and end the daemon."""
        self.server.faults.clear()
        self._write("0 0 1 1 * 0")
        self._stop(signal.SIGKILL)
        self._start()
        give_up = time.monotonic() + DRAINED
        while Outbox(self._store).pending() and time.monotonic() < give_up:
            time.sleep(0.1)
        assert self._stop(signal.SIGTERM) == 0, self._log.read_text()[-5000:]

    def count(self, seconds: float) -> Count:
        return counted(
            self.server,
            self._store,
            kills=self.kills,
            left=self._left(),
            log=self._log.read_text(),
            seconds=seconds,
        )

    def close(self) -> None:
        self._stop(signal.SIGKILL)
        self.server.stop()
        self._store.close()

    def _write(self, cron: str) -> None:
        """Write the file: two lists for each third channel, one for the others."""
        lines = ['[daemon]\nstate = "state"\njobs = 2']
        for i, url in enumerate(self._urls):
            lines.append(f'[channels.c{i}]\nwebhook = "{url}"\nany_host = true')
        when = f'cron = "{cron}"\njitter = "{self._every - 1}s"'
        lines += [
            f'[[subscriptions]]\nname = "s{i}"\nchannel = "c{i % self._channels}"\n'
            f'{when}\ncommands = ["serial place-{i % 7} --lines {self._lines}"]'
            for i in range(self._channels + self._channels // 3)
        ]
        self._file.write_text("\n".join(lines))

    def _start(self) -> None:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("WANDB")}
        environ |= {
            "PYTHONPATH": str(COMMANDS),
            "HOME": str(self._directory),
            "TZ": "UTC",
            "STORM": self._mark,
        }
        words = [sys.executable, "-m", "wandbwatch.daemon", str(self._file)]
        with self._log.open("ab") as log:
            self._daemon = subprocess.Popen(
                words, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _stop(self, sign: signal.Signals) -> int | None:
        if self._daemon is None:
            return None
        self._daemon.send_signal(sign)
        code = self._daemon.wait(60)
        self._daemon = None
        return code

    def _kill(self) -> None:
        """Kill the kind that was killed least, if one of it is running now.

        On a busy machine a daemon needs longer to start its worker than a pause lasts:
        killed again and again in its place, it would never have one.
        """
        assert self._daemon
        found: dict[str, int] = {"daemon": self._daemon.pid}
        for pid in children(self._daemon.pid):
            found |= {kind: pid for kind in ("worker", "send") if kind in _words(pid)}
        kind = min(("worker", "send", "daemon"), key=lambda kind: self.kills[kind])
        if kind not in found:
            return
        self.kills[kind] += 1
        if kind == "daemon":
            self._stop(signal.SIGKILL)
            self._start()
        else:
            os.kill(found[kind], signal.SIGKILL)

    def _left(self) -> Iterator[str]:
        """Yield the command lines of our processes that still run."""
        mark = f"STORM={self._mark}".encode()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                    yield " ".join(_words(int(entry.name)))
            except OSError:
                continue


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def storm(
    directory: Path,
    *,
    channels: int,
    posts: int,
    kills: int,
    every: int,
    pause: tuple[float, float],
    lines: int = 300,
    seed: int = 7,
) -> Count:
    """Let *posts* arrive under *kills*; a report of 300 *lines* is three posts."""
    weather = Storm(directory, channels, every, lines, seed)
    started = time.monotonic()
    try:
        weather.rage(posts, kills, pause)
        weather.calm()
        return weather.count(time.monotonic() - started)
    finally:
        weather.close()
