"""Run the benchmarks named, or all of them; exit with 1 when a bound was missed."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

from tests import bench


def main(names: list[str]) -> int:
    known = sorted(
        m.name for m in pkgutil.iter_modules(bench.__path__) if m.name[0] != "_"
    )
    if unknown := [name for name in names if name not in known]:
        sys.stderr.write(f"no benchmark {unknown[0]!r}; known: {', '.join(known)}\n")
        return 2
    codes = [_run(name) for name in names or known]
    return max(codes, default=0)


def _run(name: str) -> int:
    sys.stdout.write(f"{name}\n")
    try:
        importlib.import_module(f"{bench.__name__}.{name}").main()
    except SystemExit as e:
        return 1 if e.code else 0
    return 0


if __name__ == "__main__":
    # The processes that are measured keep their bytecode, as an installed one's is.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main(sys.argv[1:]))
