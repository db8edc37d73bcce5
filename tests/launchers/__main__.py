"""Run the tests of the named launchers, or of all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.launchers import ray, slurm, systemd

_ALL = {"slurm": slurm, "ray": ray, "systemd": systemd}
_NOT_HERE = 77
_HERE = Path(__file__).parent
_EXPERIMENTS = _HERE.parent / "experiments"
_STAND_INS = {
    "kubernetes": ("kubectl and a cluster", "test_engines.py", "kubernetes"),
    "gpus": ("nvidia-smi", "test_gpus.py", ""),
}
"""What only runs with a stand-in: for what, and the tests."""


def main(names: list[str]) -> int:
    known = [*_ALL, *_STAND_INS]
    if unknown := [name for name in names if name not in known]:
        print(f"no launcher {unknown[0]!r}; use {', '.join(known)}", file=sys.stderr)
        return 2
    codes = [_run(name) for name in names or known]
    return max((code for code in codes if code != _NOT_HERE), default=0) or max(codes)


def _run(name: str) -> int:
    if name in _STAND_INS:
        real, file, tests = _STAND_INS[name]
        print(f"{name}: CANNOT RUN HERE with {real}; with a stand-in:", flush=True)
        return _tests(_EXPERIMENTS / file, "-k", tests) or _NOT_HERE
    if why := _ALL[name].missing():
        print(f"{name}: CANNOT RUN HERE: {why}")
        return _NOT_HERE
    print(f"{name}:", flush=True)
    return _tests(_HERE / f"{name}_stage.py")


def _tests(file: Path, *options: str) -> int:
    words = ["-q", "-n0", "-p", "no:cacheprovider", str(file), *options]
    return int(pytest.main(words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
