"""File names from outside, made safe to write in our directory."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from zlib import crc32

from wandbwatch import formatting
from wandbwatch.model.errors import WandbwatchError

_LONGEST = 120
"""Bytes of one name; file systems take 255, and we put a little before it."""
_LONGEST_STEM = 80
_DEEPEST = 16
_UNWANTED = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_PLAIN = re.compile(r"[^a-z0-9]+")
_SUFFIX = re.compile(r"(\.[a-z0-9]{1,5}){1,2}$")


class Names:
    """Gives each file a name of its own, also where ``A`` and ``a`` are the same.

    No file has the name of a directory of another one, as ``a`` and ``a/b`` would.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._directories: set[str] = set()

    def take(self, name: str) -> str:
        if self._taken & _directories(_folded(name)):
            name = name.replace("/", "_")
        head, end = name, ""
        if found := _SUFFIX.search(name.lower()):
            head, end = name[: found.start()], name[found.start() :]
        free, count = name, 1
        while (same := _folded(free)) in self._taken | self._directories:
            count += 1
            free = f"{head}_{count}{end}"
        self._taken.add(same)
        self._directories |= _directories(same)
        return free


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _directories(name: str) -> set[str]:
    return {str(parent) for parent in PurePosixPath(name).parents} - {"."}


def safe(path: str) -> str:
    """Return a relative path made of *path*, of names that every file system takes.

    What would lead elsewhere (``..``, a root, a drive) is left out.
    """
    parts = [_part(part) for part in re.split(r"[/\\]", path)]
    return "/".join(part for part in parts if part)[-_DEEPEST * _LONGEST :] or "file"


def stays(path: str) -> bool:
    """Whether *path* stays below where it starts."""
    parts = PurePosixPath(path)
    return bool(parts.parts) and not parts.is_absolute() and ".." not in parts.parts


def plain(text: str, suffix: str = "") -> str:
    """Return a name of a-z, 0-9 and _ for *text*, with *suffix*."""
    return f"{stem(text, 'file')}{suffix}"


def stem(text: str, empty: str) -> str:
    """Return the a-z and 0-9 of *text*, or *empty*.

    Where that leaves out letters, a digest keeps the names of two texts apart.
    """
    known = unicodedata.normalize("NFKD", text)
    plain_text = known.encode("ascii", "ignore").decode().lower()
    found = _PLAIN.sub("_", plain_text).strip("_")[:_LONGEST_STEM].strip("_") or empty
    if any(c.isalnum() and not c.isascii() for c in known):
        found += f"_{crc32(text.encode('utf-8', 'surrogatepass')):08x}"
    return found


_MIMES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".ogv": "video/ogg",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".html": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
    ".txt": "text/plain",
}


def mime(path: str) -> str:
    """Return the MIME type that a file's name says; empty if unknown."""
    return _MIMES.get(suffix(path), "")


def suffix_of(mime: str) -> str:
    """Return the suffix of files of type *mime*; ``.bin`` for an unknown one."""
    return next((end for end, held in _MIMES.items() if held == mime), ".bin")


def suffix(path: str) -> str:
    """Return the suffix of *path*, such as ``.png``; "" if it is unusual."""
    found = re.search(r"\.[a-z0-9]{1,8}$", path.lower())
    return found[0] if found else ""


def write(directory: Path, name: str, content: Iterable[bytes]) -> Path:
    """Write *content* whole or not at all to *name* below *directory*.

    A file of that name is written over; a link that leads elsewhere is not followed.
    Raises WandbwatchError for what the disk minds, and what *content* raises.
    """
    path = directory / name
    draft = path.with_name(f".{os.getpid()}.part")
    try:
        _enter(directory, PurePosixPath(name).parent)
        draft.unlink(missing_ok=True)
        try:
            with draft.open("xb") as file:
                for piece in content:
                    file.write(piece)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, ValueError) as e:  # ValueError: a NUL in the path
        why = getattr(e, "strerror", None) or e
        raise WandbwatchError(
            f"cannot save files in {str(directory)!r}: {why};"
            " --out DIR saves them elsewhere"
        ) from e
    return path


def _enter(directory: Path, below: PurePosixPath) -> None:
    """Make the directories of a name; refuse links, which could lead anywhere."""
    directory.mkdir(parents=True, exist_ok=True)
    for part in below.parts:
        directory /= part
        if directory.is_symlink():
            raise OSError(0, f"{directory.name!r} in it is a link")
        directory.mkdir(exist_ok=True)


def _part(part: str) -> str:
    part = _UNWANTED.sub("_", formatting.clean(part)).strip().rstrip(". ")
    if set(part) <= {"."}:
        return ""
    if _RESERVED.match(part):
        part = f"_{part}"
    return _shortened(part)


def _shortened(part: str) -> str:
    """Cut the middle out of a name; its end says what it is."""
    raw = part.encode("utf-8", "replace")
    if len(raw) <= _LONGEST:
        return raw.decode()
    half = _LONGEST // 2
    return (
        f"{raw[:half].decode('utf-8', 'ignore')}{raw[-half:].decode('utf-8', 'ignore')}"
    )
