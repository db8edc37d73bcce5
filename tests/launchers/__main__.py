"""Run the tests of the named launchers, or of all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.launchers import ray, slurm, systemd

_ALL = {"slurm": slurm, "ray": ray, "systemd": systemd}
_NOT_HERE = 77
_HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in _ALL]:
        print(f"no launcher {unknown[0]!r}; use {', '.join(_ALL)}", file=sys.stderr)
        return 2
    codes = [_run(name) for name in names or _ALL]
    return max((code for code in codes if code != _NOT_HERE), default=0) or max(codes)


def _run(name: str) -> int:
    if why := _ALL[name].missing():
        print(f"{name}: CANNOT RUN HERE: {why}")
        return _NOT_HERE
    print(f"{name}:", flush=True)
    return int(
        pytest.main(
            ["-q", "-n0", "-p", "no:cacheprovider", str(_HERE / f"{name}_stage.py")]
        )
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
