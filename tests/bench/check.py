"""How long ``wandbwatch check`` takes over a file of 200 subscriptions."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUBSCRIPTIONS = 200
ROUNDS = 7
PROGRAM = (sys.executable, "-c", "from wandbwatch.cli.main import main; main()")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "watch.toml"
        path.write_text(file())
        best = {"--help": float("inf"), "check": float("inf")}
        for _ in range(ROUNDS):
            best["--help"] = min(best["--help"], _seconds("--help"))
            best["check"] = min(best["check"], _seconds("check", str(path)))
    ratio = best["check"] / best["--help"]
    sys.stdout.write(
        f"  check of {SUBSCRIPTIONS} subscriptions: {ratio:.1f} times `wandbwatch"
        f" --help`, {best['check']:.2f} s\n"
    )


def file() -> str:
    """Write a file in which no two subscriptions are alike."""
    channels = [
        f'[channels.c{n}]\nwebhook = {{ env = "HOOK_{n}" }}\nquiet = "22:00-08:00"\n'
        for n in range(10)
    ]
    zones = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
    subscriptions = [
        f'[[subscriptions]]\nname = "list-{n}"\nchannel = "c{n % 10}"\n'
        f'cron = "{n % 60} {n % 24} * * mon-fri"\ntimezone = "{zones[n % 3]}"\n'
        f'jitter = "5m"\ncommands = [\n  "project lab/p{n} --topk 5",  # the newest\n'
        f'  "summary lab/p{n}/run --filters train,validation/loss",\n]\n'
        for n in range(SUBSCRIPTIONS)
    ]
    return "\n".join(channels + subscriptions)


def _seconds(*words: str) -> float:
    start = time.perf_counter()
    subprocess.run([*PROGRAM, *words], capture_output=True, check=True)
    return time.perf_counter() - start
