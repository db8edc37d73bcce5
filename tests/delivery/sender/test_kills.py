from __future__ import annotations

from tests.delivery.sender.storm import storm


def test_kills_at_any_moment_lose_repeat_and_reorder_nothing(tmp_path):
    """The long run of it is ``python -m tests.bench outbox``."""
    count = storm(tmp_path, channels=20, messages=100, kills=10, longest=1.6)
    assert count.kills >= 3
    assert (count.lost, count.unmarked, count.reordered) == (0, 0, 0)
    assert b"Traceback" not in (tmp_path / "log").read_bytes()
