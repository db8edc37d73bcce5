"""What an address says of itself, so that nobody has to know its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wandbwatch import plugins
from wandbwatch.model.address import Address, Cloud, Local, Several
from wandbwatch.model.run import Run, State

RUN = Run("abc", "seed1", State.RUNNING, datetime(2026, 1, 1, tzinfo=UTC))
SERVER = "https://wandb.corp.example"


def test_each_source_has_an_address():
    sources = {kind.source for kind in Address.__subclasses__()}
    assert not Several.source  # it stands for addresses that have theirs
    assert sources - {""} == set(plugins.names("wandbwatch.sources"))


@pytest.mark.parametrize(
    ("address", "source", "local"),
    [(Cloud("acme", "gpt"), "cloud", False), (Local(Path("wandb")), "local", True)],
)
def test_an_address_knows_its_source(address: Address, source: str, local: bool):
    assert (address.source, address.local) == (source, local)


@pytest.mark.parametrize(
    ("address", "run", "sweep"),
    [
        (Cloud("acme", "gpt"), None, None),
        (Cloud("acme", "gpt", "abc"), "abc", None),
        (Cloud("acme", "gpt", sweep="s1"), None, "s1"),
        (Local(Path("wandb/latest-run")), None, None),
    ],
)
def test_an_address_may_name_a_run_or_a_sweep(
    address: Address, run: str | None, sweep: str | None
):
    assert (address.run, address.sweep) == (run, sweep)


@pytest.mark.parametrize(
    ("address", "maybe"),
    [
        (Cloud(None, "gpt", "abc"), True),
        (Cloud("acme", "gpt", "abc"), False),
        (Cloud(None, None, "abc"), False),
        (Cloud(None, "gpt"), False),
        (Local(Path("gpt/abc")), False),
    ],
)
def test_project_and_run_can_also_be_entity_and_project(
    address: Address,
    maybe: bool,
):
    assert address.maybe_project is maybe


def test_a_project_is_a_run_address_without_its_run():
    there = Cloud("acme", "gpt", "abc", server=SERVER)
    assert there.without_run() == Cloud("acme", "gpt", server=SERVER)
    assert Local(Path("wandb")).without_run() == Local(Path("wandb"))


def test_the_project_of_a_cloud_run_has_what_the_user_left_out():
    run = replace(RUN, entity="acme", project="gpt")
    found = Cloud(None, None, "abc", server=SERVER).in_project(run)
    assert found == Cloud("acme", "gpt", server=SERVER)


def test_the_project_of_a_local_run_is_the_directory_that_has_its_directory(
    tmp_path: Path,
):
    directory = tmp_path / "run-20260101_120000-abc"
    directory.mkdir()
    file = directory / "run-abc.wandb"
    file.touch()
    link = tmp_path / "latest-run"
    link.symlink_to(directory.name)
    for path in (directory, file, link):
        assert Local(path).in_project(RUN) == Local(tmp_path)


def test_a_resolved_address_does_not_follow_a_link_to_the_next_run(tmp_path: Path):
    (tmp_path / "first").mkdir()
    link = tmp_path / "latest-run"
    link.symlink_to("first")
    assert Local(link).resolved() == Local(tmp_path / "first")
    assert Cloud("acme", "gpt").resolved() == Cloud("acme", "gpt")
