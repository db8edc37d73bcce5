"""Parse an address (names, a W&B URL or a path), and know the URLs of W&B's pages.

wandb.util.api_to_app_url maps a server to its pages; this module maps back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from wandbwatch.model.address import Address, Cloud, Local

_CLOUD = {
    "wandb.ai": "https://api.wandb.ai",
    "www.wandb.ai": "https://api.wandb.ai",
    "app.wandb.ai": "https://api.wandb.ai",
    "forge.coreweave.com": "https://api.forge.coreweave.com",
    "qa.forge.coreweave.com": "https://api.qa.forge.coreweave.com",
}
_SAAS = "https://api.forge.coreweave.com"
"""wandb's default server."""
_SHORTEST = 2
"""How many parts a page's path has at least: ENTITY/PROJECT."""
_OTHER_PAGES = {
    "registry": "a page of a registry",
    "orgs": "a page of an organization",
    "links": "a link to share a page",
    "docs": "a page of the documentation",
    "site": "a page of W&B's web site",
    "settings": "a page of settings",
    "authorize": "the page of the API key",
}
"""What the first part of a page's path says of it where it is no entity."""
_DOCS = ("docs.", "community.", "support.")
_PAGES = frozenset(
    {
        *("workspace", "table", "overview", "runs", "r", "sweeps", "groups"),
        *("artifacts",),
        *("reports", "reportlist", "jobs", "launch", "queues", "automations"),
        *("models", "weave"),
    }
)
"""What may follow ENTITY/PROJECT in a page's path."""


def looks_like_one(text: str) -> bool:
    """Whether *text* looks like a URL; W&B's own hosts need no ``https://``."""
    scheme, found, _ = text.partition("://")
    return bool(found and "/" not in scheme) or text.partition("/")[0].lower() in _CLOUD


def address(text: str) -> Cloud:
    """Read the URL of a project's, run's or sweep's page.

    Raises ValueError, whose text is one line.
    """
    split = _split(text if "://" in text else f"https://{text}")
    segments = [unquote(s) for s in split.path.split("/") if s]
    host = split.hostname or ""
    if host in ("api.wandb.ai", "api.forge.coreweave.com"):
        host = host.removeprefix("api.")
    if host in _CLOUD or host.startswith(_DOCS):
        at_forge = "forge" in host and segments[:1] == ["wandb"]
        prefix, rest = list[str](), segments[1:] if at_forge else segments
    else:
        prefix, rest = _parted(segments)
    if rest and (kind := _other_page(host, rest)):
        raise ValueError(
            f"{text.partition('?')[0][:80]!r} is {kind}, not a project, run or sweep;"
            " write ENTITY/PROJECT, or copy the URL of a project's page"
        )
    if len(rest) < _SHORTEST:
        raise ValueError(f"{text[:80]!r} does not name a project, run or sweep")
    entity, project, *page = rest
    server = _CLOUD.get(host) or _own_server(split, prefix)
    match page:
        case ["runs" | "r", run, *_]:
            return Cloud(entity, project, run, server=server)
        case ["sweeps", sweep, *_]:
            return Cloud(entity, project, sweep=sweep, server=server)
        case ["groups", group, *_]:
            import json  # noqa: PLC0415 -- seldom needed, and other lines need not wait

            asked = _quoted(json.dumps({"group": group}))
            raise ValueError(
                f"{text[:80]!r} is a group of runs;"
                f" `wandbwatch project {entity}/{project} --filters {asked}` lists it"
            )
        case _:
            return Cloud(entity, project, server=server)


def _other_page(host: str, path: Sequence[str]) -> str:
    """Describe a page of no project, run or sweep; empty if it is one of these."""
    if host.startswith(_DOCS):
        return "a page of the documentation"
    if path[0] in _OTHER_PAGES:
        return _OTHER_PAGES[path[0]]
    if path[1:] == ["projects"]:
        return "the list of an entity's projects"
    if path[_SHORTEST : _SHORTEST + 1] == ["reports"] and path[_SHORTEST + 1 :]:
        return "a W&B report"
    return ""


def server(text: str) -> str:
    """Read the base URL of a server, or of its web pages.

    Raises ValueError, whose text is one line.
    """
    split = _split(text)
    path = [part for part in split.path.split("/") if part]
    return _CLOUD.get(split.hostname or "") or _own_server(split, path)


def authorize(server: str | None) -> str:
    """Return the page on which *server* shows the user's API key, as wandb does."""
    base = (server or _SAAS).rstrip("/")
    if base in _CLOUD.values():
        return "https://forge.coreweave.com/wandb/authorize"
    for api, pages in (("://api.wandb.", "://wandb."), ("://api.", "://app.")):
        if api in base:
            return f"{base.replace(api, pages)}/authorize"
    return f"{base}/authorize"


def _split(text: str) -> SplitResult:
    try:
        split = urlsplit(text)
        _ = split.port
    except ValueError as e:
        raise ValueError(f"{text[:80]!r} is not a URL: {e}") from e
    if split.scheme not in ("http", "https") or not split.hostname:
        raise ValueError(f"{text[:80]!r} is not the URL of a W&B page")
    return split


def _parted(segments: list[str]) -> tuple[list[str], list[str]]:
    """Split a server's own path prefix from ENTITY/PROJECT/PAGE…"""
    pages = (i for i, s in enumerate(segments) if i >= _SHORTEST and s in _PAGES)
    start = max(next(pages, len(segments)) - _SHORTEST, 0)
    return segments[:start], segments[start:]


def _own_server(split: SplitResult, prefix: Sequence[str]) -> str:
    """Return a server's base URL, without the user and password a URL may carry."""
    host = split.hostname or ""
    if host.startswith("app."):
        host = f"api.{host[4:]}"
    if ":" in host:
        host = f"[{host}]"
    port = f":{split.port}" if split.port else ""
    return "/".join([f"{split.scheme}://{host}{port}", *prefix])


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
        asked = f"`wandbwatch summary {_quoted(text)}` shows it"
        raise ValueError(f"{_short(text)} is a run, not a project; {asked}")
    return address


def run(text: str) -> Address:
    """Read RUN, PROJECT/RUN, ENTITY/PROJECT/RUN, a run's URL, or a run's directory.

    Raises ValueError, whose text is one line.
    """
    address = _elsewhere(text) or _named_run(text)
    if not (address.local or address.run):
        kind = "sweep" if address.sweep else "project"
        asked = f"`wandbwatch project {_quoted(text)}` lists its runs"
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
        asked = f"`wandbwatch project {_quoted(text)}` lists its runs"
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
    if text[0] not in ".~/" and looks_like_one(text):
        return _checked(address(text), text)
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


def _quoted(text: str) -> str:
    import shlex  # noqa: PLC0415 -- for mistakes alone

    return shlex.quote(text)


def _short(text: str) -> str:
    """Quote *text* safely, shortened to fit a line."""
    longest = 80
    return repr(text if len(text) <= longest else f"{text[:longest]}…")
