"""Run several pieces of work, and merge their W&B requests into one document.

Each piece runs in its own thread, but only one at a time: a piece that sends a request
waits until all others do so too, or have ended. Then their documents are merged, with
an alias for each one's project, or list of an entity's projects.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Never, TypeAlias, TypeVar

from wandbwatch.model.errors import (
    NotAuthorisedError,
    RateLimitError,
    SourceError,
    WandbwatchError,
)
from wandbwatch.sources.cloud.transport import Connection, GraphqlAnswer, NoGraphqlError

T = TypeVar("T")
Outcome: TypeAlias = Callable[[], GraphqlAnswer | None]
Ask: TypeAlias = Callable[[Connection, str, Mapping[str, Any]], GraphqlAnswer | None]

_MOST = 40
"""Projects in one document."""
_SHARE = 0.5
"""The part of the time left that one document may take: what fails is asked alone."""
_DOCUMENT = re.compile(
    r"\s*query\s+(\w+)\s*\(([^)]*)\)\s*\{\s*(project|models)\((.*)\}\s*", re.DOTALL
)
_VARIABLE = re.compile(r"\$(\w+)")
_here = threading.local()


class _Piece:
    """A piece of work, in its thread."""


@dataclass
class _Question:
    piece: _Piece
    at: Connection
    document: str
    variables: Mapping[str, Any]
    outcome: Outcome | None = None

    @property
    def field(self) -> str:
        """The field of its document; empty where that cannot be merged."""
        found = _DOCUMENT.fullmatch(self.document)
        return found[3] if found else ""


def run(work: Sequence[Callable[[], T]]) -> list[T | WandbwatchError]:
    """Return the result of each piece of *work*, or the error that it raised."""
    return _Meeting().run(work)


def current() -> Ask | None:
    """Return the group to request with, if the current thread is one of its pieces."""
    place: tuple[_Meeting, _Piece] | None = getattr(_here, "place", None)
    if place is None:
        return None
    meeting, piece = place

    def ask(
        at: Connection, document: str, variables: Mapping[str, Any]
    ) -> GraphqlAnswer | None:
        return meeting.ask(_Question(piece, at, document, variables))

    return ask


class _Meeting:
    def __init__(self) -> None:
        self._change = threading.Condition()
        self._turn: _Piece | None = None
        self._going: set[_Piece] = set()
        self._asked: list[_Question] = []

    def run(self, work: Sequence[Callable[[], T]]) -> list[T | WandbwatchError]:
        done: dict[int, Callable[[], T | WandbwatchError]] = {}
        pieces = [_Piece() for _ in work]
        self._going.update(pieces)
        for number, (piece, one) in enumerate(zip(pieces, work, strict=True)):
            threading.Thread(
                target=self._work, args=(piece, one, number, done), daemon=True
            ).start()
        while asked := self._next():
            _answer(asked)
            with self._change:
                self._change.notify_all()
        return [done[number]() for number in range(len(work))]

    def _work(
        self,
        piece: _Piece,
        work: Callable[[], T],
        number: int,
        done: dict[int, Callable[[], T | WandbwatchError]],
    ) -> None:
        with self._change:
            self._change.wait_for(lambda: self._turn is None)
            self._turn = piece
        _here.place = (self, piece)
        try:
            result: T | WandbwatchError = work()
            done[number] = lambda: result
        except WandbwatchError as e:
            error = e
            done[number] = lambda: error
        except BaseException as e:  # noqa: BLE001 (it is raised where all is awaited)
            bug = e
            done[number] = lambda: _raise(bug)
        finally:
            with self._change:
                self._going.discard(piece)
                self._pass(piece)

    def _pass(self, piece: _Piece) -> None:
        if self._turn is piece:
            self._turn = None
        self._change.notify_all()

    def _next(self) -> list[_Question]:
        """Return the pending requests once every piece waits or has ended."""

        def stuck() -> bool:
            asking = {one.piece for one in self._asked}
            return not self._going or (self._turn is None and self._going <= asking)

        with self._change:
            self._change.wait_for(stuck)
            asked, self._asked = self._asked, []
            return asked if self._going else []

    def ask(self, question: _Question) -> GraphqlAnswer | None:
        """Return the answer; None if the request must be sent alone."""
        piece = question.piece
        with self._change:
            if piece not in self._going:  # it timed out
                return None
            self._asked.append(question)
            self._pass(piece)
            self._change.wait_for(
                lambda: question.outcome and self._turn in (None, piece)
            )
            if piece in self._going:
                self._turn = piece
        return question.outcome() if question.outcome else None


def _raise(error: BaseException) -> Never:
    raise error


def _answer(asked: Sequence[_Question]) -> None:
    """Hand each request its answer or error."""
    servers: dict[int, list[_Question]] = {}
    for one in asked:
        alone = not (one.at.has_account and one.field)
        servers.setdefault(id(one) if alone else id(one.at.api), []).append(one)
    for questions in servers.values():
        for first in range(0, len(questions), _MOST):
            _together(questions[first : first + _MOST])


def _together(questions: Sequence[_Question]) -> None:
    for one, outcome in zip(questions, _outcomes(questions), strict=True):
        one.outcome = outcome


def _outcomes(questions: Sequence[_Question]) -> list[Outcome]:
    alone: list[Outcome] = [lambda: None] * len(questions)
    if len(questions) == 1:
        return alone
    document, variables = merged([(q.document, q.variables) for q in questions])
    try:
        answer = questions[0].at.execute(document, variables, _SHARE, 0, alone=True)
    except (RateLimitError, NotAuthorisedError) as e:
        error = e
        return [lambda: _raise(error)] * len(questions)
    except (SourceError, NoGraphqlError):
        return alone
    return [_part(answer, f"p{i}", one.field) for i, one in enumerate(questions)]


def _part(answer: GraphqlAnswer, alias: str, field: str) -> Outcome:
    found = answer.data.get(alias) if isinstance(answer.data, Mapping) else None
    if found is None and answer.errors:
        return lambda: None
    part = GraphqlAnswer({field: found}, answer.app, answer.errors)
    return lambda: part


def merged(
    questions: Sequence[tuple[str, Mapping[str, Any]]],
) -> tuple[str, dict[str, Any]]:
    """Merge documents that each have one field; the aliases are p0, p1, …"""
    declared, fields = [], []
    variables: dict[str, Any] = {}
    name = ""
    for i, (document, given) in enumerate(questions):
        found = _DOCUMENT.fullmatch(document)
        if found is None:
            raise ValueError("not a document with one project or list of projects")
        name, head, field, body = found.groups()
        head, body = (_VARIABLE.sub(rf"$\1_{i}", text) for text in (head, body))
        declared.append(head.strip().rstrip(","))
        fields.append(f"p{i}: {field}({body}")
        variables |= {f"{key}_{i}": value for key, value in given.items()}
    document = f"query {name}({', '.join(declared)}) {{ {' '.join(fields)} }}"
    return document, variables
