"""Artifacts as the server keeps them: the SDK makes them, queries list them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Answer = dict[str, Any]


@dataclass
class Artifact:
    id: str
    entity: str
    project: str
    run: str
    kind: str
    name: str
    digest: str
    client_id: str
    version: int
    created_at: str
    description: str = ""
    state: str = "PENDING"
    aliases: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Aliases in another project's collection that it is linked to."""
    files: dict[str, int] = field(default_factory=dict)
    """The size of each, as it was uploaded."""
    used_by: set[str] = field(default_factory=set)

    @property
    def answer(self) -> Answer:
        manifest = {"id": f"manifest-{self.id}", "file": self._file("manifest.json")}
        project = {
            "id": self.project,
            "internalId": self.project,
            "name": self.project,
            "entityName": self.entity,
            "entity": {"id": self.entity, "name": self.entity},
        }
        sequence = {
            "__typename": "ArtifactSequence",
            "id": self.name,
            "name": self.name,
            "project": project,
        }
        elsewhere = {**sequence, "project": {**project, "name": "registry"}}
        return {
            "id": self.id,
            "state": self.state,
            "digest": self.digest,
            "versionIndex": self.version,
            "description": self.description,
            "size": sum(self.files.values()),
            "fileCount": len(self.files),
            "createdAt": self.created_at,
            "tags": [],
            "ttlDurationSeconds": -2,
            "ttlIsInherited": True,
            "aliases": [
                *(
                    {"id": alias, "alias": alias, "artifactCollection": sequence}
                    for alias in (*self.aliases, f"v{self.version}")
                ),
                *(
                    {"id": alias, "alias": alias, "artifactCollection": elsewhere}
                    for alias in self.foreign
                ),
            ],
            "artifactSequence": sequence,
            "artifactType": {"id": self.kind, "name": self.kind},
            "currentManifest": manifest,
        }

    def _file(self, name: str) -> Answer:
        return {"id": name, "name": name, "directUrl": f"/storage/{self.id}/{name}"}


class Shelf:
    """All artifacts of a server."""

    def __init__(self) -> None:
        self.all: dict[str, Artifact] = {}
        self._numbers = itertools.count()

    def create(self, given: Mapping[str, Any], when: str) -> Artifact:
        names = given.get("artifactCollectionNames") or [
            given.get("artifactCollectionName") or ""
        ]
        same = [a for a in self.all.values() if a.name == names[0]]
        for one in same:
            if one.digest == given["digest"]:
                return one
        made = Artifact(
            f"artifact-{next(self._numbers)}",
            given["entityName"],
            given["projectName"],
            given.get("runName") or "",
            given["artifactTypeName"],
            names[0],
            given["digest"],
            given.get("clientID") or "",
            len(same),
            when,
            given.get("description") or "",
            aliases=[each["alias"] for each in given.get("aliases") or ()],
        )
        for one in same:
            one.aliases = [a for a in one.aliases if a not in made.aliases]
        self.all[made.id] = made
        return made

    def named(self, name: str) -> Artifact | None:
        """Find ``name:alias`` or ``name:v3``."""
        stem, _, version = name.partition(":")
        for one in self.all.values():
            if one.name == stem and version in (*one.aliases, f"v{one.version}", ""):
                return one
        return None

    def stored(self, path: str, size: int) -> None:
        """Take in what was uploaded to ``ID/name``."""
        artifact, _, name = path.partition("/")
        if artifact in self.all:
            self.all[artifact].files[name] = size

    def types(self, entity: str, project: str) -> Answer:
        found = [
            a for a in self.all.values() if (a.entity, a.project) == (entity, project)
        ]
        kinds = dict.fromkeys(a.kind for a in found)
        return connection([_type(kind, found) for kind in kinds])


def _type(kind: str, found: Sequence[Artifact]) -> Answer:
    of_kind = [a for a in found if a.kind == kind]
    names = dict.fromkeys(a.name for a in of_kind)
    return {
        "id": kind,
        "name": kind,
        "artifactCollections": connection(
            [
                {
                    "id": name,
                    "name": name,
                    "artifacts": _versions([a for a in of_kind if a.name == name]),
                }
                for name in names
            ]
        ),
    }


def _versions(found: Sequence[Artifact]) -> Callable[..., Answer]:
    """List the versions as asked: without filters those of every state."""

    def listed_as_asked(_info: object, **asked: Any) -> Answer:
        state = json.loads(asked.get("filters") or "{}").get("state")
        kept = [a for a in found if state in (None, a.state)]
        return listed(kept if asked.get("order") == "-createdAt" else reversed(kept))

    return listed_as_asked


def listed(artifacts: Iterable[Artifact]) -> Answer:
    """List artifacts, the newest first."""
    return connection([a.answer for a in reversed(list(artifacts))])


def connection(nodes: Sequence[Any]) -> Answer:
    edges = [{"cursor": str(i), "node": node} for i, node in enumerate(nodes)]
    page = {"endCursor": None, "hasNextPage": False}
    return {"edges": edges, "pageInfo": page, "totalCount": len(nodes)}
