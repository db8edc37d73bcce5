"""Read what the SDK writes about a run's code and machine. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wandbwatch.model.run import Provenance

METADATA, REQUIREMENTS = "wandb-metadata.json", "requirements.txt"
LARGEST = 4 << 20
"""The most bytes read of such a file."""
_NAMED = {
    "program": "program",
    "codePath": "code",
    "os": "system",
    "python": "python",
    "host": "host",
    "gpu": "gpu",
    "gpu_count": "gpus",
    "cudaVersion": "cuda",
    "cpu_count": "cpu cores",
    "docker": "docker image",
}
_PACKAGE = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:==|@)\s*(\S+)")


def provenance(metadata: str, requirements: str) -> Provenance:
    """Read the texts of the SDK's two files; an empty one says nothing."""
    try:
        parsed = json.loads(metadata) if metadata else {}
    except (ValueError, RecursionError):
        parsed = {}
    facts = dict(_facts(parsed)) if isinstance(parsed, dict) else {}
    return Provenance(facts, packages(requirements))


def packages(requirements: str) -> Mapping[str, str]:
    """Read the lines of a ``pip freeze``."""
    found = map(_PACKAGE.match, requirements.splitlines())
    return {one[1].lower().replace("_", "-"): one[2] for one in found if one}


def _facts(parsed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    git = parsed.get("git")
    if isinstance(git, Mapping):
        for name in ("commit", "remote"):
            if value := _text(git.get(name)):
                yield name, value
    for name, ours in _NAMED.items():
        if value := _text(parsed.get(name)):
            yield ours, value
    arguments = parsed.get("args")
    if isinstance(arguments, list) and arguments:
        yield "arguments", " ".join(map(str, arguments))


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and value else ""
