"""Renew what the docs and the package take from the code: `python -m tests.renew`.

With --check, only say whether it is as it should be (exit code 1 if it is not).
"""

from __future__ import annotations

import sys
from pathlib import Path

from cogapp import Cog

from tests import watch_schema

ROOT = Path(__file__).parents[1]
DOCS = ("*.md", "man/*", "completions/*")


def main(*options: str) -> int:
    check = "--check" in options
    files = [str(f) for pattern in DOCS for f in sorted((ROOT / "docs").glob(pattern))]
    status: int = Cog().main(["cog", "--check" if check else "-r", *files])
    if not check:
        watch_schema.FILE.write_text(watch_schema.text())
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
