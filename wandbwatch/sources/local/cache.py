"""What was read of large logs, kept for the next look.

A file for each log, which only its owner may read. It says what the log was like: where
it is, its size and times, and checksums of some of its blocks, others each time. What
is odd in any way is not used, and nothing depends on it but time.
"""

from __future__ import annotations

import json
import marshal
import os
import stat
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from zlib import crc32

if TYPE_CHECKING:
    from wandbwatch.sources.local.log import RunLog

VARIABLE = "WANDBWATCH_CACHE"
_FORMAT = (
    f"wandbwatch cache 3 {sys.byteorder} {sys.implementation.cache_tag}\n".encode()
)
_SAMPLED = 64
"""How many blocks of a log are compared each time."""
_LARGEST = 128 << 20
_MOST = 512 << 20
"""The most bytes of all files together; the least recently used ones go."""
_ARRAY = "\0array"
_DIRECTORY = "runs"


def directory(environ: Mapping[str, str]) -> Path | None:
    """Return where the cache is, None where there is none."""
    if environ.get(VARIABLE, "").lower() in {"off", "0", "no", "false"}:
        return None
    if systemd := environ.get("CACHE_DIRECTORY"):
        return Path(systemd.partition(":")[0]) / _DIRECTORY
    given, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if given.startswith("/"):
        return Path(given) / "wandbwatch" / _DIRECTORY
    return Path(home) / ".cache" / "wandbwatch" / _DIRECTORY if home else None


@dataclass(frozen=True)
class Kept:
    """One file of the cache: what JSON can say, and arrays that it names."""

    path: Path

    @classmethod
    def of(cls, what: str) -> Kept | None:
        root = directory(os.environ)
        if root is None:
            return None
        from hashlib import sha256  # noqa: PLC0415 -- nor is a single one named

        return cls(root / sha256(os.fsencode(what)).hexdigest()[:40])

    def load(self) -> Any:
        """Return what was kept; None if there is nothing or it is invalid.

        Arrays are `Stored`, and read when they are needed.
        """
        try:
            with _private(self.path) as file:
                found = _decoded(file, self.path)
            os.utime(self.path)
        except (OSError, ValueError, LookupError, TypeError, ArithmeticError):
            return None
        return found

    def save(self, known: Any) -> None:
        try:
            raw = _encoded(known)
            if len(raw) <= _LARGEST:
                _write(self.path, raw)
                _bound(self.path.parent, _MOST)
        except (OSError, ValueError, TypeError):  # a full disk, not our directory
            return


@dataclass(frozen=True)
class Cached:
    """What is kept of one log."""

    kept: Kept

    @classmethod
    def of(cls, log: RunLog) -> Cached | None:
        kept = Kept.of(os.path.realpath(log.path))
        return cls(kept) if kept else None

    def load(self, log: RunLog) -> Any:
        """Return what was kept, None unless *log* begins as it did then."""
        found = self.kept.load()
        try:
            return found["known"] if found and _same(log, found["log"]) else None
        except (ValueError, LookupError, TypeError, ArithmeticError):
            return None

    def save(self, log: RunLog, known: Any, blocks: int) -> None:
        """Keep what is *known* of the first *blocks* of *log*."""
        self.kept.save({"log": _identity(log, blocks), "known": known})


def _identity(log: RunLog, blocks: int) -> dict[str, Any]:
    import random  # noqa: PLC0415 -- small logs are not kept

    some = random.sample(range(blocks), min(_SAMPLED, blocks))
    # The first block has the header, a file grows from the last one.
    sums = {str(n): _checksum(log, n) for n in {*some, 0, blocks - 1} if n >= 0}
    return {"stat": _stat(log), "header": log.read(0, 7).hex(), "sums": sums}


def _stat(log: RunLog) -> list[int]:
    found = log.stat
    times = [found.st_mtime_ns, found.st_ctime_ns]
    return [found.st_dev, found.st_ino, found.st_size, *times]


def _same(log: RunLog, kept: Mapping[str, Any]) -> bool:
    device, inode, size, *times = kept["stat"]
    now = _stat(log)
    if now[:2] != [device, inode] or now[2] < size:
        return False
    if now[2] == size and now[3:] != times:
        return False
    if now[3] < times[0] or log.read(0, 7).hex() != kept["header"]:
        return False
    return all(_checksum(log, int(n)) == one for n, one in kept["sums"].items())


def _checksum(log: RunLog, block: int) -> int:
    return crc32(log.read(log.block_start(block), log.block_start(block + 1)))


@dataclass(frozen=True)
class Stored:
    """An array in a file of the cache."""

    path: Path
    at: int
    kind: str
    count: int
    checksum: int

    def array(self) -> array[Any]:
        """Read it; raises OSError or ValueError where it is not there any more."""
        found = array(self.kind)
        with _private(self.path) as file:
            raw = os.pread(file.fileno(), self.count * found.itemsize, self.at)
        if crc32(raw) != self.checksum:
            raise ValueError
        found.frombytes(raw)
        return found


def _encoded(value: Any) -> bytes:
    """Write *value* as JSON has it, but in Python's own form: it is read three times
    as fast, and nobody else can have written it (see `_private`)."""
    arrays: list[memoryview] = []

    def spelled(one: Any) -> Any:
        if not isinstance(one, array):
            raise TypeError
        arrays.append(memoryview(one).cast("B"))
        return {_ARRAY: [one.typecode, len(one), crc32(arrays[-1])]}

    known = marshal.dumps(json.loads(json.dumps(value, default=spelled)))
    head = crc32(known).to_bytes(4, "little") + len(known).to_bytes(8, "little")
    return b"".join([_FORMAT, head, known, *arrays])


def _decoded(file: BinaryIO, path: Path) -> Any:
    head = file.read(len(_FORMAT) + 12)
    length = _number(head[-8:])
    raw = file.read(length) if head.startswith(_FORMAT) else b""
    if not raw or crc32(raw) != _number(head[-12:-8]):
        raise ValueError
    at = len(head) + length

    def found(one: Any) -> Any:
        nonlocal at
        if isinstance(one, list):
            return [found(inner) for inner in one]
        if not isinstance(one, dict):
            return one
        if _ARRAY not in one:
            return {name: found(inner) for name, inner in one.items()}
        kind, count, checksum = one[_ARRAY]
        stored = Stored(path, at, kind, count, checksum)
        at += count * array(kind).itemsize
        return stored

    known = marshal.loads(raw)  # noqa: S302 -- our own, unchanged
    known = found(known) if _ARRAY.encode() in raw else known
    if at != os.fstat(file.fileno()).st_size:
        raise ValueError
    return known


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _private(path: Path) -> BinaryIO:
    """Open a file that nobody else can have written."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    about = os.fstat(descriptor)
    ours = stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid()
    if not ours or about.st_mode & 0o077 or about.st_size > _LARGEST:
        file.close()
        raise ValueError
    return file


def _write(path: Path, raw: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            file.write(raw)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _bound(root: Path, most: int) -> None:
    """Remove the least recently used files."""
    with os.scandir(root) as entries:
        files = [(one.stat(follow_symlinks=False), one.path) for one in entries]
    total = sum(about.st_size for about, _ in files)
    for about, path in sorted(files, key=lambda one: one[0].st_mtime_ns):
        if total <= most:
            return
        Path(path).unlink(missing_ok=True)
        total -= about.st_size
