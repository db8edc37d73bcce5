"""The HTTP side: keys, counting, faults, GraphQL, streams and uploaded files."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from graphql import OperationDefinitionNode

from tests.servers.wandb import faults, filestream, root
from tests.servers.wandb.answers import Asker
from tests.servers.wandb.store import NOBODY, Store, User

_LOGIN = {"Viewer", "GetDefaultEntity", "ServerFeaturesQuery"}


class WandbServer:
    """Listens on a free port of this machine from `start` to `stop`."""

    def __init__(self) -> None:
        self.store = Store()
        self.faults: list[faults.Fault] = []
        self.counts: Counter[str] = Counter()
        """GraphQL requests by the name of their operation."""
        self.sent: Counter[str] = Counter()
        """Bytes of the answers, by the name of their operation."""
        self.last_page: list[Any] = []
        """The edges of the last page of runs."""
        self.stopping = threading.Event()
        self.news = threading.Condition()
        """Notified of every request."""
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def data_requests(self) -> int:
        """How many requests there were beside those that every program makes."""
        return sum(n for name, n in self.counts.items() if name not in _LOGIN)

    def asked(self, operation: str, seconds: float) -> bool:
        """Wait until *operation* was asked for; False if it was not in time."""
        with self.news:
            return self.news.wait_for(lambda: self.counts[operation] > 0, seconds)

    def start(self) -> WandbServer:
        threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def reset(self) -> None:
        """Forget all runs, faults and counts; end what still hangs."""
        self.stopping.set()
        self.stopping = threading.Event()
        self.store.clear()
        self.faults.clear()
        self.counts.clear()
        self.sent.clear()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    owner: WandbServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections that break are what we are here for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    _operation = ""
    server: _Http

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path.startswith("/storage/"):  # what a signed URL serves: no key
            self._store(body)
        elif (user := self._user() or self._nobody()) is None:
            errors = [{"message": "user is not logged in", "path": ["viewer"]}]
            self._reply(401, {"errors": errors, "data": {"viewer": None}})
        elif self.path == "/graphql":
            self._graphql(json.loads(body), user)
        elif self.path.endswith("/file_stream"):
            self._stream(body)
        else:
            self._reply(404, {"error": "not found"})

    def _nobody(self) -> User | None:
        """Without a key what is public is read, if there is anything."""
        projects = self.server.owner.store.projects.values()
        given = self.headers.get("Authorization")
        public = any(project.public for project in projects)
        return User(NOBODY, "", ()) if public and not given else None

    def _user(self) -> User | None:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        key = base64.b64decode(value).decode().partition(":")[2]
        return self.server.owner.store.user(key)

    def _graphql(self, request: dict[str, Any], user: User) -> None:
        owner = self.server.owner
        document, complaints = root.complaints(request["query"])
        self._operation = operation = "?"
        if document is not None:
            first = document.definitions[0]
            if isinstance(first, OperationDefinitionNode) and first.name:
                self._operation = operation = first.name.value
        with owner.news:
            owner.counts[operation] += 1
            owner.news.notify_all()
        hidden, changes = "", []
        for fault in [f for f in owner.faults if f.strikes(operation)]:
            if faults.strike(fault, self, owner.stopping):
                return
            if fault.kind.startswith("null_") and fault.kind != "null_edges":
                hidden = fault.kind
            else:
                changes.append(fault)
        if document is None or complaints:
            self._reply(400, {"errors": [{"message": e.message} for e in complaints]})
            return
        asker = Asker(user, owner.url, owner.store.shelf, hidden)
        done = root.answer(owner.store, document, request.get("variables") or {}, asker)
        given: dict[str, Any] = dict(done.formatted)
        before = (
            owner.last_page if (request.get("variables") or {}).get("after") else []
        )
        page = list(faults.page(given))
        status = 200
        for fault in changes:
            told = faults.changed(
                fault, given, request["query"], before, owner.stopping
            )
            status = max(status, told)
        owner.last_page = page or owner.last_page
        self._reply(status, given)

    def _stream(self, body: bytes) -> None:
        store = self.server.owner.store
        run = store.run("/".join(self.path.split("/")[2:5]))
        if run is None:
            self._reply(404, {"error": "run not found"})
            return
        with store.lock:
            self._reply(200, filestream.receive(run, json.loads(body)))

    def _store(self, body: bytes) -> None:
        """Take in an uploaded file, or serve one."""
        store = self.server.owner.store
        path = unquote(self.path.partition("?")[0]).removeprefix("/storage/")
        owner, _, rest = path.partition("/")
        if owner in ("artifacts", "manifests"):
            if owner == "artifacts":
                store.shelf.stored(rest, len(body))
            self._reply(200, {})
            return
        entity, project, name, file = path.split("/", 3)
        run = store.run(f"{entity}/{project}/{name}")
        if self.command == "GET":
            self._give(run.files.get(file) if run else None)
            return
        if run is not None:
            run.files[file] = body
        self._reply(200 if run else 404, {})

    def _give(self, content: bytes | None) -> None:
        owner = self.server.owner
        for fault in [f for f in owner.faults if f.strikes("download")]:
            if faults.strike(fault, self, owner.stopping):
                return
        owner.counts["download"] += 1
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def _reply(self, status: int, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.server.owner.sent[self._operation] += len(data)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
