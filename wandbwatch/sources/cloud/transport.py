"""Run blocking work with a time limit."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Never, TypeVar

from wandbwatch.model.errors import (
    NetworkError,
    RateLimitError,
    SourceError,
    TimeOutError,
)
from wandbwatch.sources.cloud import failures
from wandbwatch.sources.cloud.wandb_core import bound

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], give_up: Callable[[], object]) -> T:
    """Return what *work* returns; raise TimeoutError when it takes too long.

    It runs in its own thread, which is not joined at exit. *give_up* is called when
    the caller stops waiting, also after Ctrl-C.
    """
    done: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()

    def run() -> None:
        try:
            result = work()
        except BaseException as e:  # noqa: BLE001 (it is raised again, in the waiting thread)
            error = e
            done.put(lambda: _raise(error))
        else:
            done.put(lambda: result)

    threading.Thread(target=run, daemon=True, name="wandbwatch-cloud").start()
    try:
        outcome = done.get(timeout=seconds)
    except queue.Empty:
        give_up()
        raise TimeoutError from None
    except BaseException:
        give_up()
        raise
    return outcome()


def _raise(error: BaseException) -> Never:
    raise error


_PATIENT = 5.0
"""Seconds that a rate limit may make us wait; a longer one is reported at once."""
_CLOSE = 2.0
"""Seconds between two questions of one command at most, if they share a budget."""
_MARGIN = 0.2


class NoGraphqlError(Exception):
    """This wandb version lacks the API for the request."""


class UnknownFieldError(NetworkError):
    """The server's schema lacks a field that our document uses."""


class OverloadedError(NetworkError):
    """The server failed on a request (5xx); it may answer a smaller one."""


class SlowError(TimeOutError):
    """The server did not answer within the attempt's time limit."""


@dataclass(frozen=True)
class GraphqlAnswer:
    data: Any
    app: str
    """Base URL of the server's web pages."""
    errors: tuple[str, ...] = ()
    """What the server could not read of what is in *data*."""


class Budget:
    """The time budget of one command: WANDBWATCH_TIMEOUT for all of its requests."""

    def __init__(self) -> None:
        self._until = self._asked = self._bound = 0.0

    def begin(self) -> float:
        """Return the seconds left; after a pause the full budget is available again."""
        now = time.monotonic()
        if now - self._asked > _CLOSE or bound() != self._bound:
            self._bound = bound()
            self._until = now + self._bound
        return self.left

    def end(self) -> None:
        self._asked = time.monotonic()

    @property
    def left(self) -> float:
        return self._until - time.monotonic()


class Connection:
    """A connection to one server with one account; ``api`` is the package's client.

    *anonymous* is the error for a missing account, raised for data that is not public.
    """

    def __init__(
        self, api: Any, server: str, anonymous: SourceError | None = None
    ) -> None:
        self.api = api
        self.server = server
        self._anonymous = anonymous
        self.budget = Budget()
        self.cause: Exception | None = None
        """The last failure, while there is time to try again."""
        self.notes: list[str] = []
        """Remarks for the reader of the answers."""
        self.learned: dict[str, list[Mapping[str, Any]] | None] = {}
        """The keys that runs of a project logged, for the next question."""
        self.unknown: set[str] = set()
        """The queries that this server does not understand as one document."""
        self.totals: dict[str, int] = {}
        """How many runs the last listing of each project found."""
        self.steps: dict[tuple[str, str], int] = {}
        """The last step of each run that was read, by project and run."""
        self.ends: dict[tuple[str, tuple[str, ...]], Mapping[str, Sequence[int]]] = {}
        """Where to ask for the ends of the histories next time: by project and specs,
        the first step for each spec of each run."""
        self.page = 1000
        """The most runs that the server has been able to answer in one request."""
        self.recorded: Callable[[Mapping[str, Any]], None] | None = None
        """Takes each exchange with the server, for a transcript."""
        self.skew: float | None = None
        """Seconds that this machine's clock is ahead of the server's."""
        self.together: Callable[[Any, str, Mapping[str, Any]], Any] | None = None
        """Merges requests into one document with others; None means: send it alone."""
        self._plain = True

    @property
    def has_account(self) -> bool:
        return self._anonymous is None

    @property
    def own(self) -> Any:
        """The package's client, for requests that need an account."""
        if self._anonymous:
            raise self._anonymous
        return self.api

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def execute(
        self,
        document: str,
        variables: Mapping[str, Any],
        share: float = 1.0,
        retries: int | None = None,
        *,
        alone: bool = False,
    ) -> GraphqlAnswer:
        """Return the answer to *document*; one attempt may take *share* of the time
        left. Raises SourceError."""
        if self.together and not alone:
            found: GraphqlAnswer | None = self.together(self, document, variables)
            if found is not None:
                return found
        service = getattr(self.api, "_service_api", None)
        app = getattr(service, "app_url", None)
        if not isinstance(app, str):
            raise NoGraphqlError
        if self._plain and (self.api.api_key or self._anonymous):
            done = self._tried(lambda: self._post(document, variables, share), retries)
            if self._anonymous and not (done or {}).get("data", {}).get("project"):
                raise self._anonymous
            if done is not None:
                return GraphqlAnswer(done.get("data"), app, _messages(done))
        ask = getattr(service, "execute_graphql", None)
        if ask is None:
            raise NoGraphqlError
        try:
            return GraphqlAnswer(ask(document, dict(variables)), app)
        except Exception as e:
            if failures.unknown_field(e):
                raise UnknownFieldError(str(e)) from e
            raise

    def _tried(
        self, post: Callable[[], dict[str, Any] | None], retries: int | None
    ) -> Any:
        """Retry transient failures, but not time-outs, as that would add load."""
        if retries is None:
            retries = int(_setting("WANDB_X_GRAPHQL_RETRY_MAX", 2))
        for attempt in range(retries + 1):
            try:
                return post()
            except RateLimitError as e:
                self.cause, pause = e, e.seconds if e.seconds is not None else 1.0
                if pause > _PATIENT:
                    raise
            except (SlowError, UnknownFieldError):
                raise
            except NetworkError as e:
                if getattr(e, "final", False):
                    raise
                self.cause, pause = e, 0.5 * 2**attempt
            if attempt == retries or pause > self.budget.left - _MARGIN:
                raise self.cause
            time.sleep(pause)
        raise AssertionError

    def _post(
        self, document: str, variables: Mapping[str, Any], share: float
    ) -> dict[str, Any] | None:
        """POST once; None if only wandb-core can send it."""
        import requests  # noqa: PLC0415 (it takes long to import)

        seconds = max(_MARGIN, (self.budget.left - _MARGIN) * share)
        for name in ("WANDB_X_GRAPHQL_TIMEOUT_SECONDS", "WANDB_HTTP_TIMEOUT"):
            seconds = min(seconds, _setting(name, seconds))
        body = json.dumps({"query": document, "variables": dict(variables)})
        try:
            answer = within(seconds, lambda: self._sent(body, seconds), lambda: None)
        except (TimeoutError, requests.Timeout) as e:
            waited = f"{round(seconds, 1):g} s"
            told = f"{self.server} did not answer in time ({waited}); try again"
            slow = SlowError(told)
            self.cause = slow
            raise slow from e
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError):
            self._plain = False
            return None
        except requests.RequestException as e:
            raise failures.explained(e, self.server) from e
        self.skew = _skew(answer.headers, self.skew)
        if self.recorded:
            self.recorded(
                {
                    "request": {"query": document, "variables": dict(variables)},
                    "status": answer.status_code,
                    "headers": dict(answer.headers),
                    "seconds": round(answer.elapsed.total_seconds(), 3),
                    "answer": answer.text,
                }
            )
        return self._read(answer.status_code, answer.headers, answer.content)

    def _sent(self, body: str, seconds: float) -> Any:
        import requests  # noqa: PLC0415 (it takes long to import)
        import wandb  # noqa: PLC0415 (it is imported already)

        settings = wandb.setup().settings
        agent = f"W&B Public Client {wandb.__version__}"
        proxies = {"http": settings.http_proxy, "https": settings.https_proxy}
        return requests.post(
            f"{self.server}/graphql",
            data=body.encode(),
            auth=("api", self.api.api_key) if self.api.api_key else None,
            headers={
                "Content-Type": "application/json",
                "Use-Admin-Privileges": "true",
                "User-Agent": agent,
                **(settings.x_extra_http_headers or {}),
            },
            proxies={kind: url for kind, url in proxies.items() if url},
            timeout=seconds,
            allow_redirects=False,
        )

    def _read(
        self, status: int, headers: Mapping[str, str], content: bytes
    ) -> dict[str, Any]:
        done = _parsed(content)
        said = _messages(done) or (content.decode(errors="replace").strip(),)
        if any(sign in text for text in said for sign in failures.UNKNOWN_FIELD):
            raise UnknownFieldError(f"{self.server} is too old to answer this question")
        if status == 429:  # noqa: PLR2004
            raise failures.slow_down(self.server, said[0], retry_after(headers))
        if status >= 500:  # noqa: PLR2004
            refused = failures.refused(status, self.server, said[0])
            raise OverloadedError(str(refused))
        if self._anonymous and status in (401, 403):
            raise self._anonymous
        if status != 200:  # noqa: PLR2004
            error = failures.refused(status, self.server, said[0])
            error.final = True  # type: ignore[attr-defined]
            raise error
        if not isinstance(done, dict):
            raise failures.no_wandb(self.server)
        data = done.get("data")
        if done.get("errors") and not any(_values(data)):
            raise self._said(said[0])
        return done

    def _said(self, told: str) -> Exception:
        """Read the error in a 200 answer without data."""
        if any(sign in told for sign in failures.SLOW):
            return OverloadedError(f"{self.server} failed: {failures.plain(told)}")
        error = failures.said(self.server, told)
        error.final = True  # type: ignore[attr-defined]
        return error


def probe(server: str, key: str, seconds: float) -> None:
    """Raise RateLimitError if *server* asks us to slow down."""
    import requests  # noqa: PLC0415 (it takes long to import)

    body = {"query": "query Viewer { viewer { id } }", "variables": {}}
    try:
        answer = requests.post(
            f"{server}/graphql", json=body, auth=("api", key), timeout=seconds
        )
    except requests.RequestException:
        return
    if answer.status_code == 429:  # noqa: PLR2004
        said = (*_messages(_parsed(answer.content)), answer.text.strip())[0]
        raise failures.slow_down(server, said, retry_after(answer.headers))


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _values(data: Any) -> list[Any]:
    return list(data.values()) if isinstance(data, Mapping) else []


def _messages(done: Any) -> tuple[str, ...]:
    errors = done.get("errors") if isinstance(done, Mapping) else None
    return tuple(
        str(error.get("message") if isinstance(error, Mapping) else error)
        for error in (errors if isinstance(errors, list) else ())
    )


def _skew(headers: Mapping[str, str], known: float | None) -> float | None:
    try:
        told = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return known
    return time.time() - told


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait after a 429, from a number or a date."""
    for name in ("Retry-After", "RateLimit-Reset"):
        given = headers.get(name)
        if given is None:
            continue
        try:
            return max(0.0, float(given))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
        except (TypeError, ValueError):
            continue
    return None


def _setting(name: str, default: float) -> float:
    try:
        return float(os.environ[name])
    except (KeyError, ValueError):
        return default
