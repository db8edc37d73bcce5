"""Measure the structure of the package, without limits: ``python -m tests.house``."""

from __future__ import annotations

import ast
import io
import statistics
import subprocess
import sys
import tempfile
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import wandbwatch

from tests.runs.synthetic import write_long

PACKAGE = Path(wandbwatch.__file__).parent
ROOT = PACKAGE.parent
_SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
_TRACE = """
import inspect, sys, wandbwatch
files = set()
def trace(frame, event, arg):
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # not a module's or a class's body
        files.add(frame.f_code.co_filename)
sys.setprofile(trace)
from wandbwatch.cli import main
main.answer(sys.argv[1:])
sys.setprofile(None)
print(sum(name.startswith(wandbwatch.__path__[0]) for name in files), file=sys.stderr)
"""


def main() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    lengths = sorted(_functions(trees.values()))
    classes = Counter(
        node.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    repeated = sorted(name for name, count in classes.items() if count > 1)
    rows = {
        "names at the top": len(_top()),
        "import layers": len(_layers()),
        "files": len(files),
        "lines of code": sum(_code_lines(path) for path in files),
        "class names used twice": f"{len(repeated)} {' '.join(repeated)}".rstrip(),
        "functions, lines": f"median {statistics.median(lengths):.0f}, "
        f"p90 {lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}",
        "files that `summary RUN` runs": _executed(),
    }
    for name, value in rows.items():
        print(f"{name:30} {value}")


def _top() -> list[str]:
    return [p.name for p in PACKAGE.iterdir() if p.name != "__pycache__"]


def _layers() -> Sequence[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    layers: Sequence[str] = next(c for c in contracts if c["id"] == "floors")["layers"]
    return layers


def _functions(trees: Iterable[ast.Module]) -> Iterator[int]:
    """Yield the length of each function in lines, its decorators left out."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (node.end_lineno or node.lineno) - node.lineno + 1


def _code_lines(path: Path) -> int:
    """Count the lines that hold code: no blank lines, comments or docstrings."""
    text = path.read_text(encoding="utf-8")
    silent = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return len(
        {
            line
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type not in _SILENT
            for line in range(token.start[0], token.end[0] + 1)
        }
        - silent
    )


def _executed() -> int:
    """Count the files of the package with a function that a local summary calls."""
    with tempfile.TemporaryDirectory() as directory:
        run = write_long(Path(directory) / "run-a.wandb", 3, keys=1)
        done = subprocess.run(
            [sys.executable, "-c", _TRACE, "summary", str(run), "-o", "terminal"],
            capture_output=True,
            text=True,
            check=True,
        )
    return int(done.stderr.split()[-1])


if __name__ == "__main__":
    main()
