"""Serve from a directory until ended: ``python -m tests.servers.discord DIRECTORY``.

Prints a webhook's URL a line. ``--limits`` sets Discord's rate limits on; ``--fault
KIND=ODDS`` (repeatable) lets that share of the requests go wrong.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from tests.servers.discord import DiscordServer, Fault, Hook, Limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--hook", action="append", default=[], metavar="ID:TOKEN")
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND=ODDS")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    limits = Limits() if given.limits else None
    server = DiscordServer(given.directory, limits, port=given.port)
    dice = random.Random(given.seed)  # noqa: S311 - a repeatable test, no secret
    for text in given.fault:
        kind, _, odds = text.partition("=")
        fault = Fault(kind, times=None, odds=float(odds), dice=dice, seconds=1)
        server.faults.append(fault)
    server.start()
    for text in given.hook or ["11:token-A"]:
        id_, _, token = text.partition(":")
        print(server.url(Hook(id_, token, channel=f"2{id_}")), flush=True)
    server.stopping.wait()


if __name__ == "__main__":
    main()
