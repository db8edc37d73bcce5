"""One attempt to send a message: claim it, send it, store the result."""

from __future__ import annotations

import logging
from dataclasses import replace

from wandbwatch.delivery.outbox import Queue, SendResults, Waiting
from wandbwatch.delivery.rate_limits import RateBucket
from wandbwatch.delivery.sender.context import TROUBLE, SenderContext
from wandbwatch.delivery.sender.decision import (
    Done,
    Fail,
    PostAgain,
    Reduce,
    Retry,
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
        context: SenderContext,
        bucket: RateBucket,
    ) -> None:
        self._waiting = waiting
        self._channel = channel
        self._context = context
        self._bucket = bucket
        self._queue = Queue(context.store)
        self._edit = self._queue.live(waiting.queued)

    @property
    def editing(self) -> bool:
        """Whether it goes to a message that stands, so that repeating does no harm."""
        return self._edit is not None

    def probe(self) -> Outcome:
        """Ask whether anybody would answer."""
        outcome = self._context.sink.probe(self._channel)
        self._count(outcome)
        return outcome

    def send(self) -> Step:
        """Send it and write down how that ended. StateError: it was not sent."""
        waiting = self._waiting
        self._queue.claim(waiting, self._bucket.name)
        self._context.log_once.reset()
        channel = self._channel
        if waiting.reduced:  # it may be the name that was refused
            channel = replace(channel, username=None, avatar_url=None)
        outcome = self._remove() if waiting.removal else self._post(channel)
        self._count(outcome)
        step = decide(
            outcome, waiting, editing=self.editing, own_thread=self._own_thread()
        )
        self.finish(step)
        return step

    def finish(self, step: Step) -> None:
        """Write down *step*; while that can't be done, nothing else is."""
        self._log(step)
        for tried in range(1, 1_000_000):
            try:
                self._write(step)
            except StateError as e:
                self._context.log_once.report(e)
            else:
                return
            if self._context.ending() or (self._context.once and tried == _TRIES):
                return  # the claim stays, and the next sender says what it may be
            self._context.clock.wait(TROUBLE)

    def _post(self, channel: Channel) -> Outcome:
        return self._context.sink.post(self._message(), channel, edit=self._edit)

    def _remove(self) -> Outcome:
        """Remove the message that stands; what can't be removed stays."""
        if self._edit is None:
            return Delivered()
        outcome = self._context.sink.remove(self._edit, self._channel)
        done = isinstance(outcome, MessageMissing | Refused)
        return Delivered() if done else outcome

    def _message(self) -> Message:
        wording, message = self._context.wording, self._waiting.queued.message
        if self._waiting.reduced:
            message = wording.plain(message)
        if self._waiting.ambiguous and not self.editing:
            message = wording.duplicate(message)
        if self._waiting.queued.level is Level.BAD and not self.editing:
            message = wording.mention(message, self._channel.mention)
        return message

    def _own_thread(self) -> bool:
        name = self._channel.name
        known = self._queue.own_thread(name)
        return known is not None and known == self._channel.thread_id

    def _count(self, outcome: Outcome) -> None:
        now = self._context.moment()
        rate = outcome.rate if isinstance(outcome, Delivered) else None
        self._bucket.limiter.ended(now, rate)
        self._bucket.all_webhooks.ended(now)

    def _write(self, step: Step) -> None:
        results, waiting = SendResults(self._context.store), self._waiting
        match step:
            case Done(message_id, channel_id):
                name = self._channel.thread_name
                opened = (name, channel_id) if name and channel_id else None
                results.delivered(waiting, message_id, opened)
            case Retry(after, reason, counted):
                results.retry(waiting, after, reason, ambiguous=counted)
            case Reduce(reason):
                results.reduce(waiting, reason)
            case Fail(reason):
                results.failed(waiting, reason)
            case PostAgain():
                results.post_again(waiting)
            case ThreadGone():
                results.thread_gone(waiting)
            case StopChannel(reason):
                results.stopped(waiting, reason)

    def _log(self, step: Step) -> None:
        queued = self._waiting.queued
        what = f"{queued.channel}: {queued.subscription} at {queued.slot:%F %T}Z"
        match step:
            case Done(message_id):
                log.debug("%s: sent as %s", what, message_id or "(id unknown)")
            case Retry(after, reason):
                log.warning("%s: %s; retrying in %.0f s", what, reason, after)
            case Reduce(reason):
                log.warning("%s: refused: %s; retrying as plain text", what, reason)
            case Fail(reason):
                log.error("%s: gave up: %s; see `wandbwatch outbox`", what, reason)
            case PostAgain():
                log.info("%s: the message to edit was deleted; posting a new one", what)
            case ThreadGone():
                log.info("%s: its thread was deleted; opening a new one", what)
            case StopChannel(reason):
                log.error(
                    "channel %s is stopped: %s; fix it, then run: wandbwatch hello %s",
                    queued.channel,
                    reason,
                    queued.channel,
                )
