"""What can go wrong between a sender and Discord, on demand."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.servers.discord.rates import too_many


@dataclass(frozen=True)
class Answer:
    """A whole answer; without *via* it came from the proxy before the API."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    via: bool = True

    @classmethod
    def json(
        cls, status: int, body: Any, headers: Any = (), *, via: bool = True
    ) -> Answer:
        told = tuple(dict(headers).items())
        return cls(status, json.dumps(body).encode(), headers=told, via=via)


@dataclass
class Fault:
    """One way to answer wrongly; `BEFORE` store nothing, `AFTER` have stored."""

    kind: str
    method: str = ""
    """Only requests of this method; any when empty."""
    hook: str = ""
    """Only requests to the webhook of this id; any when empty."""
    times: int | None = 1
    """How often it strikes; None is always."""
    skip: int = 0
    """How many requests it lets pass first."""
    seconds: float = 3600
    """How long it hangs, or says to wait."""
    odds: float = 1.0
    """How likely it strikes, by *dice*."""
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - a repeatable test, no secret

    @property
    def stalls(self) -> bool:
        """Whether it makes a client wait until that gives up."""
        return self.times != 0 and self.kind.startswith(("hang", "drip", "endless"))

    def __post_init__(self) -> None:
        if self.kind not in BEFORE | AFTER:
            raise ValueError(self.kind)

    def strikes(self, method: str, hook: str) -> bool:
        if self.times == 0 or (self.method and self.method != method):
            return False
        if self.hook and self.hook != hook:
            return False
        if self.odds < 1 and self.dice.random() >= self.odds:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


_PAGE = b"<!DOCTYPE html>\n<html><head><title>discord.com | %s</title></head></html>\n"
_CANNED = {
    "500_html": Answer(500, _PAGE % b"500: Internal Server Error", "text/html"),
    "500_json": Answer.json(500, {"message": "500: Internal Server Error", "code": 0}),
    "502_html": Answer(502, _PAGE % b"502: Bad gateway", "text/html", via=False),
    "502_empty": Answer(502, b"", "text/plain", via=False),
    "503_overloaded": Answer.json(
        503, {"message": "API resource is currently overloaded.", "code": 130000}
    ),
    "504_html": Answer(504, _PAGE % b"504: Gateway time-out", "text/html", via=False),
    "401_token": Answer.json(401, {"message": "Invalid Webhook Token", "code": 50027}),
    "403_access": Answer.json(403, {"message": "Missing Access", "code": 50001}),
    "403_agent": Answer.json(
        403, {"message": "internal network error", "code": 40333}, via=False
    ),
    "404_webhook": Answer.json(404, {"message": "Unknown Webhook", "code": 10015}),
    "404_message": Answer.json(404, {"message": "Unknown Message", "code": 10008}),
    "archived": Answer.json(
        400,
        {
            "message": "Tried to perform an operation on an archived thread",
            "code": 50083,
        },
    ),
    "404_html": Answer(404, _PAGE % b"404: Not Found", "text/html", via=False),
    "413": Answer.json(413, {"message": "Request entity too large", "code": 40005}),
    "400_link": Answer.json(
        400, {"message": "Message blocked by harmful links filter", "code": 240000}
    ),
    "400_html": Answer(400, _PAGE % b"400: Bad Request", "text/html", via=False),
    "301": Answer(301, b"", headers=(("Location", "https://example.com/"),)),
    "429_old_edit": Answer.json(
        429,
        {
            "message": "Maximum number of edits to messages older than 1 hour reached.",
            "code": 30046,
        },
        {"X-RateLimit-Scope": "user"},
    ),
    "429_edge_html": Answer(429, _PAGE % b"Error 1015", "text/html", via=False),
    "429_edge_text": Answer(429, b"error code: 1015", "text/plain", via=False),
    "429_edge_json": Answer.json(
        429, {"code": 0, "message": "You are being blocked."}, via=False
    ),
    "429_nonsense": Answer.json(429, {"retry_after": "soon", "global": 3}),
}
_INSTEAD = {
    "500_after": _CANNED["500_json"],
    "502_after": _CANNED["502_html"],
    "bad_json_after": Answer(200, b'{"id": "15'),
    "html_after": Answer(200, _PAGE % b"fine", "text/html"),
    "empty_after": Answer(200, b""),
    "no_id_after": Answer.json(200, ["no", "object"]),
}
_LIMITED = {"429_user": "user", "429_shared": "shared", "429_global": "global"}
BEFORE = {*_CANNED, *_LIMITED, "reset_before", "hang", "gone", "drip_headers"}
AFTER = {
    *_INSTEAD,
    "reset_after",
    "close_after",
    "hang_after",
    "truncated_after",
    "drip_after",
    "endless_after",
}


def before(fault: Fault) -> Answer | None:
    """Return the canned answer of *fault*, if that is all it is."""
    if scope := _LIMITED.get(fault.kind):
        error = too_many(fault.seconds, scope, {})
        return Answer.json(429, error.body, error.headers)
    return _CANNED.get(fault.kind)


def after(fault: Fault) -> Answer | None:
    """Return what is said instead of the good answer, if anything whole."""
    return _INSTEAD.get(fault.kind)


def drop(handler: BaseHTTPRequestHandler, *, reset: bool = False) -> None:
    """End the connection, politely or with a reset."""
    handler.close_connection = True
    if reset:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
    else:
        handler.connection.shutdown(socket.SHUT_RDWR)


def drip(
    handler: BaseHTTPRequestHandler, text: bytes, stopping: threading.Event
) -> None:
    """Send a byte now and then: every wait for the next one is a short one."""
    handler.close_connection = True
    for i in range(len(text)):
        handler.wfile.write(text[i : i + 1])
        if stopping.wait(0.05):
            return
