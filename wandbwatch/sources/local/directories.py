"""Where local runs are: directories as wandb lays them out.

A ``wandb`` or ``.wandb`` directory has one directory a run (``run-DATE_TIME-ID`` or
``offline-run-DATE_TIME-ID``, perhaps with ``-1`` behind it) with ``run-ID.wandb`` in
it; a resumed run has one each time. ``latest-run`` links to one of them, or to nothing;
where links were copied as directories, it may be the only one.

A sweep of jobs has a ``wandb`` directory a job, below directories of their own
(``multirun/DATE/TIME/0/wandb``).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from wandbwatch.formatting.text import closest
from wandbwatch.model.address import Local
from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.report import remark

_ROOTS = ("wandb", ".wandb")
_RUNS = ("run-", "offline-run-")
_OURS = (*_RUNS, "experiment-")
"""Directories to look into: an experiment has one of its own with a root in it."""
_LATEST = "latest-run"
_DEEPEST = 6
"""Levels below a directory that are searched when it has no runs of its own."""
MANY = 50
"""The fewest runs of a directory for which what was found is kept."""
SETTLED = 2_000_000_000
"""Nanoseconds after which a change of a file shows in its times."""
_MOST = 20_000
"""Directories that are searched at most."""
_CLOUD = re.compile(r"\w[\w.-]*(/\w[\w.-]*){1,2}")
"""What could be ENTITY/PROJECT or ENTITY/PROJECT/RUN, as in ``acme/gpt/``."""
_NEXT = "name a directory that wandb wrote to, or a .wandb file"


def files(path: Path) -> list[Path]:
    """Return the .wandb files that *path* means (see `named`)."""
    return list(map(Path, named(path)))


def named(path: Path) -> list[str]:
    """Return the paths of the .wandb files that *path* means, at least one.

    *path* is such a file, a run's directory, a ``wandb`` directory, what holds one, or
    a directory with several of these somewhere below. A run's directory means the
    others of that run as well; a file is that file alone.
    A path that does not exist may name a run by its id, right after its directory.
    """
    path = path.expanduser()
    try:
        if path.is_file():
            return [str(path)]
        if not path.is_dir():
            return _by_id(path)
        found = _here(path)
        found, searched = (found, True) if found else _below(path)
    except OSError as e:
        raise SourceError(f"{e.filename or path} cannot be read: {e.strerror}") from e
    if not found:
        deep = "" if searched else f", nor {_DEEPEST} levels below"
        raise NotFoundError(f"{Local(path)} has no W&B runs in it{deep}; {_NEXT}")
    if not searched:
        remark(
            f"{Local(path)} was searched {_DEEPEST} levels deep; name a directory"
            " further down for the runs there"
        )
    return found


def holds_runs(path: Path) -> bool:
    """Return whether wandb wrote runs to the directory *path* itself, not below it."""
    try:
        return path.is_dir() and bool(_here(path))
    except OSError:
        return False


def here(path: Path) -> list[Path]:
    """Return the files of a run's directory, a root of runs, or what holds a root."""
    return list(map(Path, _here(path)))


def _here(path: Path) -> list[str]:
    found = _of_run(path) or _in_root(path)
    for root in _ROOTS:
        if not found and (path / root).is_dir():
            found = _in_root(path / root)
    return found


def _below(path: Path) -> tuple[list[str], bool]:
    """Search the tree at *path*; return its files, and whether that was all of it."""
    found: list[str] = []
    level, whole, left = [path], True, _MOST
    for depth in range(_DEEPEST + 1):
        deeper: list[Path] = []
        for directory in level:
            for one in _entered(directory):
                if one.name in _ROOTS:
                    found += _in_root(one)
                elif one.name.startswith(_RUNS):
                    found += _in_run(one)
                elif one.name[:1] != ".":
                    deeper.append(one)
        whole = whole and len(deeper) <= left
        level, left = deeper[:left], left - len(deeper[:left])
        if depth == _DEEPEST:
            whole = whole and not deeper
    found.sort(key=lambda file: _made(os.path.basename(os.path.dirname(file))))  # noqa: PTH119, PTH120 -- thousands
    return found, whole


def _entered(path: Path) -> list[Path]:
    """Return the directories in *path*; none if it may not be entered."""
    try:
        with os.scandir(path) as entries:
            inner = [e for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(Path(one.path) for one in inner)


def is_one_run(path: Path) -> bool:
    """Return whether *path* is a run's file or directory, not a directory of runs."""
    path = path.expanduser()
    return not path.is_dir() or bool(_in_run(path))


def _by_id(path: Path) -> list[str]:
    """Return the files of the run that *path*, which does not exist, names by its id.

    The tree below its directory is not searched for what may be a typo.
    """
    may_hold = not path.is_symlink() and path.parent.is_dir()
    beside = _here(path.parent) if may_hold else []
    found = [file for file in beside if file.endswith(f"/run-{path.name}.wandb")]
    if not found:
        raise NotFoundError(_missing(path))
    return found


def _of_run(path: Path) -> list[str]:
    """Return a run directory's file, and those of the same run beside it."""
    own = _in_run(path)
    if len(own) != 1 or not path.resolve().name.startswith(_RUNS):
        return own
    beside = _in_root(path.resolve().parent)
    name = _base(own[0])
    return [file for file in beside if _base(file) == name] or own


def _base(file: str) -> str:
    return file.rpartition(os.sep)[2]


def _in_root(path: Path) -> list[str]:
    with os.scandir(path) as entries:
        ours = [e for e in entries if e.name.startswith(_OURS) and e.is_dir()]
    runs = [(e.name, e.path) for e in ours if e.name.startswith(_RUNS)]
    for one in ours:
        runs += [] if one.name.startswith(_RUNS) else _of_experiment(Path(one.path))
    runs.sort(key=lambda run: _made(run[0]))
    found = _in_runs(path, [run for _, run in runs])
    latest = _in_run(path / _LATEST) if (path / _LATEST).is_dir() else []
    known = {_base(file) for file in found} if latest else set()
    return [*found, *(file for file in latest if _base(file) not in known)]


def _in_runs(root: Path, runs: Sequence[str]) -> list[str]:
    """Return the files in the directories of *runs*, which stand in *root*.

    Of many, those that have not changed are not listed again: a directory's change
    time does not go back, and tells of each file that comes, goes or gets a name.
    """
    kept = None
    if len(runs) >= MANY:
        from wandbwatch.sources.local.cache import Kept  # noqa: PLC0415 -- for many

        kept = Kept.of(f"directories {root.absolute()}")
    if kept is None:
        return [file for run in runs for file in _in_run(run)]
    loaded = kept.load()
    known: dict[str, list[int | str]] = loaded if isinstance(loaded, dict) else {}
    found: list[str] = []
    listed: dict[str, list[int | str]] = {}
    settled = time.time_ns() - SETTLED
    for run in runs:
        at = os.stat(run)  # noqa: PTH116 -- for thousands of them
        stamp = [at.st_dev, at.st_ino, at.st_ctime_ns]
        entry = known.get(run)
        if entry and entry[:3] == stamp:
            found += [f"{run}/{name}" for name in entry[3:]]
            continue
        files, linked = _listed(run)
        found += files
        if at.st_ctime_ns < settled and not linked:  # what it leads to may change
            listed[run] = [*stamp, *map(_base, files)]
    if listed:
        there = set(runs)
        kept.save({run: one for run, one in known.items() if run in there} | listed)
    return found


def _of_experiment(path: Path) -> list[tuple[str, str]]:
    """Return the name and path of each run's directory that one of our experiments has
    left."""
    root = path / _ROOTS[0]
    if not root.is_dir():
        return []
    with os.scandir(root) as entries:
        runs = [e for e in entries if e.name.startswith(_RUNS) and e.is_dir()]
    return [(e.name, e.path) for e in runs]


def _made(name: str) -> str:
    """Order by the time in a run's name, offline or not."""
    return name.removeprefix("offline-")


def _in_run(path: Path | str) -> list[str]:
    return _listed(path)[0]


def _listed(path: Path | str) -> tuple[list[str], bool]:
    """Return the files of a run's directory, and whether that may change unseen.

    Of a directory that may not be entered, the file is named that it should hold: its
    run is listed as one that cannot be read.
    """
    try:
        with os.scandir(path) as entries:
            ours = [
                e
                for e in entries
                if e.name.endswith(".wandb") and e.name.startswith("run-")
            ]
    except PermissionError:
        parts = Path(path).resolve().name.removeprefix("offline-").split("-", 2)
        if len(parts) < 3:  # noqa: PLR2004 -- run, time, id
            raise
        return [f"{path}/run-{parts[2]}.wandb"], True
    linked = any(e.is_symlink() for e in ours)
    return sorted(e.path for e in ours if _is_file(e)), linked


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself, which cannot be read
        return True


def _missing(path: Path) -> str:
    if path.is_symlink():
        return (
            f"{Local(path)} is a broken link; {Local(path.parent)} may have other runs"
        )
    beside = [one.name for one in _entered(path.parent)]
    near = closest(path.name, beside)
    hint = f"did you mean {str(Local(path.parent / near))!r}?" if near else _NEXT
    if not near and _CLOUD.fullmatch(str(path)):
        hint += f"; in W&B, write {path}"
    return f"{Local(path)} does not exist; {hint}"
