"""A Ray cluster of one node for the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping

from tests.launchers.slurm import free_ports


def missing() -> str:
    """Say why it cannot start here; empty if it can."""
    if not shutil.which("ray"):
        return 'no ray on PATH (pip install "ray[default]", in a venv of its own)'
    return ""


@contextlib.contextmanager
def ray() -> Iterator[Mapping[str, str]]:
    """Start one; yield its clients' environment variables."""
    port, dashboard, agent = free_ports(3)
    # A socket's path is limited to 107 bytes.
    here = tempfile.mkdtemp(prefix="ww-ray-", dir="/tmp")
    words = [
        *("ray", "start", "--head", "--block", "--num-cpus=2"),
        *(f"--port={port}", f"--dashboard-port={dashboard}"),
        *(f"--dashboard-agent-listen-port={agent}", f"--temp-dir={here}"),
        "--disable-usage-stats",
    ]
    environ = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
    process = subprocess.Popen(
        words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = {"RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{dashboard}"}
    try:
        _wait_until_ready({**environ, **address}, process)
        yield address
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(here, ignore_errors=True)


def _wait_until_ready(
    environ: Mapping[str, str], process: subprocess.Popen[bytes]
) -> None:
    """Submit a job that does nothing until one is taken; it waits by itself."""
    answer = ""
    for _ in range(10):
        done = subprocess.run(
            ["ray", "job", "submit", "--", "true"],  # noqa: S607
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        answer = done.stderr[-300:]
        if process.poll() is not None:
            break
    raise RuntimeError(f"Ray is not ready: {answer}")
