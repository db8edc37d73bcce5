"""One request of the webhook API, answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.discord import body
from tests.servers.discord.board import Board, Hook
from tests.servers.discord.body import Upload
from tests.servers.discord.errors import ApiError, invalid
from tests.servers.discord.faults import Answer
from tests.servers.discord.rates import Rates

GUILD = "1400000000000000001"
_ROUTE = re.compile(
    r"/api(?:/v(?P<version>\d+))?/webhooks/(?P<id>[^/]+)/(?P<token>[^/]+)"
    r"(?:/messages/(?P<message>[^/]+))?/?"
)
_OLDEST = 9
"""The oldest version that is not deprecated; without one an URL means version 6."""


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> Mapping[str, str]:
        query = parse_qs(urlsplit(self.target).query)
        return {key: values[-1] for key, values in query.items()}


def hook_id(target: str) -> str:
    """Return the webhook's id in a request's target, empty when there is none."""
    route = _ROUTE.fullmatch(urlsplit(target).path)
    return route["id"] if route else ""


def answer(board: Board, rates: Rates, asked: Asked) -> Answer:
    headers: dict[str, str] = {}
    try:
        return _answer(board, rates, asked, headers)
    except ApiError as e:
        return Answer.json(e.status, e.body, {**headers, **e.headers})


def _answer(
    board: Board, rates: Rates, asked: Asked, headers: dict[str, str]
) -> Answer:
    route = _ROUTE.fullmatch(urlsplit(asked.target).path)
    if route is None:
        raise ApiError(404, 0, "404: Not Found")
    if not asked.headers.get("User-Agent"):
        raise ApiError(403, 40333, "internal network error")
    if int(route["version"] or 6) < _OLDEST:
        raise ApiError(400, 50041, "Invalid API version")
    if not route["id"].isdecimal():
        raise invalid(("webhook_id",), "NUMBER_TYPE_COERCE", "not snowflake.")
    headers.update(rates.request(route["id"]))
    hook = board.hook(route["id"], route["token"])
    if route["message"]:
        return _message(board, hook, asked, route["message"], headers)
    return _webhook(board, rates, hook, asked, headers)


def _webhook(
    board: Board,
    rates: Rates,
    hook: Hook,
    asked: Asked,
    headers: dict[str, str],
) -> Answer:
    if asked.method == "GET":
        fields = {"id": hook.id, "channel_id": hook.channel, "guild_id": GUILD}
        fields["name"] = hook.name
        return Answer.json(200, fields, headers)
    if asked.method != "POST":  # PATCH would rename the webhook, DELETE end it
        raise ApiError(405, 0, "405: Method Not Allowed")
    payload, files = _read(asked)

    def admit() -> None:
        rates.message(hook.channel, headers)

    kept = board.post(hook, payload, files, asked.query.get("thread_id"), admit)
    if asked.query.get("wait", "").lower() not in {"true", "1"}:
        return Answer(204, b"", headers=tuple(headers.items()))
    return Answer.json(200, kept["message"], headers)


def _read(asked: Asked) -> tuple[Any, tuple[Upload, ...]]:
    """Read the body; components that the query does not mention are ignored."""
    kind = asked.headers.get("Content-Type", "")
    payload, files = body.read(asked.body, kind)
    respected = asked.query.get("with_components", "").lower() in {"true", "1"}
    if isinstance(payload, dict) and not respected:
        payload = {key: v for key, v in payload.items() if key != "components"}
    return payload, files


def _message(
    board: Board,
    hook: Hook,
    asked: Asked,
    id_: str,
    headers: Mapping[str, str],
) -> Answer:
    thread = asked.query.get("thread_id")
    kept = board.find(hook, id_, thread)
    match asked.method:
        case "GET":
            pass
        case "PATCH":
            payload, files = _read(asked)
            kept = board.edit(hook, id_, payload, files, thread)
        case "DELETE":
            board.delete(id_)
            return Answer(204, b"", headers=tuple(headers.items()))
        case _:
            raise ApiError(405, 0, "405: Method Not Allowed")
    return Answer.json(200, kept["message"], headers)
