"""Whether this machine's systemd can start units."""

from __future__ import annotations

import os
import shutil
import subprocess


def missing() -> str:
    """Say why it cannot; empty if it can."""
    if not shutil.which("systemd-run"):
        return "no systemd-run"
    done = subprocess.run(
        ["systemd-run", *manager(), "--wait", "--collect", "-q", "true"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip()


def manager() -> list[str]:
    """Return the option for the user's manager; root uses the system's."""
    return [] if os.geteuid() == 0 else ["--user"]
