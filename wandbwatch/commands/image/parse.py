"""The words of image's options, read into values.

Help imports this module, so it imports what a word becomes only when there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import typer

from wandbwatch.options import Keys

if TYPE_CHECKING:
    from wandbwatch.commands.image.plotting import View
    from wandbwatch.model.query import Axis
    from wandbwatch.model.report import Mark

K = TypeVar("K", bound=StrEnum)

_GROUPS = ("group", "tag", "job_type", "sweep", "user", "host")
_CONFIG = "config."
_LEAST_CLIP = 0.5
NEWEST = 5
"""How many runs are plotted if none is named."""
GROUPED = 50
"""How many runs are put into groups."""
CHOSEN = 4
"""How many likely keys are plotted if none is named."""


class DistributionKind(StrEnum):
    """How the histograms of a key are shown."""

    HEATMAP = "heatmap"
    LINES = "lines"
    LAST = "last"


class Band(StrEnum):
    """What is drawn around the mean of a group."""

    STD = "std"
    SEM = "sem"
    MINMAX = "minmax"


class Layout(StrEnum):
    SEPARATE = "separate"
    GRID = "grid"


class MarkParser(tuple["Mark", ...]):
    """Reference lines, as ``0.5,target=0.9,@1000``."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> MarkParser:
        return cls(_mark(part) for part in Keys.read(text))


class Pair(tuple[str, str]):
    """Two names, as ``config.lr,val/loss``: what lies across, and what goes up."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Pair:
        keys = Keys.read(text)
        if len(keys) != len(("x", "y")):
            raise typer.BadParameter(
                f"{text!r} is not two names such as config.lr,val/loss"
            )
        return cls(keys)


def axis(text: str) -> Axis:
    from wandbwatch.model.query import Axis, AxisKind  # noqa: PLC0415 -- not for --help

    if not text.strip():
        raise typer.BadParameter("an axis is step, runtime, wall or a key")
    own = {"step": Axis(), "_step": Axis()}
    own |= dict.fromkeys(("runtime", "_runtime"), Axis(AxisKind.RUNTIME))
    own |= dict.fromkeys(("wall", "_timestamp"), Axis(AxisKind.WALL))
    return own.get(text, Axis(AxisKind.KEY, text))


def weight(text: str) -> float:
    read = _number(text)
    if not 0 <= read < 1:
        raise typer.BadParameter(
            f"{text!r} is not a smoothing weight from 0 to 1, such as 0.6"
        )
    return read


def share(text: str) -> float:
    read = _number(text)
    if not _LEAST_CLIP < read <= 1:
        raise typer.BadParameter(f"{text!r} is not a share of the values such as 0.99")
    return read


def group(text: str) -> str:
    if text in _GROUPS or (text.startswith(_CONFIG) and text != _CONFIG):
        return text
    known = ", ".join(_GROUPS)
    raise typer.BadParameter(f"{text!r} groups no runs: {known} or config.KEY do")


def one_of(kind: type[K]) -> Callable[[str], K]:
    """Return what reads a word of *kind*, and says which there are."""

    def read(text: str) -> K:
        try:
            return kind(text)
        except ValueError:
            known = ", ".join(kind)
            raise typer.BadParameter(f"{text!r} is not one of {known}") from None

    read.__dict__["words"] = tuple(kind)
    return read


def _mark(text: str) -> Mark:
    from wandbwatch.model.report import Mark  # noqa: PLC0415 -- not for --help

    name, _, place = text.rpartition("=")
    upright = place.strip().startswith("@")
    at = _number(place.strip().removeprefix("@"))
    if not math.isfinite(at):
        raise typer.BadParameter(
            f"{text!r} is not a line such as 0.5, target=0.5 or @1000 (on the x axis)"
        )
    return Mark(at, name.strip(), upright)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def clash(view: View, *, band: bool, scatter: bool, keys: bool, delta: bool) -> str:
    """Say in one line what is wrong with the options of *view*; nothing if all is well.

    The rest says which others were given.
    """
    from wandbwatch.commands.image.plotting import View  # noqa: PLC0415 -- not for --help
    from wandbwatch.model.query import AxisKind  # noqa: PLC0415

    if view.last and view.axis and view.axis.kind is AxisKind.KEY:
        return "--since is a duration; it needs --x step, runtime or wall"
    if band and not view.group_by:
        return "--band needs --group-by"
    if view.best and view.group_by:
        return "--best and --group-by exclude each other"
    plain = View(best=view.best, out=view.out, log_x=view.log_x, log_y=view.log_y)
    if scatter and (view != plain or keys or delta):
        others = "--runs, --filters, --best, --log-x, --log-y and --out"
        return f"--scatter combines only with {others}"
    return ""
