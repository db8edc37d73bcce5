"""The names at an address, for completion: from local files at once, from W&B through a
cache of some minutes, which a process in the background renews.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wandbwatch import plugins
from wandbwatch.model.address import Address, Cloud, Local

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env

Names = Mapping[str, list[str]]
"""Names by their kind: projects, runs (ids and display names), sweeps, keys, config."""

_LOCAL: Any = plugins.load("wandbwatch.sources", "local")

FRESH = 300
"""Seconds for which names from W&B are not asked for again."""
_PAUSE = 60
"""Seconds between two questions, where the first failed."""
_RUNS = 200
_READ = 5
"""Runs whose keys are read."""


def projects() -> Names:
    return _cached("")


def at(address: Address) -> Names:
    """Return the names in the project or directory of *address*, as far as known."""
    if isinstance(address, Local):
        found: Names = _LOCAL.names(address.path) or _LOCAL.names(address.path.parent)
        return found
    if isinstance(address, Cloud) and address.project and not address.server:
        return _cached(str(replace(address, run=None, sweep=None)))
    return {}


def learn(text: str, env: Env) -> None:
    """Ask W&B for the names at the address *text*, and keep them; "": the projects."""
    kept = _kept(text)
    if kept:
        found = _of_project(text, env) if text else _of_user(env)
        kept.save({**found, "at": time.time()})


def _cached(text: str) -> Names:
    kept = _kept(text)
    if kept is None:
        return {}
    found = kept.load() or {}
    if not 0 <= time.time() - found.pop("at", 0) < FRESH:
        _ask(text, kept)
    names: Names = found
    return names


def _kept(text: str) -> Any:
    server = os.environ.get("WANDB_BASE_URL", "")
    return _LOCAL.kept(f"completion {server} {text}")


def _ask(text: str, kept: Any) -> None:
    """Start a process that learns the names, unless one was started just now."""
    mark = kept.path.with_suffix(".asked")
    try:
        kept.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if mark.exists() and abs(time.time() - mark.stat().st_mtime) < _PAUSE:
            return
        mark.touch(0o600)
        environ = {k: v for k, v in os.environ.items() if "_COMPLETE" not in k}
        child = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "wandbwatch", "learn", text],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        child.returncode = 0  # it outlives us: nobody waits for it
    except OSError:
        return


def _of_user(env: Env) -> Names:
    return {"projects": [str(one) for one in env.account().projects("", None)]}


def _of_project(text: str, env: Env) -> Names:
    from wandbwatch.model.query import Query  # noqa: PLC0415 -- not for completion
    from wandbwatch.options import project_address  # noqa: PLC0415

    source = env.source(project_address(text))
    runs = source.runs(Query(limit=_RUNS, summary=(), config=())).runs
    logged = source.runs(Query(limit=_READ, names=True)).runs
    configured = source.runs(Query(limit=_READ, summary=())).runs
    return {
        "runs": _once(name for run in runs for name in (run.id, run.name)),
        "sweeps": [sweep.id for sweep in source.sweeps()],
        "keys": _once(key for run in logged for key in run.summary),
        "config": _once(key for run in configured for key in run.config),
    }


def _once(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name[:1] != "_"]
