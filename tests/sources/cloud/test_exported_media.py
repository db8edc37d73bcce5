"""Media, files and artifacts by what the wandb package exports: the same answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from wandbwatch.model.media import Album, Artifact, Steps
from wandbwatch.model.ports import Source
from wandbwatch.sources.cloud import transport


def no_wire(*_: object) -> None:
    raise transport.NoGraphqlError


def comparable(artifacts: tuple[Artifact, ...]) -> set[Artifact]:
    same = (replace(a, url=None, aliases=tuple(sorted(a.aliases))) for a in artifacts)
    return set(same)


def answers(source: Source) -> dict[str, Any]:
    def album(keys: tuple[str, ...], when: Steps | int) -> Album:
        found = source.media("media", keys, when)
        return replace(found, keys=tuple(sorted(found.keys)))

    return {
        "last": album((), Steps.LAST),
        "all": album(("eval/*",), Steps.ALL),
        "step": album(("eval/sample",), 1),
        "files": source.files("media", ("ckpt/model 1.pt",)),
        "every file": source.files("media", None),
        "run": comparable(source.artifacts("media").found),
        "project": comparable(source.artifacts("").found),
    }


def test_both_ways_tell_the_same(media_run, monkeypatch: pytest.MonkeyPatch):
    document = answers(media_run.source("cloud"))
    monkeypatch.setattr("wandbwatch.sources.cloud.graphql.execute", no_wire)
    exported = answers(media_run.source("cloud"))
    for question, answer in document.items():
        assert exported[question] == answer, question
    (model,) = exported["files"]
    assert b"".join(model.content()) == bytes(5000)
