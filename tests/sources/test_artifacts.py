"""Artifacts that the real SDK logged and used, read back through both sources."""

from __future__ import annotations

import pytest
from wandbwatch import plugins
from wandbwatch.model.address import Cloud, Local
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.media import Artifact
from wandbwatch.model.ports import Source


def source(address: Cloud | Local) -> Source:
    kind = "cloud" if isinstance(address, Cloud) else "local"
    found: Source = plugins.load("wandbwatch.sources", kind)(address)
    return found


def named(found: tuple[Artifact, ...], kind: str) -> Artifact:
    (one,) = (a for a in found if a.kind == kind and not a.used)
    return one


def test_what_a_run_logged_and_used_is_one_request(media_run):
    found = media_run.source("cloud").artifacts("media")
    assert media_run.server.data_requests == 1
    policy = named(found.found, "model")
    assert (policy.name, policy.version, policy.size, policy.files) == (
        *("policy", "v0", 5000, 1),
    )
    assert set(policy.aliases) == {"best", "latest"}
    assert policy.description == "the best"
    assert policy.created is not None
    assert policy.url
    assert policy.url.endswith("/acme/gpt/artifacts/model/policy/v0")
    (used,) = (a for a in found.found if a.used)
    assert (used.name, used.kind, used.version) == ("rollouts", "dataset", "v0")
    assert len([a for a in found.found if a.kind == "run_table"]) == 6


def test_those_of_a_project(media_run):
    found = source(Cloud("acme", "gpt")).artifacts("")
    assert media_run.server.data_requests == 1
    assert named(found.found, "model").name == "policy"
    assert not any(artifact.used for artifact in found.found)


def test_an_online_file_holds_only_what_was_used(media_run):
    found = media_run.source("local").artifacts("media")
    (used,) = found.found
    assert (used.name, used.kind, used.version, used.used) == (
        *("rollouts", "dataset", "v0", True),
    )
    assert "ask W&B" in found.unknown


def test_an_offline_file_holds_what_was_logged(local_runs):
    project = source(Local(local_runs))
    for found in (project.artifacts("finished"), project.artifacts("")):
        newer, older = (a for a in found.found if a.kind == "model")
        assert (newer.name, newer.size, newer.files) == ("policy", 200, 1)
        assert set(newer.aliases) == {"step-200", "latest"}
        assert older.aliases == ("step-100",)
        assert older.description == "after a while"
        assert (older.run, older.used) == ("finished", False)


def test_a_project_and_a_run_that_are_not_there(media_run):
    with pytest.raises(NotFoundError):
        source(Cloud("acme", "never")).artifacts("")
    with pytest.raises(NotFoundError):
        media_run.source("local").artifacts("never")
