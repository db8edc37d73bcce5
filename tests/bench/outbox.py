"""Whether anything is lost when senders are killed all the time, and how fast a
backlog goes out. The killing takes about a quarter of an hour."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from wandbwatch.model.delivery import MessageKind

from tests.delivery.outbox.messages import NOON, queued
from tests.delivery.sender.harness import SenderHarness
from tests.delivery.sender.storm import storm

BACKLOG = 300
WINDOW, MINUTE = 30, 60.0
"""Discord's limit of new messages of a channel."""
POSTS, KILLS, CHANNELS, LONGEST = 10_000, 500, 100, 2.2


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        drained = _backlog(Path(directory))
    with tempfile.TemporaryDirectory() as directory:
        stormed = _storm(Path(directory))
    if not (drained and stormed):
        sys.exit(1)


def _backlog(directory: Path) -> bool:
    """Drain one channel by a clock of its own against a server with limits."""
    office = SenderHarness(directory)
    office.enqueue(
        *(queued(str(i), sequence=i, kind=MessageKind.EVENT) for i in range(BACKLOG))
    )
    office.deliver()
    took = (office.clock.now() - NOON).total_seconds()
    least = (BACKLOG / WINDOW - 1) * MINUTE
    limited = office.server.statuses.count(429)
    office.close()
    good = limited == 0
    _print(
        f"a backlog of {BACKLOG}: {took / least:.2f} times the least that Discord's"
        f" limits allow, {limited} answers of 429",
        good=good,
    )
    return good


def _storm(directory: Path) -> bool:
    count = storm(
        directory, channels=CHANNELS, messages=POSTS, kills=KILLS, longest=LONGEST
    )
    good = not (count.lost or count.unmarked or count.reordered)
    _print(
        f"{count.enqueued} posts under {count.kills} kills and faults:"
        f" {count.lost} lost, {count.reordered} channels out of order,"
        f" {count.repeated} repeated, {count.unmarked} of them unmarked,"
        f" {count.failed} given up as of unknown fate; {count.seconds:.0f} s",
        good=good,
    )
    return good


def _print(text: str, *, good: bool) -> None:
    sys.stdout.write(f"  {text}: {'ok' if good else 'MISSED'}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
