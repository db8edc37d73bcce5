"""One subscription at one slot: its lines answered, told and remembered at once."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wandbwatch.daemon.told import Answer, Memory, news
from wandbwatch.model.errors import ExitCode, WandbwatchError
from wandbwatch.model.letter import Letter
from wandbwatch.model.message import Message
from wandbwatch.model.report import Level, Report
from wandbwatch.model.subscription import Mode, Subscription
from wandbwatch.outbox import Outbox

log = logging.getLogger(__name__)

Ask = Callable[[str], Iterator[Report]]
"""Parse a line and return its reports; WandbwatchError where the user can help it."""
Render = Callable[[Sequence[Report]], tuple[Message, ...]]
Content = Callable[[Sequence[Report]], str]
"""What the reports say, as a text that is the same when they say the same."""


@dataclass(frozen=True)
class Crew:
    """What a job needs of the world."""

    ask: Ask
    render: Render
    content: Content
    outbox: Outbox


@dataclass(frozen=True)
class Result:
    """How a job went: the failed lines' errors, and how many messages it made."""

    errors: tuple[str, ...]
    code: int
    """The highest exit code of the errors."""
    messages: int
    undone: bool = False
    """Whether nothing of it could be written: the slot is still to be done."""


def perform(subscription: Subscription, slot: datetime, crew: Crew) -> Result:
    """Answer every line, whatever becomes of the others; then write all at once.

    Raises StateError when nothing could be written: the slot is then not done.
    """
    answers = [answered(line, crew.ask) for line in subscription.commands]
    # No error of the job as a whole: if there was one, it is over.
    return tell(subscription, slot, [Answer(subscription.name), *answers], crew)


def give_up(subscription: Subscription, slot: datetime, why: str, crew: Crew) -> Result:
    """Tell that the job as a whole could not be done."""
    return tell(
        subscription,
        slot,
        [Answer(subscription.name, error=why, code=ExitCode.OURS)],
        crew,
    )


def answered(line: str, ask: Ask) -> Answer:
    """Collect what *line* says; what it had said before it failed is kept."""
    reports: list[Report] = []
    try:
        reports.extend(ask(line))
    except WandbwatchError as e:
        return Answer(line, tuple(reports), str(e), e.exit_code)
    except Exception as e:  # a job outlives any one command of it
        log.exception("%r failed; this is a bug of wandbwatch", line)
        said = f"a bug of wandbwatch, {type(e).__name__}; its log has the traceback"
        return Answer(line, tuple(reports), said, ExitCode.OURS)
    return Answer(line, tuple(reports))


def tell(
    subscription: Subscription, slot: datetime, answers: Sequence[Answer], crew: Crew
) -> Result:
    """Enqueue what is new, with what it leaves remembered, and mark the slot done."""
    name = subscription.name
    last = _Last.read(crew.outbox.recall(name, "").get("last"))
    known = last.known(crew.outbox.settled(name, last.slot) if last.slot else True)
    said = news(answers, known)
    errors = tuple(answer.error for answer in answers if answer.error)
    content = hashlib.sha256(crew.content(said.reports).encode()).hexdigest()
    same = subscription.skip_unchanged and known.get("content") == content
    messages = crew.render(said.reports) if said.reports and not same else ()
    now = _Last(slot, {**said.memory, "content": content}, known)
    with crew.outbox.round() as round_:
        for letter in _letters(subscription, slot, messages, said.level):
            round_.enqueue(letter)
        round_.remember(name, "", "last", now.text())
        round_.done(name, slot)
    code = max((answer.code for answer in answers), default=0)
    return Result(errors, code, len(messages))


@dataclass(frozen=True)
class _Last:
    """The last round: what is known once it is delivered, and until then."""

    slot: datetime | None = None
    after: Memory = field(default_factory=dict)
    before: Memory = field(default_factory=dict)

    def known(self, delivered: bool) -> Memory:  # noqa: FBT001 -- the one question
        return self.after if delivered else self.before

    @classmethod
    def read(cls, text: str | None) -> _Last:
        if text is None:
            return cls()
        slot, after, before = json.loads(text)
        return cls(datetime.fromisoformat(slot), after, before)

    def text(self) -> str:
        slot = self.slot.isoformat() if self.slot else ""
        return json.dumps([slot, dict(self.after), dict(self.before)])


def _letters(
    subscription: Subscription,
    slot: datetime,
    messages: Sequence[Message],
    level: Level,
) -> Iterator[Letter]:
    for sequence, message in enumerate(messages):
        yield Letter(
            subscription.channel,
            subscription.name,
            slot,
            sequence,
            message,
            # One ping a list; the rest of it follows the first in any case.
            level=Level.INFO if sequence else level,
            edit=subscription.mode is Mode.EDIT,
        )
