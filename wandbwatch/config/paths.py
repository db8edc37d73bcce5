"""Find watch.toml, the state directory and the time zone of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wandbwatch.config.load import Config, Settings, load
from wandbwatch.model.errors import ConfigError

NAME = "watch.toml"
VARIABLE = "WANDBWATCH_CONFIG"
_ZONES, _STANDARD = "/zoneinfo/", "/usr/share/zoneinfo/"
MACHINE = Path("/etc/wandbwatch")
"""Where the configuration of a machine's own service is, and its state:"""
MACHINE_STATE = Path("/var/lib/wandbwatch")


def config_file(given: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to use; it must exist unless it was named.

    Raises ConfigError, which lists the places searched.
    """
    if given is not None:
        return given
    if named := environ.get(VARIABLE):
        return Path(named)
    places = looked_at(environ)
    for place in places:
        if place.is_file():
            return place
    said = ", ".join(map(str, places))
    todo = "`wandbwatch init` writes one"
    raise ConfigError([f"no {NAME} found in {said}, and {VARIABLE} is not set; {todo}"])


def opened(given: Path | None, environ: Mapping[str, str]) -> tuple[Path, Config, Path]:
    """Return the file to use, what it says, and the directory of its state.

    Its command lines are not checked. Raises ConfigError.
    """
    file = config_file(given, environ)
    config = load(file, local_zone(environ))
    return file, config, state_directory(config.daemon, file, environ)


def looked_at(environ: Mapping[str, str]) -> list[Path]:
    """List the default places of the file, in the order of search."""
    places = [Path(NAME)]
    if own := _own(environ, "XDG_CONFIG_HOME", ".config"):
        places.append(own / NAME)
    return [*places, MACHINE / NAME]


def state_directory(
    settings: Settings, file: Path, environ: Mapping[str, str], uid: int | None = None
) -> Path:
    """Return the state directory: from *file*, else from systemd, else the user's own.

    For root (*uid* 0; the process's when None) the system-wide file means the
    system-wide state, so that `outbox` shows the service's messages.
    """
    if settings.state is not None:
        return settings.state
    if systemd := environ.get("STATE_DIRECTORY"):
        return Path(systemd.partition(":")[0])
    if (
        file.absolute().parent == MACHINE
        and (os.geteuid() if uid is None else uid) == 0
    ):
        return MACHINE_STATE
    if own := _own(environ, "XDG_STATE_HOME", ".local/state"):
        return own
    raise ConfigError(["no home directory for the state: set [daemon] state"])


def local_zone(environ: Mapping[str, str]) -> str:
    """Return the name of this machine's time zone; UTC if it has none."""
    linked = Path("/etc/localtime").resolve()
    chosen = environ.get("TZ", "").removeprefix(":")
    if chosen and _is_zone(chosen):
        return chosen
    name = str(linked).partition(_ZONES)[2].removeprefix("posix/")
    standard = Path(_STANDARD, name) == linked and linked.is_file()
    return name if name and (standard or _is_zone(name)) else "UTC"


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- many machines name none

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _own(environ: Mapping[str, str], variable: str, otherwise: str) -> Path | None:
    """Return our directory below an XDG *variable*, ignored unless absolute."""
    given = environ.get(variable, "")
    if given.startswith("/"):
        return Path(given) / "wandbwatch"
    home = environ.get("HOME")
    return Path(home) / otherwise / "wandbwatch" if home else None
