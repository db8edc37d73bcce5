"""How long ``--help`` and a usage error take, as whole processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

BOUND = 1.3
ROUNDS = 15
BASE = (sys.executable, "-c", "import typer, rich")
PROGRAM = (sys.executable, "-c", "from wandbwatch.cli.main import main; main()")
MEASURED: Mapping[str, Sequence[str]] = {
    "--help": (*PROGRAM, "--help"),
    "project --help": (*PROGRAM, "project", "--help"),
    "a usage error": (*PROGRAM, "project", "--topk", "-1"),
    "an unknown command": (*PROGRAM, "fly"),
}


def main() -> None:
    """Take turns, so that a busy moment of the machine hits all alike."""
    best = dict.fromkeys(["", *MEASURED], float("inf"))
    for _ in range(ROUNDS):
        for name, words in {"": BASE, **MEASURED}.items():
            best[name] = min(best[name], _seconds(words))
    missed = False
    for name in MEASURED:
        ratio = best[name] / best[""]
        verdict = "ok" if ratio <= BOUND else "MISSED"
        missed |= ratio > BOUND
        sys.stdout.write(
            f"  {name}: {ratio:.2f} times `import typer, rich`"
            f" (at most {BOUND}) {verdict}\n"
        )
    if missed:
        sys.exit(1)


def _seconds(words: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(words, capture_output=True, check=False)
    return time.perf_counter() - start
