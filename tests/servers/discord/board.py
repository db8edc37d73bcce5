"""Webhooks and their messages, kept in a directory: they outlive the process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tests.servers.discord import limits
from tests.servers.discord.body import Upload
from tests.servers.discord.embeds import Attached, attach, look, pings
from tests.servers.discord.errors import ApiError, unknown_message, unknown_webhook
from tests.servers.discord.forum import Place, place

_EMBEDS_OFF, _SILENT = 1 << 2, 1 << 12
FIRST = 1_500_000_000_000_000_000


@dataclass(frozen=True)
class Hook:
    """A webhook. Its channel is text, or a forum in which threads are posts."""

    id: str = "11"
    token: str = field(default="token-A")
    channel: str = "21"
    kind: Literal["text", "forum"] = "text"
    threads: tuple[str, ...] = ()
    tag_required: bool = False
    gone: bool = False
    name: str = "Captain Hook"


class Board:
    """``events.jsonl`` and ``files/`` of a directory, replayed at the start."""

    def __init__(self, directory: Path) -> None:
        self.lock = threading.RLock()
        self.hooks: dict[str, Hook] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self._directory = directory
        self._last = FIRST
        (directory / "files").mkdir(parents=True, exist_ok=True)
        self._events = (directory / "events.jsonl").open("a+", encoding="utf-8")
        self._events.seek(0)
        for line in self._events:
            if line.endswith("\n"):  # a kill may have cut the last one
                self._apply(json.loads(line))

    def close(self) -> None:
        self._events.close()

    def put(self, hook: Hook) -> None:
        self._note({"event": "webhook", "webhook": asdict(hook)})

    def end(self, id_: str) -> None:
        """Let somebody have deleted the webhook."""
        self.put(replace(self.hooks[id_], gone=True))

    def hook(self, id_: str, token: str) -> Hook:
        """Return the webhook, or what is wrong with its address as an ApiError."""
        hook = self.hooks.get(id_)
        if hook is None or hook.gone:
            raise unknown_webhook()
        if hook.token != token:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return hook

    def post(
        self,
        hook: Hook,
        payload: Mapping[str, Any],
        uploads: Sequence[Upload],
        thread: str | None,
        admit: Callable[[], None],
    ) -> dict[str, Any]:
        """Check and store a new message, if *admit* does not raise."""
        limits.check(payload, limits.POST)
        where = place(hook, payload, thread)
        id_ = self._new_id()
        warnings = _unknown(payload, limits.POST)
        listed = payload.get("attachments")
        attached = attach(listed, uploads, (), id_, warnings)
        record = self._record(id_, hook, payload, attached, warnings)
        admit()
        return self._store(record, attached, where, hook)

    def edit(
        self,
        hook: Hook,
        id_: str,
        payload: Mapping[str, Any],
        uploads: Sequence[Upload],
        thread: str | None,
    ) -> dict[str, Any]:
        """Check and store an edit: what it does not name stays, but its files."""
        old = self.find(hook, id_, thread)
        limits.check(payload, limits.EDIT)
        warnings = _unknown(payload, limits.EDIT)
        listed = payload.get("attachments")
        attached = attach(listed, uploads, old["files"], self._new_id(), warnings)
        allowed = {"allowed_mentions": payload.get("allowed_mentions")}
        whole = {**old["payload"], **payload, **allowed}
        record = self._record(id_, hook, whole, attached, warnings)
        record["edits"] = [
            *old["edits"],
            {"payload": dict(payload), "warnings": warnings},
        ]
        record["message"]["timestamp"] = old["message"]["timestamp"]
        record["message"]["edited_timestamp"] = datetime.now(UTC).isoformat()
        return self._store(record, attached, Place(old["thread_id"]), hook)

    def find(self, hook: Hook, id_: str, thread: str | None) -> dict[str, Any]:
        if thread and thread not in hook.threads:
            raise ApiError(404, 10003, "Unknown Channel")
        record = self.messages.get(id_)
        if record is None or record["deleted"] or record["webhook_id"] != hook.id:
            raise unknown_message()
        if record["thread_id"] and record["thread_id"] != thread:
            raise unknown_message()
        return record

    def delete(self, id_: str) -> None:
        self._note({"event": "delete", "id": id_})

    def file(self, record: Mapping[str, Any]) -> bytes:
        """Return the content of one of a message's ``files``."""
        path = self._directory / str(record["path"])
        return path.read_bytes()

    def _store(
        self, record: dict[str, Any], attached: Attached, where: Place, hook: Hook
    ) -> dict[str, Any]:
        if where.opens:
            thread = record["id"]
            self.put(replace(hook, threads=(*hook.threads, thread)))
            where = Place(thread)
        record["thread_id"] = where.thread
        record["message"]["channel_id"] = where.thread or hook.channel
        for file, content in attached.new:
            (self._directory / file["path"]).write_bytes(content)
        self._note({"event": "message", "record": record})
        return record

    def _record(
        self,
        id_: str,
        hook: Hook,
        payload: Mapping[str, Any],
        attached: Attached,
        warnings: list[str],
    ) -> dict[str, Any]:
        content = (payload.get("content") or "").strip()
        looks = look(payload.get("embeds") or (), attached.all, warnings)
        if not (content or looks.embeds or attached.all):
            raise ApiError(400, 50006, "Cannot send an empty message")
        if payload.get("allowed_mentions") is None:
            warnings.append("allowed_mentions-not-explicit")
        message = {
            "id": id_,
            "type": 0,
            "content": content,
            "embeds": looks.embeds,
            "attachments": [f for f in attached.all if f["id"] not in looks.embedded],
            "flags": (payload.get("flags") or 0) & (_EMBEDS_OFF | _SILENT),
            "timestamp": datetime.now(UTC).isoformat(),
            "edited_timestamp": None,
            "webhook_id": hook.id,
            "author": {"username": payload.get("username") or hook.name},
        }
        return {
            "id": id_,
            "webhook_id": hook.id,
            "payload": dict(payload),
            "message": message,
            "files": attached.all,
            "pings": pings(content, payload.get("allowed_mentions")),
            "warnings": warnings,
            "edits": [],
            "deleted": False,
        }

    def _new_id(self) -> str:
        self._last += 1
        return str(self._last)

    def _note(self, event: dict[str, Any]) -> None:
        with self.lock:
            self._events.write(json.dumps(event) + "\n")
            self._events.flush()
            self._apply(event)

    def _apply(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "webhook":
                hook = event["webhook"]
                self.hooks[hook["id"]] = Hook(
                    **{**hook, "threads": tuple(hook["threads"])}
                )
            case "message":
                record = event["record"]
                self.messages[record["id"]] = record
                self._last = max(self._last, int(record["id"])) + 1
            case _:
                self.messages[event["id"]]["deleted"] = True


def _unknown(payload: Mapping[str, Any], keys: Mapping[str, Any]) -> list[str]:
    return [f"unknown-key:{key}" for key in sorted(set(payload) - set(keys))]
