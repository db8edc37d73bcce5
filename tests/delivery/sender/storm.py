"""Senders that are killed at any moment while their server fails them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Store
from wandbwatch.model.delivery import MessageKind

from tests.delivery.outbox.messages import queued
from tests.servers.discord import DiscordServer, Fault, Hook

FAULTS = ("reset_before", "reset_after", "502_html", "502_after", "429_user", "hang")
_MARK = "possible duplicate"
_OURS = re.compile(r"message (\d+) of (\d+)")


@dataclass(frozen=True)
class Count:
    """What the server has in the end, against what was enqueued."""

    enqueued: int
    kills: int
    lost: int
    """Neither posted nor kept as failed."""
    failed: int
    """Kept, because their fate was left unknown too often."""
    repeated: int
    unmarked: int
    """Repeats that do not say that they may be one."""
    reordered: int
    seconds: float


class Storm:
    def __init__(self, directory: Path, channels: int, odds: float) -> None:
        self._directory = directory
        self._dice = random.Random(7)  # noqa: S311 -- a repeatable test, no secret
        self.server = DiscordServer(directory / "discord").start()
        self.server.faults += [
            Fault(kind, times=None, odds=odds, dice=self._dice, seconds=0.2)
            for kind in FAULTS
        ]
        self._store = Store(directory / "state")
        self._channels = channels
        self._enqueued = 0
        lines = ['[daemon]\nstate = "state"']
        for i in range(channels):
            url = self.server.url(Hook(str(100 + i), f"token-{i}", f"{1000 + i}"))
            lines.append(f'[channels.c{i}]\nwebhook = "{url}"\nany_host = true')
        (directory / "watch.toml").write_text("\n".join(lines))

    def enqueue(self, count: int) -> None:
        """Let *count* messages wait in lists of five, over all channels in turn."""
        for first in range(0, count, 5):
            channel = first // 5 % self._channels
            with Outbox(self._store).round() as round_:
                for i in range(first, min(first + 5, count)):
                    text = f"message {self._enqueued} of {channel}"
                    where = f"c{channel}"
                    round_.enqueue(
                        queued(
                            text,
                            str(first),
                            0,
                            i,
                            channel=where,
                            kind=MessageKind.EVENT,
                        )
                    )
                    self._enqueued += 1

    def rage(self, kills: int, longest: float) -> int:
        """Start senders and kill them until nothing waits; return how many died."""
        killed = 0
        while Outbox(self._store).pending():
            sender = self._start()
            try:
                sender.wait(self._dice.uniform(0.5, longest) if killed < kills else 600)
            except subprocess.TimeoutExpired:
                sender.kill()
                killed += 1
            sender.wait()
        return killed

    def count(self, kills: int, seconds: float) -> Count:
        posted: dict[int, list[int]] = {}
        marked: Counter[int] = Counter()
        times: Counter[int] = Counter()
        for text in self.server.texts:
            found = _OURS.search(text)
            assert found
            number, channel = int(found[1]), int(found[2])
            posted.setdefault(channel, []).append(number)
            times[number] += 1
            marked[number] += _MARK in text
        failed = len(OutboxAdmin(self._store).failed())
        not_posted = self._enqueued - len(times)
        return Count(
            self._enqueued,
            kills,
            max(0, not_posted - failed),
            failed,
            sum(n - 1 for n in times.values()),
            sum(n - marked[number] > 1 for number, n in times.items()),
            sum(numbers != sorted(numbers) for numbers in posted.values()),
            seconds,
        )

    def close(self) -> None:
        self.server.stop()
        self._store.close()

    def _start(self) -> subprocess.Popen[bytes]:
        words = ["-m", "wandbwatch", "send", str(self._directory / "watch.toml")]
        with (self._directory / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *words], stdout=log, stderr=log)


def storm(
    directory: Path, *, channels: int, messages: int, kills: int, longest: float
) -> Count:
    """Deliver *messages* under *kills*, each after *longest* seconds at most."""
    weather = Storm(directory, channels, 0.02)
    try:
        weather.enqueue(messages)
        started = time.monotonic()
        killed = weather.rage(kills, longest)
        return weather.count(killed, time.monotonic() - started)
    finally:
        weather.close()
