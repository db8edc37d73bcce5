"""Parse an address (names, a W&B URL or a path) into an Address."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

from wandbwatch.model import urls
from wandbwatch.model.address import Address, Cloud, Local

_NAMES = re.compile(r"[^/\\#?%:]+")
"""What W&B allows in a project's name (wandb/sdk/wandb_settings.py) or a run's id."""


_DIRECTORIES = re.compile(r"/(latest-run|(offline-)?run-\d{8}_\d{6}-[^/]+)$")
"""What wandb calls the directories of runs."""


def project(text: str) -> Address:
    """Read PROJECT, ENTITY/PROJECT, a project's or sweep's URL, or a directory.

    Raises ValueError, whose text is one line.
    """
    address = _elsewhere(text) or _named_project(text)
    if address.run:
        several = text.split(",")
        if len(several) > 1 and all("/" in one for one in several):
            raise ValueError(f"separate addresses by blanks: {' '.join(several)}")
        asked = f"`wandbwatch summary {shlex.quote(text)}` shows it"
        raise ValueError(f"{_short(text)} is a run, not a project; {asked}")
    return address


def run(text: str) -> Address:
    """Read RUN, PROJECT/RUN, ENTITY/PROJECT/RUN, a run's URL, or a run's directory.

    Raises ValueError, whose text is one line.
    """
    address = _elsewhere(text) or _named_run(text)
    if not (address.local or address.run):
        kind = "sweep" if address.sweep else "project"
        asked = f"`wandbwatch project {shlex.quote(text)}` lists its runs"
        raise ValueError(f"{_short(text)} is a {kind}, not a run; {asked}")
    return address


def sweep(text: str) -> Address:
    """Read ENTITY/PROJECT/SWEEP, a sweep's URL, or a directory of its runs.

    Raises ValueError, whose text is one line.
    """
    address = _elsewhere(text) or _named_run(text)
    if isinstance(address, Cloud) and address.run and not re.search("/(runs|r)/", text):
        address = replace(address, run=None, sweep=address.run)
    if not (address.local or address.sweep):
        asked = f"`wandbwatch project {shlex.quote(text)}` lists its runs"
        raise ValueError(f"{_short(text)} is not a sweep; {asked}")
    return address


def project_or_run(text: str) -> Address:
    """Read what `project` reads, or the full address of one run.

    Raises ValueError, whose text is one line.
    """
    return _elsewhere(text) or _named_project(text)


def _elsewhere(text: str) -> Address | None:
    """Read a path or a URL; None if *text* consists of names."""
    if not text.strip():
        raise ValueError("an address is empty; write ENTITY/PROJECT, a URL or a path")
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):  # noqa: PLR2004 -- C0, C1
        raise ValueError(f"{_short(text)} contains control characters")
    if text[0] not in ".~/" and urls.looks_like_one(text):
        return _checked(urls.address(text), text)
    return Local(_path(text)) if _is_a_path(text) else None


def _is_a_path(text: str) -> bool:
    """Whether *text* is a path, not a name; shells complete to ``wandb/``."""
    ends = text.endswith((".wandb", "/"))
    return ends or text[0] in ".~/" or bool(_DIRECTORIES.search(text))


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as e:
        raise ValueError(f"{_short(text)}: no such user's home") from e


def _named_project(text: str) -> Cloud:
    """wandb reads these in Api._parse_project_path (wandb/apis/public/api.py)."""
    match text.split("/"):
        case [name]:
            found = Cloud(None, name)
        case [entity, name] if ":" not in name:
            found = Cloud(entity, name)
        case _:
            found = _named_run(text)
    return _checked(found, text)


def _named_run(text: str) -> Cloud:
    """wandb reads these in Api._parse_path (wandb/apis/public/api.py)."""
    *before, last = text.split("/")
    if last.count(":") == 1:  # PROJECT:RUN is accepted too
        before, last = [*before, *last.split(":")[:1]], last.split(":")[1]
    match before:
        case []:
            found = Cloud(None, None, last)
        case [name]:
            found = Cloud(None, name, last)
        case [entity, name] | [entity, name, "runs" | "r"]:
            found = Cloud(entity, name, last)
        case [entity, name, "sweeps"]:
            found = Cloud(entity, name, None, last)
        case _:
            raise ValueError(
                f"{_short(text)} has too many parts; write ENTITY/PROJECT/RUN"
            )
    return _checked(found, text)


def _checked(address: Cloud, text: str) -> Cloud:
    parts = (address.entity, address.project, address.run, address.sweep)
    for part in parts:
        if part is not None and not _is_a_name(part):
            raise ValueError(
                f"{_short(text)}: {_short(part)} is not a valid W&B name;"
                " write ENTITY/PROJECT/RUN, a URL or a path"
            )
    return address


def _is_a_name(part: str) -> bool:
    """Whether it is a name: inner spaces are allowed, invisible characters are not."""
    return bool(_NAMES.fullmatch(part)) and part.isprintable() and part == part.strip()


def _short(text: str) -> str:
    """Quote *text* safely, shortened to fit a line."""
    longest = 80
    return repr(text if len(text) <= longest else f"{text[:longest]}…")
