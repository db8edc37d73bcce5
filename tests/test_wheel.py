"""What `pip install` gets: the wheel alone, without the clone beside it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import typer
from wandbwatch import __version__

from tests import release

ROOT = Path(__file__).parents[1]
DEPENDENCIES = Path(typer.__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation"]
    subprocess.run([*build, "--no-deps", "-w", directory, ROOT], check=True)
    (found,) = directory.glob("*.whl")
    return found


def test_it_carries_the_units_the_schema_the_manual_and_the_completions(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for unit in (ROOT / "systemd").rglob("*.*"):
        assert f"wandbwatch/systemd/{unit.relative_to(ROOT / 'systemd')}" in names
    assert "wandbwatch/config/watch.schema.json" in names
    assert "wandbwatch/py.typed" in names
    shared = [name.partition("/data/share/")[2] for name in names]
    assert sorted(filter(None, shared)) == [
        "bash-completion/completions/wandbwatch",
        "fish/vendor_completions.d/wandbwatch.fish",
        "man/man1/wandbwatch.1",
        "zsh/site-functions/_wandbwatch",
    ]


def test_an_index_shows_its_pictures_and_its_pages():
    readme = release.absolute((ROOT / "README.md").read_text(), "https://x.example/w")
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert len(links) > 10
    assert all(link.startswith("https://") for link in links)
    picture = f"https://x.example/w/raw/v{__version__}/docs/discord.png"
    assert f"]({picture})" in readme
    pyproject = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(release.named(pyproject, "https://x.example/w"))["project"]
    assert project["urls"]["Homepage"] == "https://x.example/w"
    assert project["scripts"]


def test_the_demo_runs_from_it(wheel, tmp_path):
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", target, wheel], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "wandbwatch", "demo", "--dir", tmp_path / "runs"],
        env={"PYTHONPATH": f"{target}:{DEPENDENCIES}", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "wild-goose" in done.stdout
    asked = "import wandbwatch; print(wandbwatch.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", asked],
        env={"PYTHONPATH": f"{target}:{DEPENDENCIES}"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(target))
