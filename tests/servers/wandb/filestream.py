"""What a running script streams: rows, summary, console lines and its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.servers.wandb.store import Run


def receive(run: Run, body: Mapping[str, Any]) -> dict[str, Any]:
    """Take in one request; a part that is sent again is not taken twice."""
    run.heartbeat_at = now()
    for name, part in (body.get("files") or {}).items():
        _part(run, name, part["offset"], part["content"])
    if body.get("complete"):
        run.exitcode = body.get("exitcode", 0)
        run.state = "failed" if run.exitcode else "finished"
    return {"exitcode": None, "limits": {}, "stopped": bool(run.stops)}


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _part(run: Run, name: str, offset: int, lines: list[str]) -> None:
    if name == "wandb-summary.json":
        run.summary = json.loads(lines[-1])
        return
    if name == "output.log":  # a line that moves, as a progress bar does, comes again
        run.console[len(run.console) :] = [""] * (offset - len(run.console))
        run.console[offset : offset + len(lines)] = lines
        return
    done = run.written.get(name, 0)
    fresh = lines[max(0, done - offset) :]
    run.written[name] = max(done, offset + len(lines))
    if name == "wandb-history.jsonl":
        run.rows += [json.loads(line) for line in fresh]
    elif name == "wandb-events.jsonl":
        run.event_rows += [json.loads(line) for line in fresh]
