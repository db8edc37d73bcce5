"""News of a job; one post for an outage of a server, with one ping and one end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from wandbwatch.daemon.jobs.job import JobContext, run_job
from wandbwatch.daemon.jobs.news import FailingLine, LineResult, Outage, failure, news
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message
from wandbwatch.model.errors import (
    NetworkError,
    NotFoundError,
    SourceError,
    TimeOutError,
)
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Note, Report
from wandbwatch.model.settings import Cron, Subscription

from tests.delivery.sender.harness import SenderHarness

GOOD = Report("project", "acme/gpt")
BAD = Report("summary", "owl (acme/gpt/a1)", level=Level.BAD)
DOWN = LineResult("project acme/gpt", error="the server is down")
UP = LineResult("project acme/gpt", (GOOD,))


def test_a_failure_is_reported_in_its_place_and_only_once():
    first = news([DOWN, LineResult("summary x", (BAD,))], {})
    assert first.reports == (failure(DOWN.line, DOWN.error), BAD)
    assert first.level is Level.BAD
    again = news([DOWN, LineResult("summary x", (BAD,))], first.memory)
    assert again.reports == (BAD,)
    assert again.level is Level.INFO
    assert again.memory == first.memory


def test_another_failure_of_the_line_is_reported():
    known = news([DOWN], {}).memory
    other = news([LineResult(DOWN.line, error="no such project")], known)
    assert other.reports == (failure(DOWN.line, "no such project"),)
    assert other.level is Level.BAD


def test_a_changed_text_of_the_same_kind_of_error_is_no_news():
    def failed(error: str, kind: str = "NetworkError") -> list[LineResult]:
        return [LineResult("one", error=error, kind=kind)]

    known = news(failed("refused"), {}).memory
    again = news(failed("reset by peer"), known)
    assert (again.reports, again.level) == ((), Level.INFO)
    assert again.memory == known
    other = news(failed("no such project", "NotFoundError"), again.memory)
    assert other.level is Level.BAD
    over = news([LineResult("one")], other.memory)
    assert len(over.reports) == 1
    assert over.memory == {}


def test_its_end_is_reported_once():
    known = news([DOWN], {}).memory
    over = news([UP], known)
    (report,) = over.reports
    assert report.blocks == (
        Note("this works again; it had failed: the server is down"),
    )
    assert news([UP], over.memory).reports == (GOOD,)


def test_the_end_of_a_failure_is_reported_even_by_a_line_with_nothing_to_say():
    known = news([DOWN], {}).memory
    (report,) = news([LineResult(DOWN.line)], known).reports
    assert report.level is Level.GOOD
    assert news([LineResult(DOWN.line)], {}).reports == ()


def test_reports_before_a_failure_are_kept():
    half = LineResult("image acme/gpt", (GOOD,), "the connection broke")
    assert news([half], {}).reports == (GOOD, failure(half.line, half.error))


def test_bad_news_is_news_once_until_it_is_over():
    bad, good = [LineResult("summary x", (BAD,))], [LineResult("summary x", (GOOD,))]
    first = news(bad, {})
    assert first.level is Level.BAD
    again = news(bad, first.memory)
    assert again.level is Level.INFO
    over = news(good, again.memory)
    assert over.level is Level.INFO
    assert news(bad, over.memory).level is Level.BAD


def test_a_headline_of_a_failure_says_its_address_once():
    assert failure("project /x/y", "/x/y does not exist").headline == (
        "project: /x/y does not exist"
    )
    assert failure("project a/b", "no such run").headline == "project a/b: no such run"


API = "https://api.wandb.ai"
MINUTE = timedelta(minutes=1)


def down(text: str, kind: type[SourceError] = NetworkError) -> SourceError:
    error = kind(text)
    error.server = API
    return error


def render(reports: Sequence[Report]) -> tuple[Message, ...]:
    (report,) = reports
    notes = [block.text for block in report.blocks if isinstance(block, Note)]
    content = " | ".join([report.title, *notes])
    return (Message(json.dumps({"content": content})),)


class World(SenderHarness):
    """Lists on one channel that is mentioned for bad news."""

    error: SourceError | None = None

    def run(self, *lists: str, error: SourceError | None = None) -> None:
        """Run each of the lists, a minute later, and send what it says."""
        self.error = error
        self.clock.wait(60)
        for name in lists:
            one = Subscription(name, "lab", Cron("* * * * *"), ("project a/b",))
            run_job(one, self.clock.now(), self.job_context)
            self.deliver()

    @property
    def job_context(self) -> JobContext:
        return JobContext(self._ask, render, repr, Outbox(self.store))

    def _ask(self, _line: str, _memory: Memory) -> Iterator[Report]:
        if self.error:
            raise self.error
        yield from ()

    def posts(self) -> int:
        return sum(r.method == "POST" for r in self.server.requests)


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_an_outage_is_one_post_over_all_lists_and_its_end_another(world):
    world.run("a", "b", "c", error=down("refused"))
    world.run("a", "b", "c", error=down("no answer", TimeOutError))
    assert world.posts() == 1
    (text,) = world.texts
    assert text == f"{API}: outage | no answer | affected: a, b, c"
    edits = len(world.server.requests) - world.posts()
    world.run("a", "b", "c", error=down("no answer", TimeOutError))
    assert len(world.server.requests) - world.posts() == edits, "it says the same"
    world.run("a", "b", "c")
    world.run("a", "b", "c")
    assert world.posts() == 2
    assert world.texts[1] == f"{API}: answers again | the outage lasted 3m 00s"


def test_a_headline_says_why_there_is_an_outage_and_how_long_it_lasted():
    def report(error: str) -> Report:
        return Outage(API, 0.0, (FailingLine("a", "project a/b", error, 0.0),)).report

    assert report(f"{API} failed (503)").headline == f"outage: {API} failed (503)"
    assert report("no answer").headline == f"{API}: outage: no answer"
    over = Outage(API, 0.0).over(180.0).headline
    assert over == f"{API}: answers again; the outage lasted 3m 00s"


def test_a_server_that_flickers_is_still_one_outage(world):
    for _ in range(5):
        world.run("a", "b", error=down("refused"))
        world.run("a")
    assert world.posts() == 1
    world.run("a", "b")
    assert world.posts() == 2


def test_a_rare_list_does_not_keep_an_outage_open(world):
    world.run("daily", "a", error=down("refused"))
    world.run("a", error=down("refused"))
    world.clock.wait(1200)
    world.run("a")
    assert world.texts[-1].startswith(f"{API}: answers again")
    world.run("daily")
    assert world.posts() == 2


def test_what_is_no_outage_is_reported_by_each_list(world):
    world.run("a", "b", error=NotFoundError("no such run"))
    assert world.posts() == 2


def test_another_outage_is_another_post(world):
    world.run("a", error=down("refused"))
    world.run("a")
    world.run("a", error=down("refused"))
    assert world.posts() == 3
