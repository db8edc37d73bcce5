from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.delivery.sender.decision import RateLimiter, limiter_after
from wandbwatch.model.delivery import Rate

SECONDS = st.floats(0, 3)


@given(st.lists(st.tuples(SECONDS, SECONDS, SECONDS), min_size=40, max_size=90))
def test_no_window_ever_holds_more_than_its_limit(sends):
    """Whatever passes between sends, on their way there and on the way back."""
    limiter, now, arrived = RateLimiter(), 1000.0, []
    for idle, there, back in sends:
        now += idle
        now += limiter.delay(now)
        arrived.append(now + there / 10)
        now += there / 10 + back / 10
        limiter.ended(now)
    for count, seconds in ((5, 2.0), (30, 60.0)):
        spans = zip(arrived, arrived[count:], strict=False)
        assert all(later - first > seconds for first, later in spans)


def test_what_an_answer_says_is_believed_for_a_while():
    limiter = RateLimiter()
    limiter.ended(100.0, Rate(0, 7.5))
    assert 7.5 < limiter.delay(100.0) < 8
    limiter.ended(108.0, Rate(3, 1.0))
    assert limiter.delay(108.0) == 0
    limiter.ended(108.0, Rate(0, 1e9))
    assert limiter.delay(108.0) <= 61


def test_a_clock_that_was_put_back_delays_nothing():
    limiter = RateLimiter()
    for _ in range(30):
        limiter.ended(1e6, Rate(0, 2.0))
    assert limiter.delay(1000.0) <= 61


def test_the_last_send_of_a_sender_that_died_may_end_right_now():
    limiter = limiter_after((100.0, 100.1, 100.2, 100.3, 100.4), 101.0)
    assert 1.0 < limiter.delay(101.0) < 1.3
    assert limiter_after((), 101.0).delay(101.0) == 0
