"""URLs of W&B's pages, and the API servers behind them.

wandb.util.api_to_app_url maps a server to its pages; this module maps back.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from wandbwatch.model.address import Cloud

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

            asked = shlex.quote(json.dumps({"group": group}))
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
