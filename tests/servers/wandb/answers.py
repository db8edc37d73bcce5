"""What the server says of users, projects and runs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.servers.wandb.artifacts import Shelf, connection, listed
from tests.servers.wandb.selection import ordered, selected
from tests.servers.wandb.store import Project, Run, User

_MOST_A_PAGE = 1000


@dataclass(frozen=True)
class Asker:
    """Who asks, and what a fault makes disappear for them."""

    user: User
    url: str
    shelf: Shelf
    hidden: str = ""
    """``null_project``, ``null_run`` or nothing."""


def user_answer(user: User) -> dict[str, Any]:
    return {
        "id": user.username,
        "name": user.username,
        "username": user.username,
        "entity": user.entity,
        "flags": "{}",
        "teams": {"edges": [{"node": {"id": t, "name": t}} for t in user.teams]},
        "apiKeys": {"edges": []},
    }


class ProjectAnswer:
    def __init__(self, project: Project, asker: Asker) -> None:
        self._project = project
        self.asker = asker
        self.id = self.internal_id = f"{project.entity}/{project.name}"
        self.name = project.name
        self.entity_name = project.entity
        self.entity = {"id": project.entity, "name": project.entity}
        self.read_only = self.is_benchmark = False
        self.created_at = min(
            (run.created_at for run in project.runs.values()), default="2026-01-01"
        )
        self.total_sweeps = len(project.sweeps)

    def sweeps(
        self, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        del after, first
        return connection([self.sweep(name) for name in self._project.sweeps])

    def artifact_types(
        self, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        del after, first
        return self.asker.shelf.types(self._project.entity, self._project.name)

    def artifact(self, name: str) -> dict[str, Any] | None:
        found = self.asker.shelf.named(name)
        return found.answer if found else None

    def artifact_type(self, name: str) -> dict[str, Any]:
        return {"id": name, "name": name}

    def run_count(self, filters: str | None = None) -> int:
        return len(self._select(filters))

    def run(self, name: str) -> RunAnswer | None:
        run = self._project.runs.get(name)
        return RunAnswer(run, self) if run and self.asker.hidden != "null_run" else None

    def bucket(self, name: str, *, missing_ok: bool = True) -> RunAnswer | None:
        return self.run(name) if missing_ok or name in self._project.runs else None

    def sweep(self, sweep_name: str) -> dict[str, Any] | None:
        if sweep_name not in self._project.sweeps:
            return None
        count = sum(r.sweep_name == sweep_name for r in self._project.runs.values())
        return {
            "id": sweep_name,
            "name": sweep_name,
            "method": "custom",
            "state": "RUNNING",
            "config": "{}",
            "createdAt": "2026-01-01T00:00:00Z",
            "runCount": count,
            **self._project.sweeps[sweep_name],
        }

    def runs(
        self,
        filters: str | None = None,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        found = ordered(self._select(filters), order)
        start = int(after) + 1 if after else 0
        page = found[start : start + min(first or 50, _MOST_A_PAGE)]
        return {
            "edges": [
                {"cursor": str(start + i), "node": RunAnswer(run, self)}
                for i, run in enumerate(page)
            ],
            "pageInfo": {
                "endCursor": str(start + len(page) - 1) if page else None,
                "hasNextPage": start + len(page) < len(found),
            },
            "totalCount": len(found),
        }

    def _select(self, filters: str | None) -> Sequence[Run]:
        read = json.loads(filters) if filters else {}
        return selected(self._project.runs.values(), read)


class RunAnswer:
    """A run's fields; what is not here is the run's own attribute."""

    project_id = 1
    read_only = False

    def __init__(self, run: Run, project: ProjectAnswer) -> None:
        self._run = run
        self.project = project

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def file_count(self) -> int:
        return len(self._run.files)

    def files(
        self,
        names: Sequence[str] = (),
        after: str | None = None,
        first: int | None = None,
        pattern: str | None = None,
    ) -> dict[str, Any]:
        del pattern
        found = [n for n in sorted(self._run.files) if not names or n in names]
        start = int(after) + 1 if after else 0
        page = found[start : start + (first or 50)]
        end = start + len(page)
        return {
            **connection([self._file(name) for name in page]),
            "pageInfo": {"endCursor": str(end - 1), "hasNextPage": end < len(found)},
        }

    def _file(self, name: str) -> dict[str, Any]:
        asker = self.project.asker
        path = f"{self._run.path}/{quote(name)}"
        return {
            "id": name,
            "name": name,
            "url": f"{asker.url}/files/{path}",
            "directUrl": f"{asker.url}/storage/{path}?signature=secret",
            "sizeBytes": self._run.sizes.get(name, len(self._run.files[name])),
            "mimetype": "application/octet-stream",
            "updatedAt": self._run.created_at,
        }

    def output_artifacts(
        self, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        del after, first
        shelf = self.project.asker.shelf
        return listed(a for a in shelf.all.values() if a.run == self._run.name)

    def input_artifacts(
        self, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        del after, first
        shelf = self.project.asker.shelf
        return listed(a for a in shelf.all.values() if self._run.name in a.used_by)

    def user(self) -> dict[str, Any]:
        return user_answer(User(username=self._run.username))

    def log_line_count(self) -> int:
        return len(self._run.console)

    def log_lines(
        self,
        after: str | None = None,
        first: int | None = None,
        last: int | None = None,
        *,
        use_improved_pagination: bool | None = None,
    ) -> dict[str, Any]:
        del use_improved_pagination
        lines = list(enumerate(self._run.console))
        if last is not None:
            lines = lines[-last:] if last else []
        else:
            lines = lines[int(after) + 1 if after else 0 :][:first]
        more = bool(lines) and lines[-1][0] + 1 < len(self._run.console)
        end = str(lines[-1][0]) if lines else None
        return {
            "edges": [
                {"cursor": str(number), "node": {"number": number, **_logged(line)}}
                for number, line in lines
            ],
            "pageInfo": {"endCursor": end, "hasNextPage": more},
        }


def _logged(line: str) -> dict[str, str]:
    """Take a line of ``output.log`` apart as the SDK has put it together."""
    found = re.match(r"(ERROR )?(\d{4}-\d\d-\d\dT\S+) ", line)
    if not found:
        return {"line": line}
    level = "error" if found[1] else ""
    return {"line": line[found.end() :], "level": level, "timestamp": found[2]}
