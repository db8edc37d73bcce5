"""Whether what is to be started can be: one clear line where it can't."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from wandbwatch.model.errors import UsageError

_HEAD = 512
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe")
_MOST_WORDS = 2


def checked(
    script: str, launcher: Sequence[str], workdir: Path, environ: Mapping[str, str]
) -> str:
    """Return the path of *script*, absolute; UsageError where it can't be started.

    With a launcher it is the launcher that starts it, perhaps on another machine:
    then the launcher alone has to be there.
    """
    if not workdir.is_dir():
        raise UsageError(f"{workdir}: no such directory to start in")
    if not os.access(workdir, os.W_OK):
        raise UsageError(f"{workdir}: not writable; runs leave their files there")
    path = workdir / Path(script).expanduser()
    if launcher:
        _found(launcher[0], environ, "the launcher")
        return str(path)
    if not path.exists():
        raise UsageError(f"{path}: no such script")
    if not path.is_file():
        raise UsageError(f"{path}: not a file")
    if not os.access(path, os.X_OK):
        raise UsageError(f"{path}: not executable; chmod +x it")
    _check_start(path, environ)
    return str(path)


def _check_start(path: Path, environ: Mapping[str, str]) -> None:
    """Look at how the script begins: the kernel says no more than that it won't."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as e:
        raise UsageError(f"{path}: cannot be read: {e.strerror}") from e
    if head.startswith(_PROGRAMS):
        return
    if not head.startswith(b"#!"):
        raise UsageError(
            f"{path}: has no interpreter line; start it with #!/bin/bash or the like"
        )
    line = head[2:].split(b"\n")[0]
    if line.endswith(b"\r"):
        raise UsageError(f"{path}: has Windows line endings; run dos2unix")
    words = os.fsdecode(line).split()
    if not words or not Path(words[0]).exists():
        name = words[0] if words else "nothing"
        raise UsageError(f"{path}: its interpreter {name} does not exist")
    if Path(words[0]).name == "env" and len(words) >= _MOST_WORDS:
        named = next(
            (w for w in words[1:] if not w.startswith("-") and "=" not in w), ""
        )
        if named:
            _found(named, environ, f"{path}: it is run by")


def _found(program: str, environ: Mapping[str, str], what: str) -> None:
    if shutil.which(program, path=environ.get("PATH")) is None:
        raise UsageError(f"{what} {program}: no such program")
