"""Answer GraphQL documents from the store."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    NoUnusedFragmentsRule,
    build_schema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)

from tests.servers.wandb import filestream
from tests.servers.wandb.answers import Asker, ProjectAnswer, RunAnswer, user_answer
from tests.servers.wandb.artifacts import connection
from tests.servers.wandb.store import NOBODY, Run, Store

_SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text())
_RULES = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]


def answer(
    store: Store, document: DocumentNode, variables: Mapping[str, Any], asker: Asker
) -> ExecutionResult:
    return execute_sync(
        _SCHEMA,
        document,
        root_value=Root(store, asker),
        variable_values=dict(variables),
        field_resolver=_field,
    )


def complaints(text: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
    """Read a document; W&B refuses one that its schema does not allow."""
    try:
        document = parse(text)
    except GraphQLError as e:
        return None, [e]
    return document, validate(_SCHEMA, document, _RULES)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z]+)", r"_\1", name).lower()


def _field(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Resolve ``displayName(maxStep:)`` as ``source.display_name(max_step=)``."""
    if isinstance(source, dict):
        given = source.get(info.field_name)
        return given(info, **arguments) if callable(given) else given
    found = getattr(source, _snake(info.field_name), None)
    if callable(found):
        return found(**{_snake(k): v for k, v in arguments.items()})
    return found


class Root:
    """The query and the mutation root."""

    def __init__(self, store: Store, asker: Asker) -> None:
        self._store = store
        self._asker = asker

    def viewer(self) -> dict[str, Any]:
        return user_answer(self._asker.user)

    def entity(self, name: str | None = None) -> dict[str, Any]:
        return {"id": name, "name": name}

    def server_info(self) -> dict[str, Any]:
        versions = {"min_cli_version": "0.10.0", "max_cli_version": "9.0.0"}
        return {"features": [], "cliVersionInfo": versions}

    def models(
        self,
        entity_name: str | None = None,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        del after, first, order
        names = [name for entity, name in self._store.projects if entity == entity_name]
        found = [self.project(name, entity_name) for name in names]
        return connection([one for one in found if one])

    def project(
        self, name: str | None = None, entity_name: str | None = None
    ) -> ProjectAnswer | None:
        entity = entity_name or self._asker.user.entity
        found = self._store.projects.get((entity, name or ""))
        if found is None or self._asker.hidden == "null_project":
            return None
        if found.readers is not None and self._asker.user.username not in found.readers:
            return None
        if self._asker.user.username == NOBODY and not found.public:
            return None
        return ProjectAnswer(found, self._asker)

    def upsert_bucket(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 (the schema's name)
        with self._store.lock:
            entity = input.get("entityName") or self._asker.user.entity
            project = self._store.project(entity, input.get("modelName") or "uncat")
            old = next(
                (r for r in project.runs.values() if r.id == input.get("id")), None
            )
            name = input.get("name") or ""
            run = old or project.runs.get(name)
            new = run is None
            if run is None:
                run = Run(name, entity, project.name, state="running")
                run.username = self._asker.user.username
                run.created_at = filestream.now()
                self._store.add(run)
            _update(run, input)
            return {
                "bucket": RunAnswer(run, ProjectAnswer(project, self._asker)),
                "inserted": new,
            }

    def create_run_files(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 (the schema's name)
        path = f"{input['entityName']}/{input['projectName']}/{input['runName']}"
        return {
            "runID": path,
            "uploadHeaders": [],
            "files": [
                {"name": name, "uploadUrl": f"{self._asker.url}/storage/{path}/{name}"}
                for name in input["files"]
            ],
        }

    def artifact(self, id: str) -> dict[str, Any] | None:  # noqa: A002 (the schema's name)
        found = self._store.shelf.all.get(id)
        return found.answer if found else None

    def client_idmapping(self, client_id: str) -> dict[str, Any] | None:
        for one in self._store.shelf.all.values():
            if one.client_id == client_id:
                return {"serverID": one.id}
        return None

    def create_artifact(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        with self._store.lock:
            made = self._store.shelf.create(input, filestream.now())
        return {"artifact": made.answer}

    def create_artifact_manifest(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        url = f"{self._asker.url}/storage/manifests/{input['artifactID']}"
        file = {"id": "m", "name": input["name"], "uploadUrl": url, "uploadHeaders": []}
        return {"artifactManifest": {"id": input["artifactID"], "file": file}}

    def update_artifact_manifest(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        given = {"artifactID": input["artifactManifestID"], "name": "manifest"}
        return self.create_artifact_manifest(given)

    def create_artifact_files(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        return {"files": connection([self._upload(f) for f in input["artifactFiles"]])}

    def _upload(self, file: dict[str, Any]) -> dict[str, Any]:
        path = f"artifacts/{file['artifactID']}/{file['name']}"
        return {
            "id": file["name"],
            "name": file["name"],
            "storagePath": path,
            "uploadUrl": f"{self._asker.url}/storage/{path}",
            "uploadHeaders": [],
            "artifact": self.artifact(file["artifactID"]),
        }

    def commit_artifact(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        found = self._store.shelf.all[input["artifactID"]]
        found.state = "COMMITTED"
        return {"artifact": found.answer}

    def stop_run(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        with self._store.lock:
            for project in self._store.projects.values():
                for run in project.runs.values():
                    if run.id == input["id"]:
                        run.stops += 1
                        return {"success": True}
        raise GraphQLError("permission denied")

    def use_artifact(self, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        found = self._store.shelf.all[input["artifactID"]]
        found.used_by.add(input["runName"])
        return {"artifact": found.answer}


def _update(run: Run, given: Mapping[str, Any]) -> None:
    fields = {
        "displayName": "display_name",
        "groupName": "group",
        "jobType": "job_type",
        "notes": "notes",
        "host": "host",
        "sweep": "sweep_name",
        "state": "state",
        "tags": "tags",
    }
    for name, attribute in fields.items():
        if given.get(name) is not None:
            setattr(run, attribute, given[name])
    if given.get("config") is not None:
        for key, wrapped in json.loads(given["config"]).items():
            run.settings[key] = wrapped["value"]
    if given.get("summaryMetrics") is not None:
        run.summary = json.loads(given["summaryMetrics"])
