"""Links in a run's directory, which somebody else may read with more rights.

The SDK links what `wandb.save` is given, and a script can link anything. A link is
followed only to a file that the run's owner owns: not to what only we may read.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO


def open_own(path: Path, directory: Path) -> BinaryIO:
    """Open a file below *directory* of a run; OSError for a link to another's file."""
    linked = _is_link(path, directory)
    file = path.open("rb")
    if linked and os.fstat(file.fileno()).st_uid != directory.stat().st_uid:
        file.close()
        why = "it links to a file of another user"
        raise PermissionError(errno.EPERM, why, str(path))
    return file


def follows(path: Path, directory: Path) -> bool:
    """Whether *path* is no link, or one to a file of the owner of *directory*."""
    return (
        not _is_link(path, directory) or path.stat().st_uid == directory.stat().st_uid
    )


def _is_link(path: Path, directory: Path) -> bool:
    return path.resolve() != directory.resolve() / path.relative_to(directory)
