"""Which of image's options do not go together."""

from __future__ import annotations

from wandbwatch.commands.image.plotting import View
from wandbwatch.model.query import AxisKind


def clash(view: View, *, band: bool, scatter: bool, keys: bool, delta: bool) -> str:
    """Say in one line what is wrong with the options of *view*; nothing if all is well.

    The rest says which others were given.
    """
    if view.last and view.axis and view.axis.kind is AxisKind.KEY:
        return "--last is a time: it needs --x step, runtime or wall"
    if band and not view.group_by:
        return "--band is of a group: it needs --group-by"
    if view.best and view.group_by:
        return "--best is of runs and --group-by of groups: give one of them"
    plain = View(best=view.best, out=view.out)
    if scatter and (view != plain or keys or delta):
        return "--scatter is a point a run: it goes with --runs, --best and --out alone"
    return ""
