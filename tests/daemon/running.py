"""A real daemon on a real file, posting to a server of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from wandbwatch.experiments.processes import descendants

from tests.servers.discord.board import Hook
from tests.servers.discord.server import DiscordServer

TOKEN = "t0k3n-0f-the-webhook"  # noqa: S105 -- of a server of ours
PATIENCE = 40.0
"""Seconds after which a test gives up waiting; it never takes as long."""

COMMANDS = Path(__file__).with_name("more")
"""Where the commands are that only these tests have."""


class Place:
    """A watch.toml with its state, and the environment that its processes get."""

    def __init__(self, directory: Path, server: DiscordServer) -> None:
        self.directory = directory
        self.server = server
        self.file = directory / "watch.toml"
        self.state = directory / "state"
        url = server.url(Hook("111111111111111111", TOKEN))
        home = directory / "home"
        home.mkdir(exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB")}
        self.environ = {**kept, "HOOK": url, "HOME": str(home), "TZ": "UTC"}

    def write(self, *subscriptions: str, extra: str = "") -> None:
        """Write the file: *subscriptions* are the bodies of their tables."""
        tables = "".join(f"[[subscriptions]]\n{body}\n" for body in subscriptions)
        self.file.write_text(
            f'[daemon]\nstate = "{self.state}"\n{extra}\n'
            '[channels.lab]\nwebhook = { env = "HOOK" }\nany_host = true\n' + tables
        )

    def start(
        self,
        environ: Mapping[str, str] | None = None,
        *flags: str,
        through: Sequence[str] = (),
    ) -> Running:
        """Start the daemon, *through* a program that becomes it if there is one."""
        return Running(self, {**self.environ, **(environ or {})}, flags, through)

    def wandbwatch(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wandbwatch", *words],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


class Running:
    """One daemon's process; its log goes to a file that tests read."""

    def __init__(
        self,
        place: Place,
        environ: Mapping[str, str],
        flags: Sequence[str] = (),
        through: Sequence[str] = (),
    ) -> None:
        self.place = place
        self.log = place.directory / f"log-{time.monotonic_ns()}"
        daemon = [sys.executable, "-m", "wandbwatch", "daemon", str(place.file)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*through, *daemon, *flags],
                cwd=place.directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    def pids(self) -> list[int]:
        """Return it and all that it has started."""
        return [self.process.pid, *descendants(self.process.pid)]

    def wait(self, arrived: Callable[[], object]) -> None:
        """Return once *arrived* is true; fail with the log if it never is."""
        give_up = time.monotonic() + PATIENCE
        while not arrived():
            if time.monotonic() > give_up:
                raise AssertionError(f"it never came:\n{self.log.read_text()}")
            time.sleep(0.02)

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        return self.process.wait(PATIENCE)


def subscription(name: str, *commands: str, when: str = 'cron = "* * * * * *"') -> str:
    """Return a table's body; the cron of 6 fields is every second."""
    return f'name = "{name}"\nchannel = "lab"\n{when}\ncommands = {list(commands)!r}'


def posting(place: Place) -> Place:
    """Let *place* post a numbered line each second."""
    place.environ["PYTHONPATH"] = str(COMMANDS)
    place.write(subscription("tick", "serial place --lines 1"))
    return place


def more(place: Place, daemon: Running) -> None:
    """Wait until there are messages that are not there now."""
    now = len(place.server.messages)
    daemon.wait(lambda: len(place.server.messages) > now)
