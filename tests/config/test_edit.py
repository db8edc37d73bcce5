from __future__ import annotations

import threading
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.config import edit
from wandbwatch.config.edit import added, removed
from wandbwatch.model.errors import ConfigError, UsageError

FILE = """\
# mine
[channels.c]  # the only one
webhook = { env = "HOOK" }

# ── lists ──
# the first
[[subscriptions]]
name = "first"
# why so early
cron = "0 5 * * *"
commands = [
  "project a/b",  # [not a table]
]
# after the first

# the second
[[subscriptions]]
name = "second"
cron = "@daily"
commands = ['''
  project a/b''']

# ── the daemon ──
[daemon]
jobs = 3
"""
NEW = {"name": "new", "cron": "@hourly", "commands": ["project a/b", 'x "y"']}


def test_a_subscription_is_put_at_the_end_and_nothing_else_is_touched():
    assert added(FILE, "f", NEW) == FILE + (
        '\n[[subscriptions]]\nname = "new"\ncron = "@hourly"\n'
        'commands = [\n  "project a/b",\n  "x \\"y\\"",\n]\n'
    )


def test_a_subscription_is_taken_out_with_the_comments_in_it_alone():
    first = FILE.index("[[sub")
    after = FILE.index("# after the first")
    assert removed(FILE, "f", "first") == FILE[:first] + FILE[after:]
    second = FILE.index("[[sub", after)
    daemon = FILE.index("# ── the daemon")
    assert removed(FILE, "f", "second") == FILE[:second] + FILE[daemon:]


@pytest.mark.parametrize(
    "text", [FILE, "", "# only words", FILE + "\n\n", FILE.replace("\n", "\r\n")]
)
def test_adding_and_removing_a_subscription_restores_the_text(text):
    both = added(added(text, "f", NEW), "f", {**NEW, "name": "other"})
    without = removed(removed(both, "f", "new"), "f", "other")
    assert without.rstrip() == text.rstrip()
    assert "\n" not in both.replace("\r\n", "") or "\r" not in text


def test_a_subscription_that_is_missing_is_reported_with_those_that_are():
    with pytest.raises(UsageError, match="did you mean 'second'"):
        removed(FILE, "f", "secnd")
    with pytest.raises(UsageError, match="there is first, second"):
        removed(FILE, "f", "xyz")
    with pytest.raises(UsageError, match="there is none"):
        removed("", "f", "xyz")


@pytest.mark.parametrize(
    "odd",
    [
        'subscriptions = [{ name = "first" }, { name = "x" }]\n',
        '[[subscriptions]]\nname = "first"\n[daemon]\n[subscriptions.more]\nx = 1\n',
    ],
)
def test_a_form_that_cannot_be_edited_is_left_alone(odd):
    with pytest.raises(ConfigError, match="can't be edited automatically"):
        removed(odd, "f", "first")


def test_an_array_in_one_line_is_not_added_to():
    with pytest.raises(ConfigError, match="can't be edited automatically"):
        added("subscriptions = []\n", "f", NEW)


def test_a_broken_file_is_not_edited():
    with pytest.raises(ConfigError, match="f:1: "):
        added("x =", "f", NEW)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_any_words_are_written_so_that_they_read_back(cron, commands):
    values = {"name": "n", "cron": cron, "silent": True, "commands": commands}
    after = added(FILE, "f", values)
    assert tomli.loads(after)["subscriptions"][-1] == values
    assert removed(after, "f", "n") == FILE


def test_bytes_that_are_no_text_are_reported():
    with pytest.raises(UsageError, match="not valid text"):
        added(FILE, "f", {"name": "\udcff"})


def test_the_example_can_be_edited():
    example = Path(__file__).parents[2] / "watch.toml.example"
    text = example.read_text()
    after = text
    for one in tomli.loads(text)["subscriptions"]:
        after = removed(after, "f", one["name"])
    assert "subscriptions" not in tomli.loads(after)
    assert tomli.loads(after)["daemon"] == tomli.loads(text)["daemon"]


def test_a_file_keeps_its_mode_and_a_new_one_is_private(tmp_path):
    path = tmp_path / "watch.toml"
    edit.replace(path, "one")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    edit.replace(path, "two ü")
    assert path.read_text() == "two ü"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "watch.toml", tmp_path / "watch.toml"
    real.write_text("one")
    link.symlink_to(real)
    edit.replace(link, "two")
    assert link.is_symlink()
    assert real.read_text() == "two"


def test_a_write_that_fails_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text("one")
    with pytest.raises(UnicodeEncodeError):
        edit.replace(path, "two \udcff")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_edits_wait_for_each_other(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text("0")

    def count() -> None:
        for _ in range(10):
            with edit.alone(path):
                edit.replace(path, str(int(path.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "40"


def test_a_directory_that_is_missing_is_reported(tmp_path):
    with (
        pytest.raises(ConfigError, match="No such file"),
        edit.alone(tmp_path / "no" / "watch.toml"),
    ):
        raise AssertionError("nothing is to be edited")
