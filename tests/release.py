"""Build what an index gets: `python -m tests.release ADDRESS`.

ADDRESS is the repository's page, such as https://github.com/acme/wandbwatch. An index
shows neither relative links nor pictures: README's lead to the version's tag there, and
the package names its pages. Builds HEAD into dist/ with the packages build and twine.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from wandbwatch import __version__

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:)([^)]+)\)")


def absolute(readme: str, address: str) -> str:
    """Let the links and pictures of *readme* lead to the version's tag."""

    def lead(found: re.Match[str]) -> str:
        kind = "raw" if found[1] else "blob"
        where = f"{address}/{kind}/v{__version__}/{found[3]}"
        return f"{found[1]}[{found[2]}]({where})"

    return _LINK.sub(lead, readme)


def named(pyproject: str, address: str) -> str:
    """Name the package's pages."""
    pages = {
        "Homepage": address,
        "Documentation": f"{address}/tree/v{__version__}/docs",
        "Changelog": f"{address}/blob/v{__version__}/CHANGELOG.md",
        "Issues": f"{address}/issues",
    }
    lines = "".join(f'{name} = "{page}"\n' for name, page in pages.items())
    return pyproject.replace(
        "[project.scripts]\n", f"[project.urls]\n{lines}\n[project.scripts]\n", 1
    )


def main(address: str) -> int:
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        head = ("git", "archive", "HEAD")
        archive = subprocess.run(head, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(tree, filter="data")
        for name, change in (("README.md", absolute), ("pyproject.toml", named)):
            file = tree / name
            file.write_text(change(file.read_text(), address.rstrip("/")))
        dist = ROOT / "dist"
        build = [sys.executable, "-m", "build", "--outdir", str(dist), directory]
        subprocess.run(build, check=True)
        built = map(str, sorted(dist.glob(f"wandbwatch-{__version__}*")))
        check = [sys.executable, "-m", "twine", "check", "--strict", *built]
        return subprocess.run(check, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
