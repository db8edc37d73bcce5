"""What is said once is said once, also while it is on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from wandbwatch import plugins
from wandbwatch.daemon.jobs.job import JobContext, run_job
from wandbwatch.delivery.outbox import Outbox, Queue, SendResults, Store, Waiting
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Note, Report
from wandbwatch.model.settings import Cron, Subscription

from tests.delivery.outbox.messages import NOON, Clock

LIST = Subscription("gpt", "lab", Cron("* * * * *"), ("project acme/gpt",))


class Jobs:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock, self.works = store, clock, True
        self.count = 0

    def run(self, *, works: bool = True) -> None:
        self.works = works
        self.clock.at += timedelta(minutes=1)
        render = plugins.load("wandbwatch.renderers", "discord")
        context = JobContext(self._ask, render, repr, Outbox(self.store))
        run_job(LIST, self.clock.at, context)

    def _ask(self, _line: str, _memory: Memory) -> Iterator[Report]:
        if not self.works:
            raise NotFoundError("acme/gpt: no such project")
        self.count += 1
        yield Report("project", f"look {self.count}", (Note("fine"),))

    def claim(self) -> Waiting:
        found = Queue(self.store).head("lab")
        assert found
        Queue(self.store).claim(found, "bucket")
        return found

    def deliver(self) -> list[str]:
        """Post all that waits; return the texts."""
        texts = []
        while Queue(self.store).head("lab"):
            waiting = self.claim()
            texts.append(waiting.queued.message.body)
            SendResults(self.store).delivered(waiting, "1", None)
        return texts


@pytest.fixture
def jobs(tmp_path, opened) -> Jobs:
    clock = Clock(NOON)
    return Jobs(opened(tmp_path, clock.now), clock)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_recovery_being_sent_is_not_reported_again(jobs, delivered):
    """A job that ran while a post was in the air took it for not yet told."""
    jobs.run(works=False)
    jobs.deliver()
    jobs.run()
    over = jobs.claim()
    jobs.run()  # while it is on its way
    if delivered:
        SendResults(jobs.store).delivered(over, "1", None)
        texts = [over.queued.message.body, *jobs.deliver()]
    else:
        SendResults(jobs.store).retry(over, 0, "connection refused")
        texts = jobs.deliver()
    assert sum("works again" in text for text in texts) == 1
    assert "look 2" in texts[-1]


def test_a_queued_recovery_is_reported_with_the_newest_report(jobs):
    jobs.run(works=False)
    jobs.deliver()
    jobs.run()
    jobs.run()
    (text,) = jobs.deliver()
    assert "works again" in text
    assert "look 2" in text


def test_a_failure_being_sent_is_not_reported_again(jobs):
    jobs.run(works=False)
    first = jobs.claim()
    jobs.run(works=False)
    SendResults(jobs.store).retry(first, 0, "connection refused")
    assert len(jobs.deliver()) == 1


def test_a_report_whose_successor_came_while_it_failed_is_replaced(jobs):
    """Both were posted, one after the other, once the server was back."""
    jobs.run()
    first = jobs.claim()
    jobs.run()
    SendResults(jobs.store).retry(first, 0, "connection refused")
    (text,) = jobs.deliver()
    assert "look 2" in text


def test_one_that_may_be_posted_is_not_replaced(jobs):
    jobs.run()
    first = jobs.claim()
    jobs.run()
    SendResults(jobs.store).retry(first, 0, "connection reset", ambiguous=True)
    assert len(jobs.deliver()) == 2
