"""The memory of another state, for what is only tried."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

from wandbwatch.delivery.outbox.store import Store

log = logging.getLogger(__name__)


def copy_memory(store: Store, directory: Path) -> None:
    """Copy to *store* what lines remember in the state in *directory*, if there is one.

    That one is only read. Where it can't be, *store* begins without a memory.
    """
    path = directory / "state.db"
    if not path.exists():
        return
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as other:
            rows = other.execute(
                "SELECT subscription, line, key, value FROM memory"
            ).fetchall()
    except sqlite3.Error as e:
        log.warning("%s: it can't be read (%s): nothing is remembered", path, e)
        return
    with store.write() as database:
        database.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)", rows)
