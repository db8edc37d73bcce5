"""Send the messages of one channel in order, one job after the other."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace

from wandbwatch.delivery.digests import HeldMessages, fold, heading, is_quiet
from wandbwatch.delivery.outbox import Queue, SendResults, Waiting
from wandbwatch.delivery.sender.decision import (
    TROUBLE,
    Done,
    Fail,
    PostAgain,
    RateBucket,
    Reduce,
    Retry,
    SenderContext,
    Step,
    StopChannel,
    ThreadGone,
    before_retry,
    decide,
    out_of_tries,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import (
    Delivered,
    Message,
    MessageMissing,
    Outcome,
    QueuedMessage,
    Refused,
)
from wandbwatch.model.errors import StateError
from wandbwatch.model.settings import Channel

log = logging.getLogger(__name__)

_TRIES = 4
"""How often to try to record the end when we must end soon."""


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
        """Whether it edits an existing message, so that repeating does no harm."""
        return self._edit is not None

    def probe(self) -> Outcome:
        """Ask whether the server answers."""
        outcome = self._context.sink.probe(self._channel)
        self._count(outcome)
        return outcome

    def send(self) -> Step:
        """Send it and record how that ended. StateError: it was not sent."""
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
        if isinstance(outcome, Delivered) and not (self.editing or waiting.removal):
            self._learn_name(outcome)
        return step

    def _learn_name(self, outcome: Delivered) -> None:
        """Note whether the webhook has Discord's own default name, now and again."""
        name, seen = self._channel.name, self._queue.default_name(self._channel.name)
        now = self._context.moment()
        if self._channel.username and (seen is None or 0 <= now - seen < _DAY):
            return
        if self._channel.username:
            found = self.probe()
            called = found.name if isinstance(found, Delivered) else None
        else:
            called = outcome.name
        default = called in DEFAULT_NAMES
        if called and (default or seen is not None):
            with contextlib.suppress(StateError):
                SendResults(self._context.store).named(name, default=default)

    def finish(self, step: Step) -> None:
        """Record *step*; until that works, nothing else is done."""
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
        """Delete the message; one that can't be deleted stays."""
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
        level = self._waiting.queued.level
        if level.rank >= self._channel.ping.rank and not self.editing:
            message = wording.mention(message, self._channel.mention)
        return message

    def _own_thread(self) -> bool:
        name, thread = self._channel.name, self._channel.thread_id
        ours = self._channel.thread_per_run
        return thread is not None and (ours or self._queue.opened(name, thread))

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
                run = _run(self._channel, waiting.queued)
                results.delivered(waiting, message_id, opened, channel_id, run)
            case Retry(after, reason, counted):
                results.retry(waiting, after, reason, ambiguous=counted)
            case Reduce(reason):
                results.reduce(waiting, reason)
            case Fail(reason):
                results.failed(waiting, reason)
            case PostAgain():
                results.post_again(waiting)
            case ThreadGone():
                results.thread_gone(waiting, self._channel.thread_id or "")
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


DEFAULT_NAMES = ("Captain Hook", "Spidey Bot")
"""What Discord calls a webhook that nobody has named."""
OUR_NAME = "wandbwatch"
_DAY = 86400.0


def resolve_name(channel: Channel, queue: Queue) -> Channel:
    """Return *channel* with our name where its webhook has nobody's."""
    if channel.username or queue.default_name(channel.name) is None:
        return channel
    return replace(channel, username=OUR_NAME)


def resolve_thread(
    channel: Channel, queue: Queue, queued: QueuedMessage | None = None
) -> Channel:
    """Return *channel* with the thread that we have opened, if any, for *queued*: that
    of its run, else that of the channel's name; a message that it edits stays where it
    is."""
    if channel.thread_id or not channel.thread_name:
        return channel
    known = None
    if channel.thread_per_run and queued and (edited := queue.live(queued)):
        known = queue.posted_in(channel.name, edited)
    if queued and (run := _run(channel, queued)):
        name = queued.origin.run[-1][:_LONGEST_NAME]
        channel = replace(channel, thread_name=name)
        known = known or queue.run_thread(channel.name, run)
    else:
        known = known or queue.thread(channel.name, channel.thread_name or "")
    return replace(channel, thread_id=known, thread_name=None) if known else channel


_LONGEST_NAME = 100


def _run(channel: Channel, queued: QueuedMessage) -> str:
    """Return the path of the run in whose thread *queued* belongs, or ""."""
    per_run = channel.thread_per_run and queued.origin.run
    return queued.origin.run[0] if per_run else ""


log = logging.getLogger(__name__)

SLICE = 1.0
"""Seconds to wait before checking whether anything changed."""
SHORT = 60.0
"""Seconds that are still worth waiting when we must end soon."""


class Delivery:
    def __init__(self, channel: Channel, context: SenderContext) -> None:
        self._channel = channel
        self._context = context
        self._queue = Queue(context.store)
        self._results = SendResults(context.store)
        self._held = HeldMessages(context.store)
        self.beat = 0
        """Grows while it makes progress."""

    def run(self) -> None:
        """Send until nothing waits, or nothing can be sent soon."""
        self._ask_name()
        while not self._context.ending():
            try:
                if not self._send_next_list():
                    return
            except StateError as e:
                self._context.log_once.report(e)
                if self._context.once:
                    return
                self._wait(TROUBLE)

    def _ask_name(self) -> None:
        """Learn whether somebody has named the webhook, before its first message.

        Later the answers to posts say it.
        """
        name = self._channel.name
        with contextlib.suppress(StateError):
            if not self._channel.username and self._queue.is_new(name):
                called = self._context.webhook_name(self._channel)
                if called in DEFAULT_NAMES:
                    self._results.named(name, default=True)

    def _send_next_list(self) -> bool:
        """Send one list; return whether there may be more."""
        self._expire()
        name = self._channel.name
        if late := fold(self._context.store, name, self._context.keep.events):
            log.warning("%s: %d events waited too long: one digest", name, late)
        head = self._queue.head(self._channel.name, quiet=self._quiet())
        if head is None:
            return self._wait_for_more()
        now = self._context.moment()
        bucket = self._context.buckets.bucket(
            self._context.sink.identity(self._channel), now
        )
        with bucket.turn:
            return self._send_list(head.queued, bucket)

    def _send_list(self, queued: QueuedMessage, bucket: RateBucket) -> bool:
        """Send the whole list of *queued*; return whether it got to its end."""
        while not self._context.ending():
            self._expire()
            waiting = self._queue.rest(queued, quiet=self._quiet())
            if waiting is None:
                return True
            wait = waiting.not_before - self._context.moment()
            if wait > SHORT and self._context.once:
                return False
            if wait > 0:
                self._wait(wait)
            elif not self._send(waiting, bucket):
                return False
        return False

    def _send(self, waiting: Waiting, bucket: RateBucket) -> bool:
        """Send *waiting* as soon as its rate allows; return whether to go on."""
        wait = bucket.delay(self._context.moment())
        if wait > 0:
            self._wait(wait)
            return True
        channel = resolve_thread(self._channel, self._queue, waiting.queued)
        channel = resolve_name(channel, self._queue)
        attempt = Attempt(waiting, channel, self._context, bucket)
        if waiting.ambiguous and not attempt.editing:
            if given_up := out_of_tries(waiting):
                attempt.finish(given_up)
                return True
            if first := before_retry(attempt.probe(), waiting):
                attempt.finish(first)
                return not isinstance(first, StopChannel)
            self._wait(bucket.delay(self._context.moment()))
        step = attempt.send()
        return not isinstance(step, StopChannel)

    def _expire(self) -> None:
        name = self._channel.name
        if late := self._results.expire(name):
            log.error("%s: gave up on %d messages that waited too long", name, late)

    def _quiet(self) -> Level | None:
        """Return how bad news must be that are not held now; None if nothing is held.

        After quiet hours, make the digest.
        """
        channel, hours = self._channel, self._channel.quiet
        if is_quiet(hours, self._context.clock.now()):
            self._held.hold(channel.name, channel.ping)
            return channel.ping
        if hours and (held := self._held.held(channel.name)):
            if len(held) == 1:
                self._held.release(channel.name)
            else:
                title = heading(hours, len(held))
                messages = [waiting.queued.message for waiting in held]
                self._held.replace(held, self._context.wording.join(messages, title))
        return None

    def _wait_for_more(self) -> bool:
        """Nothing can be sent now; return whether to wait."""
        if self._context.once or not self._queue.waits(self._channel.name):
            return False
        self._wait(SLICE)
        return True

    def _wait(self, seconds: float) -> None:
        self.beat += 1
        self._context.clock.wait(min(max(seconds, 0.0), SLICE))
