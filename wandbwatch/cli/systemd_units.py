"""Find systemd's units, fill in this machine's paths, and write them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.config.secret import MACHINE

_NAMES = (
    "wandbwatch.service",
    "wandbwatch-report@.service",
    "wandbwatch-report@.timer",
)
SYSTEM = Path("/etc/systemd/system")
_USER_STATE = "%h/.local/state/wandbwatch"
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108
"""What ProtectHome= and PrivateTmp= keep from a system service."""


@dataclass(frozen=True)
class Place:
    """The place of the units: system-wide, or one user's."""

    user: bool
    units: Path
    config: Path
    credentials: Path | None
    state: Path | None = None
    """To be made before the first start; otherwise systemd makes it."""

    @property
    def systemctl(self) -> str:
        return "systemctl --user" if self.user else "systemctl"

    def hides(self, program: Path) -> bool:
        """Whether the units' sandbox would hide *program*."""
        return not self.user and str(program).startswith(HIDDEN)


def place(
    environ: Mapping[str, str], *, user: bool, directory: Path | None = None
) -> Place:
    if not user:
        config = Path("/etc/wandbwatch/watch.toml")
        units = directory or SYSTEM
        return Place(user, units, config, MACHINE)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    state = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    units = directory or home / "systemd" / "user"
    config = home / "wandbwatch" / "watch.toml"
    return Place(user, units, config, None, state / "wandbwatch")


def install(place: Place, program: Path, config: Path) -> list[Path]:
    """Write the units for *program* and *config*; return what was written."""
    place.units.mkdir(parents=True, exist_ok=True)
    if place.credentials and place.units == SYSTEM:
        place.credentials.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.state:
        place.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    for name in _NAMES:
        path = place.units / name
        path.write_text(_filled(_shipped(place, name), place, program, config))
        written.append(path)
    return written


def uninstall(place: Place) -> list[Path]:
    """Remove the units; the configuration and the state stay."""
    there = [place.units / name for name in _NAMES if (place.units / name).exists()]
    for path in there:
        path.unlink()
    return there


def next_step(place: Place, program: Path, config: Path) -> str:
    """List the remaining steps; manual ones first."""
    steps = []
    if not config.exists():
        steps.append(shlex.join(map(str, (program, "init", config))))
    if place.credentials:
        words = 'a file for each secret, chmod 600: { credential = "ITS NAME" }'
        steps.append(f"# {place.credentials}: {words}")
    steps += [
        f"{place.systemctl} daemon-reload",
        f"{place.systemctl} enable --now wandbwatch",
    ]
    if place.user:
        steps.append("loginctl enable-linger    # to run on when you are logged out")
    return "next:\n" + "\n".join(f"  {step}" for step in steps)


def _filled(unit: str, place: Place, program: Path, config: Path) -> str:
    """Replace the shipped unit's paths by this machine's."""
    for shipped_program, shipped_config in (
        ("/opt/wandbwatch/bin/wandbwatch", "/etc/wandbwatch/watch.toml"),
        (
            "%h/.local/share/wandbwatch/bin/wandbwatch",
            "%h/.config/wandbwatch/watch.toml",
        ),
    ):
        unit = unit.replace(f"={shipped_program} ", f"={_quoted(program)} ")
        unit = unit.replace(f" {shipped_config}", f" {_quoted(config)}")
    if place.state:
        unit = unit.replace(f"={_USER_STATE}", f"={_quoted(place.state)}")
    return unit


def _quoted(path: Path) -> str:
    """Write *path* as systemd reads it in a command."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if any(c in text for c in " \"'\\") else text


def _shipped(place: Place, name: str) -> str:
    """Read the unit from the wheel, or from the checkout."""
    package = Path(__file__).parents[1]
    for root in (package / "systemd", package.parent / "systemd"):
        path = (root / "user" / name) if place.user else root / name
        if path.exists():
            return path.read_text()
    raise FileNotFoundError(2, "the unit is missing from this installation", name)
