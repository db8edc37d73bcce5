from __future__ import annotations

from wandbwatch.daemon.jobs.news import LineResult, failure, news
from wandbwatch.model.report import Level, Note, Report

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
