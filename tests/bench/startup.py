"""How long ``--help``, a usage error and a shell's Tab take, as whole processes."""

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
SLOWER = 1.5
TAB = ("/usr/bin/env", "_WANDBWATCH_COMPLETE=complete_zsh")
TABS: Mapping[str, Sequence[str]] = {
    line: (*TAB, f"_TYPER_COMPLETE_ARGS=wandbwatch {line}", *PROGRAM)
    for line in ("al", "image --", "project --keys ", "summary ./")
}


def main() -> None:
    """Take turns, so that a busy moment of the machine hits all alike."""
    measured = {"": BASE, **MEASURED, **TABS}
    best = dict.fromkeys(measured, float("inf"))
    for _ in range(ROUNDS):
        for name, words in measured.items():
            best[name] = min(best[name], _seconds(words))
    missed = [
        _missed(name, best[name] / best[""], BOUND, "`import typer, rich`")
        for name in MEASURED
    ]
    missed += [
        _missed(f"Tab after {name!r}", best[name] / best["--help"], SLOWER, "--help")
        for name in TABS
    ]
    if any(missed):
        sys.exit(1)


def _missed(name: str, ratio: float, bound: float, of: str) -> bool:
    verdict = "ok" if ratio <= bound else "MISSED"
    sys.stdout.write(f"  {name}: {ratio:.2f} times {of} (at most {bound}) {verdict}\n")
    return ratio > bound


def _seconds(words: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(words, capture_output=True, check=False)
    return time.perf_counter() - start
