from __future__ import annotations

import json

import pytest
from wandbwatch.analysis.machine import provenance
from wandbwatch.model.run import Provenance

METADATA = {
    "os": "Linux",
    "python": "3.11.7",
    "program": "train.py",
    "args": ["--lr", "0.1"],
    "git": {"remote": "git@example.org:a/b.git", "commit": "abc123"},
    "gpu": "NVIDIA H100",
    "gpu_count": 8,
    "host": "node1",
    "email": "me@example.org",
}
REQUIREMENTS = "torch==2.4.0\nMy_Pkg==1\n# no\nfoo @ git+https://x/y\n\nwandb==0.31.0\n"


def test_the_files_that_the_sdk_saves_are_read():
    assert provenance(json.dumps(METADATA), REQUIREMENTS) == Provenance(
        {
            "commit": "abc123",
            "remote": "git@example.org:a/b.git",
            "program": "train.py",
            "system": "Linux",
            "python": "3.11.7",
            "host": "node1",
            "gpu": "NVIDIA H100",
            "gpus": "8",
            "arguments": "--lr 0.1",
        },
        {"torch": "2.4.0", "my-pkg": "1", "foo": "git+https://x/y", "wandb": "0.31.0"},
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "[" * 100_000, '{"git": 3, "os": {}}']
)
def test_whatever_is_there_instead_says_nothing(text):
    assert provenance(text, "\x00 nothing") == Provenance()
