"""The HTTP side: a port, a log of all requests, and the faults."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.servers.discord import api, faults
from tests.servers.discord.board import Board, Hook
from tests.servers.discord.faults import Answer, Fault
from tests.servers.discord.rates import Limits, Rates


@dataclass(frozen=True)
class Request:
    """One request as it was answered; its status is 0 where no answer was."""

    method: str
    path: str
    """With the token hidden."""
    status: int
    agent: str
    fault: str = ""


class DiscordServer:
    """Listens on a port of this machine from `start` to `stop`."""

    def __init__(
        self,
        directory: Path,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        port: int = 0,
    ) -> None:
        self.board = Board(directory)
        self.rates = Rates(limits, clock)
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self.port: int = self._http.server_address[1]

    def url(self, hook: Hook) -> str:
        """Add *hook* and return its address as a user would copy it."""
        with self.board.lock:
            self.board.put(hook)
        where = f"http://127.0.0.1:{self.port}"
        return f"{where}/api/webhooks/{hook.id}/{hook.token}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The records of what stands, in order."""
        with self.board.lock:
            return [m for m in self.board.messages.values() if not m["deleted"]]

    @property
    def texts(self) -> list[str]:
        return [m["message"]["content"] for m in self.messages]

    @property
    def statuses(self) -> list[int]:
        return [request.status for request in self.requests]

    @property
    def warnings(self) -> list[str]:
        """Everything in any message or edit that a good sender would not do."""
        every: list[dict[str, Any]] = [*self.board.messages.values()]
        every += [edit for m in every for edit in m["edits"]]
        return [warning for m in every for warning in m["warnings"]]

    def start(self) -> DiscordServer:
        serve = self._http.serve_forever
        poll = {"poll_interval": 0.02}
        threading.Thread(target=serve, kwargs=poll, daemon=True).start()
        return self

    def stop(self) -> None:
        """End; what is kept can be served again from the same directory and port."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self.board.close()

    def fault(self, method: str, hook: str) -> Fault | None:
        with self.board.lock:
            for fault in self.faults:
                if fault.strikes(method, hook):
                    return fault
        return None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    owner: DiscordServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections that break are what we are here for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http
    _kind = ""
    """Of the fault that strikes."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        fault = self.server.owner.fault(self.command, api.hook_id(self.path))
        self._kind = fault.kind if fault else ""
        with contextlib.suppress(OSError):
            if fault is None or fault.kind in faults.AFTER or fault.kind == "gone":
                self._good(fault)
            else:
                self._break(fault)

    def _note(self, status: int = 0) -> None:
        """Log the request, before whoever made it can see its end."""
        path = re.sub(r"(/webhooks/[^/]+/)[^/?]+", r"\1…", self.path)
        agent = self.headers.get("User-Agent", "")
        request = Request(self.command, path, status, agent, self._kind)
        self.server.owner.requests.append(request)

    def _good(self, fault: Fault | None) -> None:
        owner = self.server.owner
        asked = api.Asked(self.command, self.path, self.headers, self._body())  # type: ignore[arg-type] # Message maps names to texts
        with owner.board.lock:
            if fault and fault.kind == "gone":
                owner.board.end(api.hook_id(self.path))
            answer = api.answer(owner.board, owner.rates, asked)
        if fault and fault.kind in faults.AFTER:
            self._lose(fault, answer)
        else:
            self._reply(answer)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _break(self, fault: Fault) -> None:
        """Play a fault that stores nothing."""
        self._body()
        canned = faults.before(fault)
        if canned is None:
            self._note()
        if fault.kind == "reset_before":
            faults.drop(self, reset=True)
        elif fault.kind == "hang":
            self.server.owner.stopping.wait(fault.seconds)
            faults.drop(self)
        elif fault.kind == "drip_headers":
            head = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 10_000
            faults.drip(self, head, self.server.owner.stopping)
        elif canned:
            self._reply(canned)

    def _lose(self, fault: Fault, answer: Answer) -> None:
        """Play a fault of the answer to what was stored."""
        stopping = self.server.owner.stopping
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
        if canned := faults.after(fault):
            self._reply(canned)
            return
        self._note()
        match fault.kind:
            case "reset_after":
                faults.drop(self, reset=True)
            case "close_after":
                faults.drop(self)
            case "hang_after":
                stopping.wait(fault.seconds)
                faults.drop(self)
            case "truncated_after":
                half = answer.body[: len(answer.body) // 2]
                self.wfile.write(head % len(answer.body) + half)
                faults.drop(self)
            case "drip_after":
                whole = answer.body + b" " * 100_000
                self.wfile.write(head % len(whole))
                faults.drip(self, whole, stopping)
            case _:  # endless_after
                self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                while not stopping.is_set():
                    self.wfile.write(b" " * 65536)

    def _reply(self, answer: Answer) -> None:
        self._note(answer.status)
        self.send_response(answer.status)
        if answer.via:
            self.send_header("Via", "1.1 google")
        for name, text in answer.headers:
            self.send_header(name, text)
        if answer.status != 204:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
