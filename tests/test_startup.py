"""What must stay quick never imports what is slow."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"wandb", "matplotlib", "discord_webhook", "plotext", "pydantic", "requests"}


@pytest.mark.parametrize(
    "words", [["--help"], ["fly"], ["project", "--nope"], ["project", "--topk", "-1"]]
)
def test_help_and_usage_errors_import_nothing_heavy(words):
    code = (
        "import sys; from wandbwatch import cli; cli.answer(sys.argv[1:]);"
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.rpartition("MODULES")[2].split())
