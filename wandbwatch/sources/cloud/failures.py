"""Describe a failure between us and a W&B server in one line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from wandbwatch.formatting.text import cut_end
from wandbwatch.model.errors import (
    NetworkError,
    NoKeyError,
    NoProjectError,
    NotAuthorisedError,
    NotFoundError,
    RateLimitError,
    SourceError,
    TimeOutError,
)
from wandbwatch.sources.cloud import wandb_core
from wandbwatch.sources.cloud.query import Project

_LONGEST = 200
_LEAST = 40
"""Characters of an API key."""
_NO_KEY = ("No API key configured", "No authentication configured")
SLOW = ("Client.Timeout", "context deadline exceeded", "did not respond in time")
_MALFORMED = ("EOF", "invalid character", "cannot unmarshal", "Expecting value")
_BROKEN = "the connection to {server} broke; try again"

_SIGNS = (
    ("valid URL", "{server} is not a URL; is WANDB_BASE_URL right?"),
    ("Connection refused", "nothing listens at {server}; is WANDB_BASE_URL right?"),
    ("connection refused", "nothing listens at {server}; is WANDB_BASE_URL right?"),
    ("Failed to resolve", "no host of the name in {server}; is WANDB_BASE_URL right?"),
    ("no such host", "no host of the name in {server}; is WANDB_BASE_URL right?"),
    ("server misbehaving", "no answer from the name server for {server}; try again"),
    ("network is unreachable", "no network to {server}; are you online?"),
    ("no route to host", "no network to {server}; are you online?"),
    ("i/o timeout", "no connection to {server}; are you online?"),
    ("certificate", "the certificate of {server} is not trusted"),
    ("tls:", "no secure connection to {server}"),
    ("HTTP response to HTTPS", "{server} speaks plain HTTP; is WANDB_BASE_URL right?"),
    ("connection reset", _BROKEN),
    ("Connection reset", _BROKEN),
    ("Connection aborted", _BROKEN),
    ("Connection broken", _BROKEN),
    ("broken pipe", _BROKEN),
    ('": EOF', _BROKEN),
    ("service process is not running", "wandb's own service process died; try again"),
)


def explained(error: BaseException, server: str) -> SourceError:
    """Return the error to show for *error*, raised by a request to *server*."""
    found = _explained(error, server)
    if isinstance(found, NetworkError | TimeOutError | NotAuthorisedError):
        found.server = server
    return found


def _explained(error: BaseException, server: str) -> SourceError:
    *_, first = _chain(error)
    told = str(first)
    if any(sign in told for sign in _NO_KEY):
        return NoKeyError(f"no API key for {server}; `wandbwatch login` saves one")
    if status := _status(first, told):
        return refused(status, server, told.rpartition(f"HTTP {status}:")[2])
    if any(sign in told for sign in SLOW):
        return TimeOutError(f"{server} did not answer in time; try again")
    for sign, sentence in _SIGNS:
        if sign in told:
            return NetworkError(sentence.format(server=server))
    return said(server, told)


def said(server: str, told: str) -> SourceError:
    if any(sign in told for sign in UNKNOWN_FIELD):
        return NetworkError(f"{server} is too old to answer this question")
    if any(sign in told for sign in _MALFORMED):
        return no_wandb(server)
    if "API key" in told:
        return NotAuthorisedError(f"{plain(told).rstrip('.')}; {_another_key(server)}")
    return NetworkError(f"{server} says: {plain(told.removeprefix('input:'))}")


def no_wandb(server: str) -> NetworkError:
    found = NetworkError(
        f"{server} did not answer like a W&B server; is the URL right?"
    )
    found.server = server
    return found


def slow_down(server: str, text: str, seconds: float | None) -> RateLimitError:
    """Describe how long a 429 asks us to wait."""
    text = f"(429: {plain(text)})" if text else "(429)"
    if seconds is None:
        what = f"{server} asks us to slow down {text}; try again in a minute"
    else:
        span = f"{math.ceil(seconds)} s"
        what = f"{server} asks us to slow down, for {span} {text}; try again then"
    found = RateLimitError(what, seconds)
    found.server = server
    return found


def check_length(key: str, place: str, server: str) -> None:
    """Raise NotAuthorisedError if *key* is too short for an API key; not every wandb
    version does."""
    if len(key) < _LEAST:
        told = f"{place}API key must have {_LEAST}+ characters, has {len(key)}"
        raise NotAuthorisedError(f"{told}; {_another_key(server)}")


def _another_key(server: str) -> str:
    """Describe how to use another key than the one found."""
    place = wandb_core.key_from(server)
    if place == "WANDB_API_KEY":
        return "set WANDB_API_KEY to another key, or unset it"
    return "`wandbwatch login` saves another key"


def no_key_found(error: BaseException) -> bool:
    """Return whether the package found no key at all."""
    return any(sign in str(e) for e in _chain(error) for sign in _NO_KEY)


def of_wandb(error: BaseException) -> bool:
    """Return whether *error* is an expected error of the package or the network."""
    return any(
        type(e).__module__.startswith("wandb.") or isinstance(e, OSError | ValueError)
        for e in _chain(error)
    )


def too_slow(server: str, seconds: float) -> TimeOutError:
    found = TimeOutError(
        f"no answer from {server} within {seconds:g} s; try again, or set"
        " WANDBWATCH_TIMEOUT to more seconds"
    )
    found.server = server
    return found


def plain(told: str) -> str:
    """Return a server's message as one short line of plain text."""
    line = " ".join("".join(c if c.isprintable() else " " for c in told).split())
    return cut_end(line, _LONGEST)


UNKNOWN_FIELD = (
    *("Cannot query field", "Unknown argument", "Unknown type", "Unknown field"),
)


def unknown_field(error: BaseException) -> bool:
    """Return whether the server's schema lacks a field that our document uses."""
    return any(sign in str(e) for e in _chain(error) for sign in UNKNOWN_FIELD)


def sidecar_died(error: BaseException) -> bool:
    """Return whether wandb-core has died; starting a new one fixes that."""
    return any(
        "service process is not running" in str(e)
        or type(e).__name__ in ("MailboxClosedError", "HandleAbandonedError")
        or isinstance(e, ConnectionError)  # ours to it; its own to W&B come as text
        for e in _chain(error)
    )


def refused(status: int, server: str, text: str) -> SourceError:
    found = _refused(status, server, text)
    if status in (401, 403, 404) or status >= 500:  # noqa: PLR2004 (the 5xx of HTTP)
        found.server = server
    return found


def _refused(status: int, server: str, text: str) -> SourceError:
    said = plain(text)
    match status:
        case 401:
            place = wandb_core.key_from(server)
            return NotAuthorisedError(
                f"{server} rejected the API key from {place} (401);"
                f" {_another_key(server)}"
            )
        case 403:
            return NotAuthorisedError(
                f"{server} denied access (403: {said});"
                " `wandbwatch whoami` shows which user you are"
            )
        case 404:
            return NotFoundError(
                f"no W&B server at {server} (404); is WANDB_BASE_URL right?"
            )
        case 429:
            return slow_down(server, text, None)
        case _ if status >= 500:  # noqa: PLR2004 (the 5xx of HTTP)
            return NetworkError(f"{server} failed ({status}: {said}); try again later")
        case _:
            return NetworkError(f"{server} refused the request ({status}: {said})")


def _status(error: BaseException, told: str) -> int | None:
    """Find the HTTP status; after retries only the text contains it."""
    response: Any = getattr(error, "response", None)
    if status := getattr(response, "http_status", 0):
        return int(status)
    found = re.search(r"\bHTTP (\d{3})\b", told)
    return int(found[1]) if found else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error* and its causes."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        inner = getattr(error, "exc", None)
        error = inner if isinstance(inner, BaseException) else error.__cause__


def no_run(of: Project, run_id: str) -> NotFoundError:
    path = plain(f"{of}/{run_id}")
    listing = plain(str(of))
    return NotFoundError(
        f"run {path!r} not found; `wandbwatch project {listing}` lists its runs"
    )


def no_project(found: Project) -> NotFoundError:
    path = plain(f"{found.entity}/{found.name}")
    if found.sweep:
        return NotFoundError(
            f"sweep {plain(found.sweep)!r} not found in {path!r};"
            f" `wandbwatch sweep {path}` lists its sweeps"
        )
    return NoProjectError(f"project {path!r} not found", lambda: OR_PRIVATE)


OR_PRIVATE = ", or private; `wandbwatch whoami` shows which user you are"
