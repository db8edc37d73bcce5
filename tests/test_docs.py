"""What the documentation shows is taken as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.errors import ExitCode

from tests.fakes import FakeSource, fake_env

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def file(tmp_path):
    (shown,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "watch.toml"
    path.write_text(shown)
    return path


def operate(*words: str) -> object:
    return grammar.read(words, fake_env(FakeSource()))


def test_the_file_of_the_readme_is_fine(file):
    assert operate("check", str(file)) == ExitCode.FINE


def test_its_subscribe_and_unsubscribe_work_on_it(file):
    lines = re.findall(r"^wandbwatch ((?:un)?subscribe .*)$", README, re.MULTILINE)
    assert len(lines) == 2
    before = file.read_text()
    for line in lines:
        assert operate(*shlex.split(line), "--config", str(file)) == ExitCode.FINE
    assert file.read_text().strip() == before.strip()


@pytest.mark.parametrize("page", ["README.md", "docs/daemon.md", "docs/experiments.md"])
def test_links_lead_to_files(page):
    path = ROOT / page
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", path.read_text())
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []
