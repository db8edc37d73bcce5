"""What can go wrong between a program and W&B, on demand."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal, TypeAlias, assert_never

Kind: TypeAlias = Literal[
    "latency",
    "status",
    "reset",
    "hang",
    "drip",
    "malformed",
    "empty",
    "graphql_error",
    "null_project",
    "null_run",
    "repeat",
    "null_edges",
    "poison",
    "partial",
    "lacks",
]


@dataclass
class Fault:
    """One way to answer wrongly, for the requests whose operation matches."""

    kind: Kind
    operation: str = ""
    """A regular expression that the GraphQL operation's name has to contain."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "injected"
    seconds: float = 3600
    """How long it hangs, drips or is late."""
    times: int | None = None
    """How often it strikes; None is always."""
    run: str = ""
    """The run that ``poison`` and ``partial`` are about."""
    per_run: float = 0.0
    """Seconds that ``latency`` takes for each run of the answer."""
    name: str = ""
    """The field that the server ``lacks``, or of the run that ``partial`` leaves out;
    without it ``partial`` leaves out the run."""
    hits: int = 0

    def strikes(self, operation: str) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if not re.search(self.operation, operation):
            return False
        self.hits += 1
        return True


def strike(
    fault: Fault, handler: BaseHTTPRequestHandler, stopping: threading.Event
) -> bool:
    """Play *fault*; return whether the request is answered by it."""
    match fault.kind:
        case "latency":
            stopping.wait(0 if fault.per_run else fault.seconds)
            return False
        case (
            "null_project"
            | "null_run"
            | "repeat"
            | "null_edges"
            | "poison"
            | "partial"
            | "lacks"
        ):
            return False
        case "status":
            _reply(handler, fault.status, _errors(fault.message), fault.headers)
        case "reset":
            _drop(handler, reset=True)
        case "hang":
            stopping.wait(fault.seconds)
            _drop(handler, reset=False)
        case "drip":
            _drip(handler, fault.seconds, stopping)
        case "malformed":
            _reply(handler, fault.status, b'{"data": {"project": {"runs": [')
        case "empty":
            _reply(handler, fault.status, b"")
        case "graphql_error":
            _reply(handler, fault.status, _errors(fault.message))
        case _:
            assert_never(fault.kind)
    return True


def changed(
    fault: Fault,
    answer: dict[str, Any],
    document: str,
    before: list[Any],
    stopping: threading.Event,
) -> int:
    """Change the true *answer* as *fault* says; return the HTTP status.

    *before* has the edges of the page before, for ``repeat``.
    """
    edges = page(answer)
    match fault.kind:
        case "latency" if fault.per_run:
            stopping.wait(fault.per_run * len(edges))
        case "repeat":
            edges[:0] = before[-1:]
        case "null_edges":
            edges.insert(0, {"node": None})
        case "poison" if any(_named(node, fault.run) for node in _nodes(answer)):
            _fail(answer, fault)
            return fault.status if fault.status != 200 else 500
        case "partial":
            _leave_out(answer, edges, fault)
        case "lacks" if re.search(rf"\b{fault.name}\b", document):
            said = f'Cannot query field "{fault.name}" on type "Run".'
            answer.clear()
            answer["errors"] = [{"message": said}]
            return 400
    return 200


def page(answer: Mapping[str, Any]) -> list[Any]:
    project = (answer.get("data") or {}).get("project") or {}
    listed = project.get("runs")
    found: list[Any] = listed.get("edges") or [] if isinstance(listed, dict) else []
    return found


def _nodes(answer: Mapping[str, Any]) -> list[Any]:
    project = (answer.get("data") or {}).get("project") or {}
    single = [run for run in project.values() if isinstance(run, dict)]
    return [edge["node"] for edge in page(answer)] + single


def _named(node: Any, name: str) -> bool:
    return isinstance(node, dict) and node.get("name") == name


def _fail(answer: dict[str, Any], fault: Fault) -> None:
    answer.clear()
    answer["errors"] = [{"message": fault.message}]


def _leave_out(answer: dict[str, Any], edges: list[Any], fault: Fault) -> None:
    project = (answer.get("data") or {}).get("project") or {}
    places: list[tuple[Any, Any, list[Any]]] = [
        (edge, "node", ["project", "runs", "edges", number, "node"])
        for number, edge in enumerate(edges)
    ]
    for holder, key, path in [*places, (project, "run", ["project", "run"])]:
        run = holder.get(key)
        # A document about one run need not request its name.
        if not isinstance(run, dict) or run.get("name", fault.run) != fault.run:
            continue
        if fault.name:
            run[fault.name] = None
        else:
            holder[key] = None
        where = [*path, fault.name] if fault.name else path
        errors = answer.setdefault("errors", [])
        errors.append({"message": fault.message, "path": where})


def _errors(message: str) -> bytes:
    return json.dumps({"errors": [{"message": message}], "data": None}).encode()


def _reply(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, text in (headers or {}).items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(body)


def _drip(
    handler: BaseHTTPRequestHandler, seconds: float, stopping: threading.Event
) -> None:
    """Send a byte now and then: every wait for the next one is a short one."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(int(seconds / 0.1)):
        if stopping.wait(0.1):
            break
        handler.wfile.write(b" ")
    _drop(handler, reset=False)


def _drop(handler: BaseHTTPRequestHandler, *, reset: bool) -> None:
    handler.close_connection = True
    if reset:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.shutdown(socket.SHUT_RD)
