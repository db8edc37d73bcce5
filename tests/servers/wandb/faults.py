"""What can go wrong between a program and W&B, on demand."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Literal, TypeAlias, assert_never

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
            stopping.wait(fault.seconds)
            return False
        case "null_project" | "null_run":
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


def _errors(message: str) -> bytes:
    return b'{"errors": [{"message": "%s"}], "data": null}' % message.encode()


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
