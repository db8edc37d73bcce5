from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile import OnlyConfigOption
from wandbwatch.model.errors import UsageError, WandbwatchError

if TYPE_CHECKING:
    from wandbwatch.cli import systemd_units

_ACTIONS = ("install", "uninstall", "status")


def _action(text: str) -> str:
    if text not in _ACTIONS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(_ACTIONS)}")
    return text


def service(
    action: Annotated[
        str, typer.Argument(parser=_action, metavar="install|uninstall|status")
    ],
    *,
    user: Annotated[
        bool, typer.Option("--user", help="A service of your own user, without root.")
    ] = False,
    config: OnlyConfigOption = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            parser=Path,
            metavar="DIR",
            help="Where to write the units; default: systemd's own directory.",
        ),
    ] = None,
) -> int:
    """Install, remove or show the systemd units of the daemon."""
    from wandbwatch.cli import systemd_units

    place = systemd_units.place(os.environ, user=user, directory=directory)
    if action == "status":
        return _status(user=user)
    if action == "uninstall":
        return _uninstall(place)
    return _install(place, config)


def _install(place: systemd_units.Place, config: Path | None) -> int:
    from wandbwatch.cli import systemd_units

    file = (config or place.config).absolute()
    program = Path(sys.executable).with_name("wandbwatch")
    # The Python that a venv links to is needed as well.
    for path in (program, Path(sys.executable).resolve()):
        if place.hides(path):
            raise WandbwatchError(
                f"{path}: the service's sandbox hides /home, /root and /tmp; install"
                " wandbwatch with /usr/bin/python3 -m venv /opt/wandbwatch, or use"
                " --user"
            )
    try:
        written = systemd_units.install(place, program, file)
    except OSError as e:
        raise WandbwatchError(_refused(e, place)) from e
    for path in written:
        typer.echo(f"wrote {path}")
    typer.echo(systemd_units.next_step(place, program, file))
    return 0


def _uninstall(place: systemd_units.Place) -> int:
    from wandbwatch.cli import systemd_units

    try:
        gone = systemd_units.uninstall(place)
    except OSError as e:
        raise WandbwatchError(_refused(e, place)) from e
    if not gone:
        raise UsageError(f"{place.units}: no wandbwatch units here")
    for path in gone:
        typer.echo(f"removed {path}")
    typer.echo(f"next: {place.systemctl} daemon-reload")
    return 0


def _refused(error: OSError, place: systemd_units.Place) -> str:
    todo = "" if place.user else "; as root, or with --user for a service of your own"
    return f"{error.filename}: {error.strerror}{todo}"


def _status(*, user: bool) -> int:
    words = ["systemctl", *(["--user"] if user else []), "status", "wandbwatch.service"]
    try:
        code = subprocess.run(words, check=False).returncode  # noqa: S603
    except FileNotFoundError as e:
        raise WandbwatchError("systemctl is not installed on this machine") from e
    typer.echo("`wandbwatch status` shows its lists, what waits and its problems")
    return code


plugin = service
