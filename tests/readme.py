"""What README takes from the code; `python -m cogapp -r README.md` writes it there."""

from __future__ import annotations

import subprocess
import sys

from wandbwatch.model.errors import ExitCode


def help_of(*words: str) -> str:
    """Return what the terminal shows for a command's ``--help``."""
    done = subprocess.run(
        [sys.executable, "-m", "wandbwatch", *words, "--help"],
        env={"COLUMNS": "88"},
        capture_output=True,
        text=True,
        check=True,
    )
    return f"```\n{done.stdout.rstrip()}\n```"


def exit_codes() -> str:
    rows = (f"| {code.value} | {code.meaning} |" for code in ExitCode)
    return "\n".join(("| code | meaning |", "| --: | --- |", *rows))
