from __future__ import annotations

from tests.daemon.storm import storm


def test_kills_of_anything_at_any_moment_lose_repeat_and_reorder_nothing(tmp_path):
    """The long run of it is ``python -m tests.bench kills``."""
    count = storm(
        tmp_path, channels=40, posts=500, kills=50, every=10, pause=(0.2, 0.7)
    )
    assert count.posts >= 500
    assert min(count.kills[kind] for kind in ("daemon", "worker", "send")) >= 5
    assert (count.lost, count.unmarked, count.reordered) == (0, 0, 0)
    assert count.unlisted == 0, "the history lists each delivered message once"
    assert count.left == ()
    assert "Traceback" not in count.log
    assert count.repeated  # or the faults and kills have struck nowhere
