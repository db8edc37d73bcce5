"""Send the messages of one channel in order, one job's after the other's."""

from __future__ import annotations

import logging
from dataclasses import replace

from wandbwatch.delivery.outbox import Queue, SendResults, Waiting
from wandbwatch.delivery.quiet_hours import HeldMessages, heading, is_quiet
from wandbwatch.delivery.rate_limits import RateBucket
from wandbwatch.delivery.sender.attempt import Attempt
from wandbwatch.delivery.sender.context import TROUBLE, SenderContext
from wandbwatch.delivery.sender.decision import StopChannel, before_retry, out_of_tries
from wandbwatch.model.channel import Channel
from wandbwatch.model.errors import StateError
from wandbwatch.model.queued_message import QueuedMessage


def resolve_thread(channel: Channel, queue: Queue) -> Channel:
    """Return *channel* with the thread that we have opened for its name, if any."""
    if channel.thread_id or not channel.thread_name:
        return channel
    known = queue.thread(channel.name, channel.thread_name)
    return replace(channel, thread_id=known, thread_name=None) if known else channel


log = logging.getLogger(__name__)

SLICE = 1.0
"""Seconds that are waited at once: then it is looked whether anything changed."""
SHORT = 60.0
"""Seconds of waiting that are still worth it when we are to end soon."""


class Delivery:
    def __init__(self, channel: Channel, context: SenderContext) -> None:
        self._channel = channel
        self._context = context
        self._queue = Queue(context.store)
        self._results = SendResults(context.store)
        self._held = HeldMessages(context.store)
        self.beat = 0
        """Grows while there is life in it."""

    def run(self) -> None:
        """Tell what waits until nothing does, or nothing can be told soon."""
        while not self._context.ending():
            try:
                if not self._send_next_list():
                    return
            except StateError as e:
                self._context.log_once.report(e)
                if self._context.once:
                    return
                self._wait(TROUBLE)

    def _send_next_list(self) -> bool:
        """Tell one list; return whether there may be more."""
        self._expire()
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
        """Tell the list of *queued* whole; return whether it came to its end."""
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
        attempt = Attempt(
            waiting, resolve_thread(self._channel, self._queue), self._context, bucket
        )
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

    def _quiet(self) -> bool:
        """Whether messages are held now; after quiet hours, make the digest."""
        channel, hours = self._channel, self._channel.quiet
        if is_quiet(hours, self._context.clock.now()):
            self._held.hold(channel.name)
            return True
        if hours and (held := self._held.held(channel.name)):
            if len(held) == 1:
                self._held.release(channel.name)
            else:
                title = heading(hours, len(held))
                messages = [waiting.queued.message for waiting in held]
                self._held.replace(held, self._context.wording.join(messages, title))
        return False

    def _wait_for_more(self) -> bool:
        """Nothing can be told now; return whether it is worth waiting for."""
        if self._context.once or not self._queue.waits(self._channel.name):
            return False
        self._wait(SLICE)
        return True

    def _wait(self, seconds: float) -> None:
        self.beat += 1
        self._context.clock.wait(min(max(seconds, 0.0), SLICE))
