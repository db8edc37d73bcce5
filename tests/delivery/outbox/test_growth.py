"""After months the outbox is as quick and as small as on its first day."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from wandbwatch.delivery.digests import HeldMessages
from wandbwatch.delivery.outbox import (
    Outbox,
    OutboxAdmin,
    Queue,
    SendResults,
    Store,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import MessageFile
from wandbwatch.model.settings import Keep

from tests.delivery.outbox.messages import NOON, Clock, enqueue, head, queued

PLOT = MessageFile("plot.png", bytes(200_000))
MEBIBYTE = 1 << 20


def test_no_question_reads_what_has_ended(tmp_path, opened):
    """Of some hundred thousand kept rows, each look would take a tenth of a second."""
    store = opened(tmp_path)
    asked: list[str] = []
    database = store._database  # noqa: SLF001 -- to see what it is asked
    database.set_trace_callback(asked.append)
    _day(store, 0)
    queue = Queue(store)
    queue.recover()
    queue.head("lab", quiet=Level.BAD)
    HeldMessages(store).hold("lab", Level.BAD)
    SendResults(store).expire("lab")
    database.set_trace_callback(None)
    plans = {sql: _plan(database, sql) for sql in asked if "message" in sql}
    assert len(plans) > 10
    slow = {
        sql: step
        for sql, plan in plans.items()
        for step in plan
        if step in {"SCAN message", "SCAN m"} or "COVERING INDEX once" in step
    }
    assert slow == {}


def test_it_does_not_grow(tmp_path, opened):
    clock = Clock(NOON)
    store = opened(tmp_path, clock.now)
    sizes = []
    for day in range(60):
        _day(store, day)
        clock.wait(timedelta(days=1).total_seconds())
        sizes.append(_pages(store))
    assert sizes[-1] <= max(sizes[:32]), "the history keeps 30 days"
    assert max(sizes) <= max(sizes[:10]) + 2
    (rows,) = store.read("SELECT count(*) FROM message")[0]
    assert rows <= 8
    (rows,) = store.read("SELECT count(*) FROM posted")[0]
    assert rows <= 31


def test_its_log_is_small_again_after_a_large_list(tmp_path, opened):
    store = opened(tmp_path)
    plots = tuple(MessageFile(f"{i}.png", PLOT.content) for i in range(40))
    with Outbox(store).round() as round_:
        round_.enqueue(queued("large", files=plots))
    log = Path(tmp_path / "state.db-wal")
    assert log.stat().st_size > 4 * MEBIBYTE
    for hour in range(1, 4):
        with Outbox(store).round() as round_:
            round_.enqueue(queued("small", hour=hour))
    assert log.stat().st_size <= 4 * MEBIBYTE


def _day(store: Store, day: int) -> None:
    """One job, and its message delivered."""
    outbox = Outbox(store)
    outbox.settled("gpt", NOON)
    with outbox.round() as round_:
        round_.enqueue(queued(f"day {day}", hour=24 * day, files=(PLOT,)))
        round_.done("gpt", NOON + timedelta(days=day))
    assert outbox.pending() == 1
    queue = Queue(store)
    assert queue.channels() == ("lab",)
    waiting = queue.head("lab")
    assert waiting
    assert queue.rest(waiting.queued)
    queue.claim(waiting, "bucket")
    SendResults(store).delivered(waiting, str(day), None)


def _plan(database: sqlite3.Connection, sql: str) -> list[str]:
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}")]


def _pages(store: Store) -> int:
    count: int = store.read("PRAGMA page_count")[0][0]
    return count


def test_each_limit_is_a_setting_of_the_state(tmp_path, opened):
    clock = Clock(NOON)
    store = opened(tmp_path, clock.now)
    day = timedelta(days=1).total_seconds()
    Outbox(store).set_keep(Keep(delivered=day, failed=3 * day, history=2 * day))
    _day(store, 0)
    with Outbox(store).round() as round_:
        round_.enqueue(queued("refused", "bert"))
    SendResults(store).failed(head(store), "50035")
    left = []
    for _ in range(4):
        clock.wait(day + 1)
        with Outbox(store).round():
            pass
        states = [state for (state,) in store.read("SELECT state FROM message")]
        posted = len(store.read("SELECT 1 FROM posted"))
        left.append((states.count("delivered"), states.count("failed"), posted))
    assert left == [(0, 1, 1), (0, 1, 0), (0, 0, 0), (0, 0, 0)]


def test_pictures_of_failed_messages_go_early_and_the_text_says_so(tmp_path, opened):
    clock = Clock(NOON)
    store = opened(tmp_path, clock.now)
    embed = {"title": "loss", "image": {"url": "attachment://plot.png"}}
    body = {"content": "x", "embeds": [embed], "attachments": [{"id": 0}]}
    message = replace(queued("x", files=(PLOT,)).message, body=json.dumps(body))
    with Outbox(store).round() as round_:
        round_.enqueue(replace(queued("x"), message=message))
    SendResults(store).failed(head(store), "50035")
    clock.wait(timedelta(days=8).total_seconds())
    with Outbox(store).round():
        pass
    assert store.read("SELECT 1 FROM file") == []
    OutboxAdmin(store).retry()
    left = json.loads(head(store).queued.message.body)
    assert left["content"] == "x\n(its files are no longer kept)"
    assert left["embeds"] == [{"title": "loss"}]
    assert "attachments" not in left


def test_unused_space_is_given_back(tmp_path, opened):
    store = opened(tmp_path)
    plots = tuple(MessageFile(f"{i}.png", PLOT.content) for i in range(40))
    enqueue(store, queued("large", files=plots))
    SendResults(store).failed(head(store), "50035")
    OutboxAdmin(store).drop()
    before = _pages(store)
    store.vacuum(16 * MEBIBYTE)
    assert _pages(store) == before, "too little for the trouble"
    store.vacuum(MEBIBYTE)
    assert _pages(store) < before / 10
