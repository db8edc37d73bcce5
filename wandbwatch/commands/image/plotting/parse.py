"""The words of image's options, read into values."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import typer

from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.image.plotting import View
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.report import Mark
from wandbwatch.options import Keys

K = TypeVar("K", bound=StrEnum)

_OWN_AXES = {
    "step": Axis(),
    "_step": Axis(),
    "runtime": Axis(AxisKind.RUNTIME),
    "_runtime": Axis(AxisKind.RUNTIME),
    "wall": Axis(AxisKind.WALL),
    "_timestamp": Axis(AxisKind.WALL),
}
_GROUPS = ("group", "tag", "job_type", "sweep", "user", "host")
_CONFIG = "config."
_LEAST_CLIP = 0.5


class MarkParser(tuple[Mark, ...]):
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
    if not text.strip():
        raise typer.BadParameter("an axis is step, runtime, wall or a key")
    return _OWN_AXES.get(text, Axis(AxisKind.KEY, text))


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


def aim(text: str) -> Objective:
    try:
        return Objective.read(text)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


def one_of(kind: type[K]) -> Callable[[str], K]:
    """Return what reads a word of *kind*, and says which there are."""

    def read(text: str) -> K:
        try:
            return kind(text)
        except ValueError:
            known = ", ".join(kind)
            raise typer.BadParameter(f"{text!r} is not one of {known}") from None

    return read


def _mark(text: str) -> Mark:
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
    if view.last and view.axis and view.axis.kind is AxisKind.KEY:
        return "--last is a duration; it needs --x step, runtime or wall"
    if band and not view.group_by:
        return "--band needs --group-by"
    if view.best and view.group_by:
        return "--best and --group-by exclude each other"
    plain = View(best=view.best, out=view.out, log_x=view.log_x)
    if scatter and (view != plain or keys or delta):
        return "--scatter combines only with --runs, --best, --log-x and --out"
    return ""
