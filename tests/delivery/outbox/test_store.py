"""A file that is broken, foreign, full or not ours to write."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys

import pytest
from wandbwatch.delivery.outbox import Outbox, Queue, Store
from wandbwatch.model.errors import StateError

from tests.delivery.outbox.messages import Clock, head, queued


def fill(store: Store, count: int = 1) -> None:
    with Outbox(store).round() as round_:
        for i in range(count):
            round_.enqueue(queued("x" * 500, sequence=i))


def test_the_file_is_private_and_durable(tmp_path, opened):
    store = opened(tmp_path / "new" / "state")
    assert store.path.stat().st_mode & 0o077 == 0
    assert store.read("PRAGMA synchronous") == [(2,)]
    assert store.read("PRAGMA journal_mode") == [("wal",)]
    store.close()


@pytest.mark.parametrize("damage", ["text", "middle"])
def test_a_broken_file_is_put_aside_and_said(tmp_path, caplog, damage, opened):
    store = opened(tmp_path, Clock().now)
    fill(store, 200)
    store.close()
    if damage == "text":
        store.path.write_text("not a database at all")
    else:
        whole = bytearray(store.path.read_bytes())
        whole[4096:12288] = os.urandom(8192)
        store.path.write_bytes(whole)
    with caplog.at_level(logging.ERROR):
        again = opened(tmp_path, Clock().now)
    assert "moved it to state.db.broken-20260105T120000Z" in caplog.text
    assert Outbox(again).pending() == 0
    fill(again)
    assert (tmp_path / "state.db.broken-20260105T120000Z").exists()
    again.close()


def test_a_file_that_breaks_later_is_put_aside_then(tmp_path, opened):
    """Whoever has it open goes on with the new one, whoever noticed first."""
    store, other = opened(tmp_path), opened(tmp_path)
    fill(store, 200)
    store.read("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(store.path.stat().st_size - 8192))
    with pytest.raises(StateError, match="corrupt"):
        other.read("SELECT sum(length(body)) FROM message")
    fill(other)
    fill_more(store)
    assert Outbox(store).pending() == Outbox(other).pending() == 101
    assert len(list(tmp_path.glob("state.db.broken-*Z"))) == 1
    store.close()
    other.close()


def test_a_file_that_was_taken_away_is_made_again(tmp_path, opened):
    store = opened(tmp_path)
    fill(store)
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    assert Outbox(store).pending() == 0
    fill(store)
    assert Outbox(store).pending() == 1
    store.close()


def test_a_newer_file_is_refused_and_left_alone(tmp_path, opened):
    store = opened(tmp_path)
    fill(store)
    store.close()
    database = sqlite3.connect(store.path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StateError, match="newer wandbwatch"):
        Store(tmp_path)
    database = sqlite3.connect(store.path)
    assert database.execute("SELECT count(*) FROM message").fetchone() == (1,)
    database.close()


def test_a_full_disk_loses_nothing_and_passes(tmp_path, opened):
    store = opened(tmp_path)
    fill(store)
    pages = store.read("PRAGMA page_count")[0][0]
    store.read(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError, match="the disk is full"):
        fill_more(store)
    assert Outbox(store).pending() == 1
    store.read("PRAGMA max_page_count = 100000")
    fill_more(store)
    assert Outbox(store).pending() == 101
    store.close()


def fill_more(store: Store) -> None:
    with Outbox(store).round() as round_:
        for i in range(1, 101):
            round_.enqueue(queued("y" * 2000, sequence=i))


def test_nothing_is_claimed_without_room_to_write_its_end(
    tmp_path, monkeypatch, opened
):
    store = opened(tmp_path)
    fill(store)
    real = os.statvfs(tmp_path)
    fields = list(real)
    fields[4] = 1
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(fields))
    with pytest.raises(StateError, match="less than 1 MiB free"):
        Queue(store).claim(head(store), "bucket")
    assert Queue(store).recover() == 0
    store.close()


def test_a_directory_that_is_no_directory_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError) as raised:
        Store(tmp_path / "file")
    assert "\n" not in str(raised.value)


def test_a_read_only_database_is_worded(tmp_path, opened):
    store = opened(tmp_path)
    store.read("PRAGMA query_only = 1")
    with pytest.raises(StateError, match="writable"):
        fill(store)
    store.close()


def test_two_processes_make_one_file(tmp_path):
    code = (
        "import sys, pathlib; from wandbwatch.delivery.outbox import Store;"
        "Store(pathlib.Path(sys.argv[1])).close()"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(4)
    ]
    assert [start.wait() for start in starts] == [0, 0, 0, 0]
    assert [p.name for p in tmp_path.glob("*broken*")] == []


def test_it_needs_nothing_but_the_standard_library():
    code = (
        "import sys; before = set(sys.modules); import wandbwatch.delivery.outbox;"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) - set(sys.stdlib_module_names) == {"wandbwatch"}


def test_tables_of_the_first_version_become_todays(tmp_path, opened):
    opened(tmp_path).close()
    database = sqlite3.connect(tmp_path / "state.db")
    database.executescript(
        "DROP INDEX line; DROP INDEX once; DROP INDEX ended; DROP TABLE experiment;"
        " ALTER TABLE message DROP COLUMN place; DROP TABLE live;"
        " CREATE TABLE live (channel TEXT NOT NULL, subscription TEXT NOT NULL,"
        "  sequence INTEGER NOT NULL, message_id TEXT NOT NULL,"
        "  PRIMARY KEY (channel, subscription, sequence));"
        " INSERT INTO live VALUES ('lab', 'loss', 1, '77');"
        " INSERT INTO message (channel, subscription, slot, sequence, kind, level,"
        "  edit, body, created) VALUES ('lab', 'loss', '2026-01-01T00:00:00+00:00',"
        "  1, 'report', 'info', 1, 'b', 0);"
        " PRAGMA user_version = 1;"
    )
    database.close()
    queue = Queue(opened(tmp_path))
    waiting = queue.head("lab")
    assert waiting is not None
    assert waiting.queued.place == "1"
    assert queue.live(waiting.queued) == "77"
