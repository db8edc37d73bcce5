"""The demo's trainings are logged for real; what they left is what it reports on."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    directory = tmp_path_factory.mktemp("demo")
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "wandbwatch", "demo", "--dir", directory],
        env={"PATH": str(home), "HOME": str(home), "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return directory, home, done


def test_it_reports_on_a_finished_a_failed_and_a_crashed_run(demo):
    _, _, done = demo
    assert done.returncode == 0, done.stderr
    states = {
        name: next(line for line in done.stdout.splitlines() if name in line)
        for name in ("steady-otter", "wild-goose", "lost-heron")
    }
    assert "finished" in states["steady-otter"]
    assert "failed" in states["wild-goose"]
    assert "crashed" in states["lost-heron"]


def test_its_pictures_are_kept_and_named(demo):
    directory, _, done = demo
    pictures = sorted((directory / "pictures").iterdir())
    assert [p.name for p in pictures] == ["train_loss.png", "val_loss.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in pictures)
    assert all(str(p) in done.stdout for p in pictures)


def test_it_shows_the_commands_and_what_to_try_next(demo):
    _, _, done = demo
    assert "$ wandbwatch project" in done.stderr
    assert "$ wandbwatch summary" in done.stderr
    assert "$ wandbwatch image" in done.stderr
    found = next(line for line in done.stderr.splitlines() if "export PATH" in line)
    subprocess.run(["/bin/sh", "-c", f"{found}; wandbwatch -h"], env={}, check=True)


def test_it_draws_what_a_channel_would_get_and_ends_with_the_way_there(demo):
    _, _, done = demo
    _, _, drawn = done.stdout.partition("#research would get:")
    assert "▌ FloatingPointError: loss is NaN" in drawn.replace("  ", "")
    assert drawn.count("steady-otter") == 2  # the best, and one that ended
    last = [line.split("#")[0].strip() for line in done.stderr.splitlines()[-3:]]
    assert last == [
        "export WANDBWATCH_WEBHOOK=URL",
        "wandbwatch init",
        "wandbwatch run",
    ]


def test_it_leaves_nothing_in_the_users_home(demo):
    _, home, _ = demo
    assert not [p for p in home.rglob("*wandb*") if p.is_file()]


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "wandbwatch", "demo", "--dir", tmp_path / "file" / "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "--dir names another" in done.stderr
