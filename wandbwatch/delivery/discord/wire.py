"""One request, with a deadline that no slow answer can extend.

The timeouts of requests are those of each socket operation: an answer that drips
a byte at a time outlives them all. Here a timer ends the connection itself.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

import wandbwatch
from wandbwatch.model.delivery import Ambiguous, NotSent

_AGENT = f"DiscordBot (wandbwatch, {wandbwatch.__version__})"
_READ = 256 << 10
"""The most bytes read of an answer: more than any message has."""
_UPLOAD = 256 << 10
"""The least upload rate, in bytes per second."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, between two packets, and in all."""

    connect: float = 10.0
    read: float = 20.0
    total: float = 30.0


TIMEOUTS = Timeouts()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    """None if the connection broke."""


@dataclass
class _Watch:
    """One connection, and the timer that ends it."""

    connected: bool = False
    late: bool = False
    _socket: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def opened(self, connection: HTTPConnection) -> None:
        with self._lock:
            if self.late:
                raise TimeoutError
            self.connected = True
            self._socket = connection.sock

    def end(self) -> None:
        with self._lock:
            self.late = True
            if self._socket:
                _shut(self._socket)


def exchange(
    method: str,
    url: str,
    timeouts: Timeouts,
    params: Mapping[str, str],
    **body: Any,
) -> Reply | NotSent | Ambiguous:
    """Send one request and return its answer, or why there is none.

    *body* is what requests takes: ``data``, ``files``.
    """
    watch = _Watch()
    size = sum(len(content) for _, content in body.get("files", {}).values())
    timer = threading.Timer(timeouts.total + size / _UPLOAD, watch.end)
    timer.daemon = True
    timer.start()
    try:
        with requests.Session() as session:
            session.mount("http://", _Adapter(watch))
            session.mount("https://", _Adapter(watch))
            session.auth = _no_auth
            with session.request(
                method,
                url,
                params=params,
                headers=_HEADERS | body.pop("headers", {}),
                timeout=(timeouts.connect, timeouts.read),
                allow_redirects=False,
                stream=True,
                **body,
            ) as response:
                if watch.late:  # it was cut in its headers
                    return Ambiguous(_late(timeouts))
                return Reply(response.status_code, response.headers, _read(response))
    except _BROKEN as e:
        if not watch.connected:
            return NotSent(_why(e, timeouts))
        return Ambiguous(_late(timeouts) if watch.late else _why(e, timeouts))
    finally:
        timer.cancel()


_HEADERS = {
    "User-Agent": _AGENT,
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",  # a kept connection may be cut just when it is used
}
_BROKEN = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


class _Adapter(HTTPAdapter):
    """Hands the connection to its timer."""

    def __init__(self, watch: _Watch) -> None:
        self._watch = watch
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind, watch = pool.ConnectionCls, self._watch

        def connect(connection: HTTPConnection) -> None:
            kind.connect(connection)
            watch.opened(connection)

        pool.ConnectionCls = type(kind.__name__, (kind,), {"connect": connect})
        return pool


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from reading ``~/.netrc``."""
    return request


def _read(response: requests.Response) -> bytes | None:
    try:
        return bytes(response.raw.read(_READ, decode_content=True))
    except _BROKEN:
        return None


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        # That of an SSL socket would wait for a good-bye.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _late(timeouts: Timeouts) -> str:
    return f"no complete answer in {timeouts.total:g} s"


def _why(error: BaseException, timeouts: Timeouts) -> str:
    """Word the cause: the exception's own text contains the URL with its token."""
    causes: list[BaseException] = []
    current: BaseException | None = error
    while current and current not in causes:
        causes.append(current)
        reason = getattr(current, "reason", None)
        inner = reason if isinstance(reason, BaseException) else None
        inner = inner or next(
            (a for a in current.args if isinstance(a, BaseException)), None
        )
        current = inner or current.__cause__ or current.__context__
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in causes):
            return words.format(p=timeouts)
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return type(causes[-1]).__name__


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name can't be resolved; check the network"),
    (urllib3.exceptions.SSLError, "invalid TLS certificate; check clock and network"),
    (urllib3.exceptions.ProxyError, "the proxy refused; check HTTPS_PROXY"),
    (ConnectionRefusedError, "connection refused"),
    (urllib3.exceptions.ConnectTimeoutError, "no connection in {p.connect:g} s"),
    (urllib3.exceptions.ReadTimeoutError, "no answer in {p.read:g} s"),
    (http.client.RemoteDisconnected, "connection closed without an answer"),
    (ConnectionResetError, "connection reset"),
)
