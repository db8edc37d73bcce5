"""One attempt to send a message: claim it, send it, store the result."""

from __future__ import annotations

import logging
from dataclasses import replace

from wandbwatch.delivery.outbox import Queue, SendResults, Waiting
from wandbwatch.delivery.rate_limits import RateBucket
from wandbwatch.delivery.sender.context import TROUBLE, SenderContext
from wandbwatch.delivery.sender.decision import (
    Again,
    Anew,
    Done,
    Fail,
    Reduce,
    Step,
    StopChannel,
    ThreadGone,
    decide,
)
from wandbwatch.model.channel import Channel
from wandbwatch.model.delivery import Delivered, MessageMissing, Outcome, Refused
from wandbwatch.model.errors import StateError
from wandbwatch.model.queued_message import Message
from wandbwatch.model.report import Level

log = logging.getLogger(__name__)

_TRIES = 4
"""How often the end is tried to be written when we are to end soon."""


class Attempt:
    def __init__(
        self,
        waiting: Waiting,
        channel: Channel,
        office: SenderContext,
        lane: RateBucket,
    ) -> None:
        self._waiting = waiting
        self._channel = channel
        self._office = office
        self._lane = lane
        self._queue = Queue(office.store)
        self._edit = self._queue.live(waiting.letter)

    @property
    def editing(self) -> bool:
        """Whether it goes to a message that stands, so that repeating does no harm."""
        return self._edit is not None

    def probe(self) -> Outcome:
        """Ask whether anybody would answer."""
        outcome = self._office.sink.probe(self._channel)
        self._counted(outcome)
        return outcome

    def send(self) -> Step:
        """Send it and write down how that ended. StateError: it was not sent."""
        waiting = self._waiting
        self._queue.claim(waiting, self._lane.name)
        self._office.voice.over()
        channel = self._channel
        if waiting.reduced:  # it may be the name that was refused
            channel = replace(channel, username=None, avatar_url=None)
        outcome = self._remove() if waiting.removal else self._post(channel)
        self._counted(outcome)
        step = decide(
            outcome, waiting, editing=self.editing, own_thread=self._own_thread()
        )
        self.end(step)
        return step

    def end(self, step: Step) -> None:
        """Write down *step*; while that can't be done, nothing else is."""
        self._say(step)
        for tried in range(1, 1_000_000):
            try:
                self._write(step)
            except StateError as e:
                self._office.voice.say(e)
            else:
                return
            if self._office.ending() or (self._office.once and tried == _TRIES):
                return  # the claim stays, and the next sender says what it may be
            self._office.clock.wait(TROUBLE)

    def _post(self, channel: Channel) -> Outcome:
        return self._office.sink.post(self._message(), channel, edit=self._edit)

    def _remove(self) -> Outcome:
        """Remove the message that stands; what can't be removed stays."""
        if self._edit is None:
            return Delivered()
        outcome = self._office.sink.remove(self._edit, self._channel)
        done = isinstance(outcome, MessageMissing | Refused)
        return Delivered() if done else outcome

    def _message(self) -> Message:
        wording, message = self._office.wording, self._waiting.letter.message
        if self._waiting.reduced:
            message = wording.plain(message)
        if self._waiting.ambiguous and not self.editing:
            message = wording.duplicate(message)
        if self._waiting.letter.level is Level.BAD and not self.editing:
            message = wording.mention(message, self._channel.mention)
        return message

    def _own_thread(self) -> bool:
        name = self._channel.name
        known = self._queue.own_thread(name)
        return known is not None and known == self._channel.thread_id

    def _counted(self, outcome: Outcome) -> None:
        now = self._office.moment()
        rate = outcome.rate if isinstance(outcome, Delivered) else None
        self._lane.pace.ended(now, rate)
        self._lane.everything.ended(now)

    def _write(self, step: Step) -> None:
        endings, waiting = SendResults(self._office.store), self._waiting
        match step:
            case Done(message_id, channel_id):
                name = self._channel.thread_name
                opened = (name, channel_id) if name and channel_id else None
                endings.delivered(waiting, message_id, opened)
            case Again(after, reason, counted):
                endings.again(waiting, after, reason, ambiguous=counted)
            case Reduce(reason):
                endings.reduce(waiting, reason)
            case Fail(reason):
                endings.failed(waiting, reason)
            case Anew():
                endings.anew(waiting)
            case ThreadGone():
                endings.thread_gone(waiting)
            case StopChannel(reason):
                endings.stopped(waiting, reason)

    def _say(self, step: Step) -> None:
        letter = self._waiting.letter
        what = f"{letter.channel}: {letter.subscription} at {letter.slot:%F %T}Z"
        match step:
            case Done(message_id):
                log.debug("%s: sent as %s", what, message_id or "(id unknown)")
            case Again(after, reason):
                log.warning("%s: %s; retrying in %.0f s", what, reason, after)
            case Reduce(reason):
                log.warning("%s: refused: %s; retrying as plain text", what, reason)
            case Fail(reason):
                log.error("%s: gave up: %s; see `wandbwatch outbox`", what, reason)
            case Anew():
                log.info("%s: the message to edit was deleted; posting a new one", what)
            case ThreadGone():
                log.info("%s: its thread was deleted; opening a new one", what)
            case StopChannel(reason):
                log.error(
                    "channel %s is stopped: %s; fix it, then run: wandbwatch hello %s",
                    letter.channel,
                    reason,
                    letter.channel,
                )
