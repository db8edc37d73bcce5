"""Test other Pythons, and the oldest dependencies: `python -m tests.versions [NAME …]`.

A NAME is ``oldest`` or a version of Python, such as ``3.13``, which must be on PATH or
among those of pyenv. Each gets a new environment, and runs the core of the suite: all
but the parts that start services. ``sdk`` is the oldest, with what reads by the wandb
package alone, as CI does. A Python that is missing ends with exit code 77.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
CORE = [
    *("analysis", "commands", "config", "formatting", "hyperparameters", "model"),
    *("plots", "renderers", "cli/grammar", "cli/operations/test_demo.py"),
    *("test_plugins.py", "test_startup.py"),
    *("sources/local", "sources/cloud"),
]
SDK = ["sources/cloud", "commands/logs", "commands/digest"]
_NOT_HERE = 77


def main(names: list[str]) -> int:
    codes = [_run(name) for name in names or ("oldest", *PYTHONS)]
    return max((code for code in codes if code != _NOT_HERE), default=0) or max(codes)


def _run(name: str) -> int:
    oldest = name in ("oldest", "sdk")
    python = sys.executable if oldest else _python(name)
    if not python:
        print(f"{name}: CANNOT RUN HERE: no python{name}")
        return _NOT_HERE
    with tempfile.TemporaryDirectory() as directory:
        print(f"{name}:", flush=True)
        subprocess.run([python, "-m", "venv", directory], check=True)
        here = str(Path(directory) / "bin" / "python")
        only = ["-c", "tests/oldest.txt"] if oldest else []
        install = [here, "-m", "pip", "install", "-q", *only, "-e", ".[dev]"]
        subprocess.run(install, cwd=ROOT, check=True)
        paths = [
            str(ROOT / "tests" / part) for part in (SDK if name == "sdk" else CORE)
        ]
        test = [here, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
        return subprocess.run(test, cwd=ROOT, check=False).returncode


def _python(version: str) -> str | None:
    # Not pyenv's shims on PATH: they fail unless the version is selected.
    installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    found = (str(one) for one in sorted(installed))
    return next(found, None) or shutil.which(f"python{version}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
