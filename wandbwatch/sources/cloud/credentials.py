"""Find the API key where wandb does, in its order, without moving or copying it."""

from __future__ import annotations

import netrc
import os
from pathlib import Path
from urllib.parse import urlsplit

_SAAS = {"api.forge.coreweave.com": "api.wandb.ai"}
"""One deployment under two names. wandb takes the older one's key for the newer; we
the newer one's for the older too, since wandb saves it there and pages have both."""
_OTHER_NAME = _SAAS | {older: newer for newer, older in _SAAS.items()}


def key_from(server: str) -> str:
    """Return the name of the place that the key for *server* comes from."""
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        if os.environ.get(name):
            return name
    if netrc_key(server):
        return str(netrc_path())
    return "wandb's settings"


def netrc_path() -> Path:
    """Return the netrc file that wandb uses, whether it exists or not."""
    if told := os.environ.get("NETRC"):
        return Path(told).expanduser()
    usual, windows = Path("~/.netrc").expanduser(), Path("~/_netrc").expanduser()
    return windows if windows.exists() and not usual.exists() else usual


def netrc_key(server: str) -> str | None:
    try:
        read = netrc.netrc(str(netrc_path()))
    except (OSError, netrc.NetrcParseError):
        return None
    machine = urlsplit(server).netloc
    for name in (machine, _OTHER_NAME.get(machine, machine)):
        if found := read.authenticators(name):
            return found[2] or None
    return None


def known_key(server: str) -> str | None:
    """Return the key for *server* if it is easy to find, else None."""
    return os.environ.get("WANDB_API_KEY") or netrc_key(server)


def same_deployment(one: str, other: str) -> bool:
    """Return whether two base URLs belong to one server."""
    return _machine(one) == _machine(other)


def _machine(server: str) -> tuple[str, str]:
    """Identify a deployment by its API's host: pages of api.X are at X or at app.X."""
    parts = urlsplit(server)
    host = _SAAS.get(parts.netloc, parts.netloc)
    return host.removeprefix("api.").removeprefix("app."), parts.path.rstrip("/")


def with_key(server: str) -> str:
    """Return *server*, or the API server behind its pages if that one has a key."""
    parts = urlsplit(server)
    host = parts.netloc.removeprefix("app.")
    for api in (server, parts._replace(netloc=f"api.{host}").geturl()):
        if netrc_key(api):
            return api
    return server
