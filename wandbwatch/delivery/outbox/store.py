"""state.db: open it, lock it, replace it when it is corrupt, word its errors."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wandbwatch.delivery.outbox import schema
from wandbwatch.model.errors import StateError, UnusableStateError

log = logging.getLogger(__name__)

ROOM = 1 << 20
"""Bytes that must be free before a send starts: its end must be written too."""

_BUSY = 30.0
_LOG = 4 << 20
"""Bytes that the write-ahead log keeps after a large list."""
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


_GONE = (
    "%s was deleted or replaced while in use: continuing with the file that is there"
    " now; messages that waited in the old one are not sent"
)


class BrokenError(StateError):
    """The file is not a database any more; a new one takes its place."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """``state.db`` of a state directory; every error of it is a StateError.

    One store may be used by many threads, one file by many processes.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.path = directory / "state.db"
        self.now = now
        self._lock = threading.RLock()
        with _worded(self.path):
            _make(directory)
            self._open()

    def moment(self) -> float:
        """Return the time as the tables store it: POSIX seconds."""
        return self.now().timestamp()

    def read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, self._whole():
            return self._database.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when the block is left, or not at all."""
        with self._lock, self._whole():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            finally:
                # A full disk has rolled back already.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def vacuum(self, free: int) -> None:
        """Give unused space back to the disk when there are more than *free* bytes.

        It is only put off where the disk has no room for that, or somebody writes.
        """
        [[unused]] = self.read("PRAGMA freelist_count")
        [[size]] = self.read("PRAGMA page_size")
        if unused * size > free:
            with self._lock, contextlib.suppress(sqlite3.OperationalError):
                self._database.execute("VACUUM")

    def want_room(self) -> None:
        """Raise StateError unless there is room to write how things ended."""
        with _worded(self.path):
            disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < ROOM:
            raise StateError(
                f"{self.path.parent}: less than 1 MiB free; jobs and posts are"
                " paused until there is more"
            )

    def want_rights(self) -> None:
        """Raise StateError unless another process of ours may write, too.

        What is open stays writable for us when its rights are taken away.
        """
        for path in (self.path, self.path.parent):
            if path.exists() and not os.access(path, os.W_OK):
                raise StateError(f"{self.path}: {_WORDS['SQLITE_READONLY']}")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Start anew if the file is corrupt or has been replaced."""
        with _worded(self.path):
            gone = not self.path.exists() or self.path.stat().st_ino != self._inode
            if gone and not self._database.in_transaction:
                log.error(_GONE, self.path)
                self._open_again()
        try:
            with _worded(self.path):
                yield
        except BrokenError:
            with _worded(self.path):
                self._open_again()
            raise

    def _open(self) -> None:
        with self._alone():
            self._database = _opened(self.path, self.now())
            self._inode = self.path.stat().st_ino

    def _open_again(self) -> None:
        old = self._database
        self._open()
        old.close()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let only one process create or replace the file at a time."""
        path = self.path.parent / "state.lock"
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as e:
                raise no_locks(path, e) from e
            yield


_NOT_OURS = (errno.EEXIST, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS)
"""What stays wrong until somebody does something about it."""


def _make(directory: Path) -> None:
    """Make the state's directory; UnusableStateError where it can't be one of ours."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = [one for one in map(directory.joinpath, _FILES) if os.path.lexists(one)]
    except OSError as e:
        if e.errno in _NOT_OURS:
            raise UnusableStateError(f"{directory}: {e.strerror}; {_ANOTHER}") from e
        raise
    for path in (directory, *found):
        if path is not directory and not path.is_file():
            raise UnusableStateError(f"{path}: not a regular file; {_ANOTHER}")
        if not os.access(path, os.W_OK):
            raise UnusableStateError(f"{path}: {_WORDS['SQLITE_READONLY']}")


_FILES = ("state.db", "state.lock", "daemon.lock", "sender.lock")
_ANOTHER = "move it away, or set another [daemon] state"


def no_locks(path: Path, error: OSError) -> UnusableStateError:
    """Return the error for a file that can't be locked, as on some network disks."""
    return UnusableStateError(
        f"{path}: it can't be locked ({error.strerror}); set [daemon] state to a"
        " directory on a local disk"
    )


def _opened(path: Path, now: datetime) -> sqlite3.Connection:
    try:
        return _ready(path)
    except sqlite3.DatabaseError as e:
        if not _is_broken(e):
            raise
    aside = path.with_name(f"{path.name}.broken-{now:%Y%m%dT%H%M%SZ}")
    for suffix in ("", "-wal", "-shm"):
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.replace(aside.with_name(aside.name + suffix))
    log.error(
        "%s was corrupt: moved it to %s and created a new one; messages that waited"
        " in it are not sent, and every command starts from a new baseline",
        path,
        aside.name,
    )
    return _ready(path)


def _ready(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, timeout=_BUSY, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > schema.VERSION:
        raise UnusableStateError(
            f"{path} was written by a newer wandbwatch (schema {version}, known here:"
            f" {schema.VERSION}): upgrade wandbwatch, or set another state directory"
        )
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(f"PRAGMA journal_size_limit = {_LOG}")
    database.execute("PRAGMA foreign_keys = ON")
    if version == 0:
        path.chmod(0o600)
        _change(database, schema.TABLES, schema.VERSION)
    else:
        for newer in range(version + 1, schema.VERSION + 1):
            _change(database, schema.CHANGES[newer], newer)
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _broken(found)
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if missing := sorted(schema.NAMES - tables):
        raise _broken(f"no such table: {missing[0]}")


def _change(database: sqlite3.Connection, statements: str, version: int) -> None:
    database.executescript(
        f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {version}; COMMIT;"
    )


def _broken(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorname = "SQLITE_CORRUPT"
    return error


@contextlib.contextmanager
def _worded(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as e:
        broken = _is_broken(e)
        kind = BrokenError if broken else StateError
        raise kind(f"{path}: {_word(e)}") from e
    except OSError as e:
        raise StateError(f"{e.filename or path}: {e.strerror}") from e


def _is_broken(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(_BROKEN) or "no such table: " in str(error)


def _word(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    for start, words in _WORDS.items():
        if name.startswith(start):
            return words
    return str(error)


_WORDS = {
    "SQLITE_FULL": "the disk is full; free some space, and it continues by itself",
    "SQLITE_READONLY": "it can't be written; make it and its directory writable",
    "SQLITE_CANTOPEN": "it can't be opened; check the permissions of its directory",
    "SQLITE_IOERR": "reads or writes fail; check the disk, quotas and the system log",
    "SQLITE_BUSY": "another process holds its lock; stop that process",
    "SQLITE_CORRUPT": "it is corrupt; it is moved aside, and a new one is created",
    "SQLITE_NOTADB": "it is corrupt; it is moved aside, and a new one is created",
}


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
        log.warning("%s: can't be read (%s); starting without a memory", path, e)
        return
    with store.write() as database:
        database.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)", rows)
