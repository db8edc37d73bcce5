"""How much processor time help, a usage error, a shell's Tab, `check` of a small file
and `summary` of a small local run take, as whole processes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.large import say, seconds
from tests.runs.synthetic import write_long

BOUND, OF_CHECK, OF_SUMMARY = 1.3, 1.5, 2.0
ROUNDS = 15
BASE = (sys.executable, "-c", "import typer, rich")
PROGRAM = (sys.executable, "-c", "from wandbwatch.__main__ import main; main()")
MEASURED: Mapping[str, Sequence[str]] = {
    "--help": (*PROGRAM, "--help"),
    "project --help": (*PROGRAM, "project", "--help"),
    "a usage error": (*PROGRAM, "project", "--topk", "-1"),
    "an unknown command": (*PROGRAM, "fly"),
}
SMALL = """
[channels.main]
webhook = { env = "HOOK" }

[[subscriptions]]
name = "daily"
channel = "main"
cron = "0 9 * * mon-fri"
commands = ["project acme/gpt --topk 5", "summary acme/gpt/run1"]
"""
SLOWER = 1.5
TAB = ("/usr/bin/env", "_WANDBWATCH_COMPLETE=complete_zsh")
TABS: Mapping[str, Sequence[str]] = {
    line: (*TAB, f"_TYPER_COMPLETE_ARGS=wandbwatch {line}", *PROGRAM)
    for line in ("al", "image --", "project --keys ", "summary ./")
}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["CACHE_DIRECTORY"] = str(root / "cache")
        file, run = root / "watch.toml", root / "run-small.wandb"
        file.write_text(SMALL)
        write_long(run, 3, keys=1)
        check, summary = (*PROGRAM, "check", str(file)), (*PROGRAM, "summary", str(run))
        measured = {"": BASE, **MEASURED, **TABS, "check": check, "summary": summary}
        best = _best(measured)
    base, slow = "`import typer, rich`", "`--help`"
    kept = [say(f"{n}, of {base}", best[n] / best[""], BOUND) for n in MEASURED]
    kept += [say(f"check, of {base}", best["check"] / best[""], OF_CHECK)]
    kept += [say(f"summary, of {slow}", best["summary"] / best["--help"], OF_SUMMARY)]
    kept += [
        say(f"Tab after {n!r}, of {base}", best[n] / best[""], SLOWER) for n in TABS
    ]
    if not all(kept):
        sys.exit(1)


def _best(measured: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
    """Take turns, so that a busy moment of the machine hits all alike."""
    best = dict.fromkeys(measured, float("inf"))
    for _ in range(ROUNDS):
        for name, words in measured.items():
            best[name] = min(best[name], seconds(*words))
    return best
