"""One ``wandb.Api`` for each server and key; every request has a time limit."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from copy import copy
from types import SimpleNamespace
from typing import Any, TypeVar

from wandbwatch.model.errors import (
    NetworkError,
    NoKeyError,
    NotAuthorisedError,
    RateLimitError,
    SourceError,
    TimeOutError,
    WandbwatchError,
)
from wandbwatch.model.ports import ListedProject, Viewer
from wandbwatch.sources.cloud import failures, projects, together, transport, wandb_core
from wandbwatch.sources.cloud.transport import (
    Budget,
    Connection,
    OverloadedError,
    SlowError,
    within,
)
from wandbwatch.sources.cloud.wandb_core import bound, prepared

T = TypeVar("T")
_E = TypeVar("_E", bound=Exception)

_OLDEST = (0, 28, 2)
_ORDERED = (0, 29)
"""The first package that takes a key from the environment before netrc, and from its
settings."""
_SOON = 5.0
"""Seconds that opening may take before we look why."""

_sessions: dict[tuple[str | None, ...], Session] = {}


def session(server: str | None) -> Session:
    """Return the session for *server*; a second Api would leak its connections."""
    told = ("WANDB_BASE_URL", "WANDB_API_KEY", "NETRC", "HOME")
    key = (server, *(os.environ.get(name) for name in told))
    return _sessions.setdefault(key, Session(server))


def forget() -> None:
    """Drop all sessions: the API keys that they found may be outdated."""
    _sessions.clear()


class Session:
    """Queries one server. The wandb package is imported at the first query."""

    def __init__(self, server: str | None, key: str | None = None) -> None:
        """Use *server*, or the configured one; with *key*, or the saved one."""
        self._wanted = server
        self._key = key
        self._connection: Connection | None = None
        self._limited: tuple[float, RateLimitError] | None = None
        """Until when the server asked not to be asked, monotonic, and how it did."""
        self._lock = threading.Lock()
        self.server = server or os.environ.get("WANDB_BASE_URL") or "W&B"
        self.configured = True
        """Whether it is the server that wandb is set up for."""

    def ask(self, work: Callable[[Connection], T], budget: Budget | None = None) -> T:
        """Return the result of *work*; every W&B failure becomes a SourceError."""
        self._heed_limit()
        budget = budget or Budget()
        seconds = budget.begin()
        given_up = threading.Event()
        meeting = together.current()

        def give_up() -> None:
            given_up.set()
            wandb_core.kill()
            self._connection = None

        connection = self._connection
        try:
            return within(
                max(seconds, 0.0),
                lambda: self._work(work, budget, given_up, meeting),
                give_up,
            )
        except TimeoutError as e:
            cause = connection.cause if connection else None
            found = cause or failures.too_slow(self.server, bound())
            raise self._ours(found) from e
        except RateLimitError as e:
            self._limited = (time.monotonic() + (e.seconds or 0.0), e)
            raise
        except SlowError as e:
            if budget.left > 1:
                raise self._ours(TimeOutError(str(e))) from e
            raise failures.too_slow(self.server, bound()) from e
        except OverloadedError as e:
            raise self._ours(NetworkError(str(e))) from e
        except Exception as e:
            if isinstance(e, WandbwatchError) or not failures.of_wandb(e):
                raise
            raise failures.explained(e, self.server) from e
        finally:
            budget.end()

    def _ours(self, error: _E) -> _E:
        """Return *error* as one of this server, for whoever reports its outages."""
        if isinstance(error, SourceError):
            error.server = self.server
        return error

    def _heed_limit(self) -> None:
        """Raise the server's rate-limit error until its wait is over."""
        if self._limited and time.monotonic() < self._limited[0]:
            raise self._limited[1]
        self._limited = None

    def _work(
        self,
        work: Callable[[Connection], T],
        budget: Budget,
        given_up: threading.Event,
        meeting: together.Ask | None,
    ) -> T:
        """Run it; run it again with a new wandb-core if the old one was killed."""
        try:
            return work(self._opened(budget, meeting))
        except Exception as e:
            if given_up.is_set() or not failures.sidecar_died(e):
                raise
        wandb_core.bury()
        self._connection = None
        return work(self._opened(budget, meeting))

    def _opened(self, budget: Budget, meeting: together.Ask | None) -> Connection:
        with self._lock:
            # Without a key, look again each time: one may have been saved since.
            if self._connection is None or not self._connection.has_account:
                with prepared():
                    self._connection = self._connected(budget)
            # Concurrent work has its own budget and remarks.
            at = copy(self._connection) if meeting else self._connection
            at.budget, at.cause, at.together = budget, None, meeting
            return at

    def _connected(self, budget: Budget) -> Connection:
        """Connect; without a key, only public data can be read."""
        key = os.environ.get("WANDB_API_KEY")
        if key and self._wanted is None and self._key is None:
            failures.check_length(key, "WANDB_API_KEY invalid: ", self.server)
        try:
            return Connection(self._open(budget), self.server)
        except NotAuthorisedError as e:
            if self._key is not None:
                raise
            return Connection(_anonymous(self.server), self.server, e)
        except Exception as e:
            told = failures.explained(e, self.server)
            if not failures.no_key_found(e):
                raise
            return Connection(_anonymous(self.server), self.server, told)

    def _open(self, budget: Budget) -> Any:
        import wandb  # noqa: PLC0415 (1.4 s, only when it is needed)

        _check_version(wandb.__version__)
        settings = wandb.setup().settings
        configured = settings.base_url
        wandb_core.kill_at_exit()
        base = os.environ.get("WANDB_BASE_URL") or configured
        wanted = self._wanted or base
        self.configured = wandb_core.same_deployment(wanted, base)
        wanted = base if self.configured else wandb_core.with_key(wanted)
        self.server = wanted.rstrip("/")
        key = self._key
        if key is None and not self.configured:
            # A key belongs to one server; one that a URL names gets its own or none.
            key = wandb_core.netrc_key(self.server)
            if key is None:
                raise NoKeyError(
                    f"no API key for {wanted};"
                    f" `wandbwatch login --server {wanted}` saves one"
                )
        known = key or wandb_core.known_key(self.server)
        if _numbers(wandb.__version__) < _ORDERED:
            key = known or settings.api_key
        return self._verified(
            lambda: wandb.Api(
                overrides={"base_url": self.server},
                timeout=int(bound()) + 5,  # our limit comes first, with a clear error
                api_key=key,
            ),
            known,
            budget,
        )

    def _verified(
        self, opened: Callable[[], Any], key: str | None, budget: Budget
    ) -> Any:
        """Connect; if that is slow, check whether the server rate-limits us.

        wandb-core silently sleeps as long as a 429 asks for.
        """
        opening: Future[Any] = Future()

        def run() -> None:
            try:
                opening.set_result(opened())
            except BaseException as e:  # noqa: BLE001 (it is raised where it is awaited)
                opening.set_exception(e)

        threading.Thread(target=run, daemon=True, name="wandbwatch-open").start()
        try:
            return opening.result(min(_SOON, max(budget.left, 0.0)))
        except FutureTimeoutError:
            if opening.done():
                return opening.result()
        if key and (left := budget.left) > 0:
            transport.probe(self.server, key, left)
        return opening.result(max(budget.left, 0.0) + 5)


def _anonymous(server: str) -> Any:
    """Return the replacement for ``wandb.Api`` if there is no key."""
    import wandb  # noqa: PLC0415 (it is imported already)

    settings = wandb.setup().settings.model_copy()
    settings.base_url = server
    return SimpleNamespace(
        api_key=None,
        default_entity=None,
        settings={"entity": settings.entity, "project": settings.project},
        _service_api=SimpleNamespace(app_url=f"{settings.app_url.rstrip('/')}/"),
    )


def _check_version(version: str) -> None:
    """Raise SourceError for a wandb version that lacks the API we need."""
    if _numbers(version) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise SourceError(
            f"wandb {version} is too old: wandbwatch needs {oldest} or newer;"
            " `pip install --upgrade wandb` updates it"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version)[:3])


class CloudAccount:
    """Logs in and finds users and projects with the wandb package, as its CLI does."""

    def login(self, key: str, server: str | None) -> Viewer:
        """Verify *key*, and save it in the netrc file for *server*.

        A *server* is remembered in wandb's settings too, as ``wandb login --host``
        does. Raises NotAuthorisedError for a bad key, which is not saved.
        """
        key = key.strip()
        if not key:
            raise NotAuthorisedError("no API key given; nothing changed")
        opening = Session(server, key)
        viewer = opening.ask(lambda at: _viewer(at.own, opening.server))
        opening.ask(lambda _: _save(key, server))
        forget()
        wandb_core.kill()  # also clears the key that wandb caches in this process
        if wandb_core.netrc_key(viewer.server) != key:
            path = wandb_core.netrc_path()
            raise SourceError(f"could not save the API key in {path}; is it writable?")
        return _with_key_from(viewer, str(wandb_core.netrc_path()))

    def whoami(self, server: str | None) -> Viewer:
        opened = session(server)
        viewer = opened.ask(lambda at: _viewer(at.own, opened.server))
        foreign = not opened.configured
        place = str(wandb_core.netrc_path()) if foreign else None
        return _with_key_from(viewer, place or wandb_core.key_from(viewer.server))

    def projects(
        self, entity: str, server: str | None, *, learn: bool = False
    ) -> tuple[ListedProject, ...]:
        def find(at: Connection) -> tuple[ListedProject, ...]:
            names = (entity,) if entity else projects.entities(at)
            return projects.projects(at, names, learn=learn)

        return session(server).ask(find)


def viewer(at: Connection) -> Viewer | None:
    """Return the user whose key is used for *at*; None without a key."""
    if not at.has_account:
        return None
    return _with_key_from(_viewer(at.api, at.server), wandb_core.key_from(at.server))


def _viewer(api: Any, server: str) -> Viewer:
    viewer = api.viewer
    return Viewer(
        server=server,
        user=viewer.username or "",
        entity=viewer.entity or "",
        teams=tuple(viewer.teams),
        key_from="",
    )


def _with_key_from(viewer: Viewer, place: str) -> Viewer:
    return Viewer(viewer.server, viewer.user, viewer.entity, viewer.teams, place)


def _save(key: str, server: str | None) -> None:
    import wandb  # noqa: PLC0415 (imported when it is needed)

    with prepared():
        wandb.login(key=key, host=server, verify=False, relogin=True)
