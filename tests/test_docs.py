"""What the documentation shows is taken as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import app
from wandbwatch.model.errors import ExitCode

from tests.fakes import FakeSource, fake_env

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CHANNEL = (ROOT / "docs" / "channel.md").read_text()


@pytest.fixture
def file(tmp_path):
    (shown,) = re.findall(r"```toml\n(.*?)```", CHANNEL, re.DOTALL)
    path = tmp_path / "watch.toml"
    path.write_text(shown)
    return path


def operate(*words: str) -> object:
    return grammar.read(words, fake_env(FakeSource()))


def test_the_file_of_the_guide_is_fine(file):
    assert operate("check", str(file)) == ExitCode.FINE


def test_its_subscribe_and_unsubscribe_work_on_it(file):
    lines = re.findall(r"^wandbwatch ((?:un)?subscribe .*)$", CHANNEL, re.MULTILINE)
    assert len(lines) == 2
    before = file.read_text()
    for line in lines:
        assert operate(*shlex.split(line), "--config", str(file)) == ExitCode.FINE
    assert file.read_text().strip() == before.strip()


def command_lines(page: Path) -> Iterator[str]:
    """Find the command lines in the code blocks of *page*, without comments."""
    fenced = False
    for line in page.read_text().replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            for part in line.split(" && "):
                program, _, words = part.strip().partition(" ")
                if program.rpartition("/")[2] == "wandbwatch":
                    yield re.split(r" +(?:[#|<]|\^D)", words)[0]


SHOWN = [
    pytest.param(line, id=f"{page.stem}: {line}")
    for page in PAGES
    if page.stem != "commands"
    for line in command_lines(page)
]


def test_the_docs_show_command_lines():
    assert len(SHOWN) >= 90


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_line_of_the_docs_is_valid(line):
    words = shlex.split(line)
    application = app.terminal()
    context = application.make_context("wandbwatch", words, obj=fake_env(FakeSource()))
    name, command, rest = application.resolve_command(
        context,
        [*context._protected_args, *context.args],  # noqa: SLF001
    )
    command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_todays_lines_mean_the_same_as_the_older_bots():
    table = (ROOT / "docs" / "older-bots.md").read_text()
    rows = re.findall(
        r"^\| `(/\w+ .+?)` \| `wandbwatch (.+?)` \|$", table, re.MULTILINE
    )
    assert len(rows) == 4
    for older, today in rows:
        assert shlex.split(grammar.modern(older)) == shlex.split(
            today.replace("--order=", "--order ")
        )
