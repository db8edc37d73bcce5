"""The local source: runs out of .wandb files on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from wandbwatch.analysis import filters
from wandbwatch.analysis.keys import expanded
from wandbwatch.model import query as model
from wandbwatch.model.address import Local
from wandbwatch.model.errors import NotFoundError, SourceError, UsageError
from wandbwatch.model.query import Axis, Curves, Query
from wandbwatch.model.report import remark
from wandbwatch.model.run import Run, Series, State
from wandbwatch.sources.local import directories, history, records
from wandbwatch.sources.local.history import Metric, own_axes
from wandbwatch.sources.local.listing import Listing, Stats, shared
from wandbwatch.sources.local.log import RunLog, log_end
from wandbwatch.sources.local.reading import (
    SYSTEM,
    Opened,
    Want,
    begun,
    lengthened,
    noted,
    opened,
    read,
    run_id,
)

if TYPE_CHECKING:  # a summary need not wait for what few commands ask
    from wandbwatch.model.drawing import Distributions
    from wandbwatch.model.media import Album, Artifacts, RunFile, When
    from wandbwatch.model.run_details import Alert, Printed, Provenance, Sweep

_Files: TypeAlias = Sequence[str]
"""The paths of the files of one run."""
_Found: TypeAlias = list[tuple[Run, _Files]]
"""Runs with their files."""

_MOMENT = 0.5
"""Seconds."""
_TOGETHER = 50
"""The most runs whose files stay open until their curves were read."""
_FEW = 50
"""One run of so many is read sooner than the list of all."""
_WHOLE = Want()
_UNREADABLE = (SourceError, RecursionError, ValueError, ArithmeticError, LookupError)
"""What a broken or hostile run raises; it must not break its listing."""


_UNREAD = "cannot be read: "


class LocalSource:
    """The runs below one path. Files are read as they are now, growing ones too."""

    def __init__(self, address: Local, now: Callable[[], float] = time.time) -> None:
        self._path = address.path
        self._now = now
        self._many = 0
        self._files: tuple[float, dict[str, list[str]]] | None = None
        self._listings: dict[Want, Listing] = {}
        self._stats: Stats = {}
        self._raised: tuple[float, Sequence[Path], tuple[Alert, ...]] | None = None
        """The alerts of a large run that was just read as a whole."""

    def run(self) -> Run:
        groups = self._groups()
        if len(groups) > 1:
            newest = Local(Path(list(groups.values())[-1][-1]).parent)
            what = f"{Local(self._path)} has {len(groups)} runs, not one"
            latest = Local(self._path / "latest")
            raise UsageError(f"{what}; name one, such as {newest}, or {latest}")
        return self._read(_paths(next(iter(groups.values()))), _WHOLE)[0]

    def runs(self, query: Query) -> model.Listing:
        found = self._found(query)
        runs = tuple(run for run, _ in self._shown(found, query))
        self._keep()
        return model.Listing(runs, len(found))

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        """Return each found run's series; ``system/…`` keys are system metrics.

        See `history.series` and `records.measured` for where they stand on an axis.
        """
        with Opened(keys, axis) as opened_:
            shown = self._shown(self._found(query, opened_), query)
            self._keep()
            return tuple(self._plotted(run, _paths(of), opened_) for run, of in shown)

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Distributions, ...]:
        shown = self._shown(self._found(query), query)
        self._keep()
        return tuple(self._spread(run, _paths(of), keys, axis) for run, of in shown)

    def console(self, run_id: str, last: int) -> tuple[Printed, ...]:
        from wandbwatch.sources.local import console  # noqa: PLC0415

        files = self._paths(run_id)
        with ExitStack() as stack:
            return console.console(opened(files, stack), last)

    def alerts(self, run_id: str) -> tuple[Alert, ...]:
        files = self._paths(run_id)
        if self._raised and self._raised[1] == files:
            at, _, found = self._raised
            if time.monotonic() < at + _MOMENT:
                return found
        with ExitStack() as stack:
            return records.alerts(opened(files, stack))

    def provenance(self, run_id: str) -> Provenance:
        from wandbwatch.sources.local import media  # noqa: PLC0415

        files = self._paths(run_id)
        with ExitStack() as stack:
            return media.provenance(opened(files, stack), files)

    def sweep(self, sweep_id: str) -> Sweep:
        from wandbwatch.sources.local import media  # noqa: PLC0415

        filters = {"sweep": sweep_id} if sweep_id else {}
        runs = self.runs(Query(filters, summary=())).runs
        return media.sweep(runs, self._path)

    def sweeps(self) -> tuple[Sweep, ...]:
        from wandbwatch.sources.local import media  # noqa: PLC0415

        runs = self.runs(Query(order="+created_at", summary=())).runs
        names = dict.fromkeys(run.sweep for run in reversed(runs) if run.sweep)
        members = ([run for run in runs if run.sweep == name] for name in names)
        return tuple(media.sweep(found, self._path) for found in members)

    def media(self, run_id: str, keys: Sequence[str], when: When) -> Album:
        from wandbwatch.sources.local import media  # noqa: PLC0415

        found = self._paths(run_id)
        with ExitStack() as stack:
            return media.album(opened(found, stack), keys, when)

    def files(self, run_id: str, paths: Sequence[str] | None) -> tuple[RunFile, ...]:
        from wandbwatch.sources.local import media  # noqa: PLC0415

        found = self._paths(run_id)
        return media.files(found, paths)

    def artifacts(self, run_id: str) -> Artifacts:
        """Return the artifacts in the runs' files; the newest run comes first."""
        from wandbwatch.model.media import Artifacts  # noqa: PLC0415
        from wandbwatch.sources.local import media  # noqa: PLC0415

        groups = self._groups()
        ids = [run_id] if run_id else list(reversed(groups))
        with ExitStack() as stack:
            found = [
                media.artifacts(opened(self._paths(one), stack), one) for one in ids
            ]
        every = tuple(artifact for part in found for artifact in part.found)
        return Artifacts(every, unknown=media.UNKNOWN)

    def stop(self, run_id: str) -> None:
        raise UsageError(
            f"{run_id} is a local run that no experiment of wandbwatch started, so its"
            " process is not known here"
        )

    def _found(self, query: Query, opened_: Opened | None = None) -> _Found:
        """Return the runs that *query* is after, in its order, with their files.

        They are read with no more than its filters and its order need, unless all of
        them are shown: then as `_shown` does, and for the curves that are read next.
        For the newest ones, most runs are read for their start alone.
        """
        wanted, _ = filters.parse(query.filters), filters.by(query.order)
        groups = self._chosen(query.ids)
        need, asked = _needed(query, len(groups)), _asked(query)
        every = _all_shown(query, len(groups))
        want = asked if every else need
        together = opened_ if every and len(groups) <= _TOGETHER else None
        self._many = self._many or len(groups)
        groups.reverse()
        read = self._every(groups, want, asked, together)
        runs = list(zip(read, groups, strict=True))
        fits = [wanted.test(run) for run, _ in runs]
        _name_unread([run for (run, _), fit in zip(runs, fits, strict=True) if not fit])
        return filters.ordered(compress(runs, fits), query.order)

    def _shown(self, found: _Found, query: Query) -> _Found:
        """Read the found runs that are shown with all that is wanted of them."""
        shown, want = found[: query.limit or None], _asked(query)
        starts = _needed(query, len(found)).start
        enough = not starts and want.summary == want.config == ()
        if enough or _all_shown(query, len(found)):
            return shown
        gave = self._listing(want).gave
        left = [n for n, (run, files) in enumerate(shown) if not gave(files, run)]
        groups = [shown[n][1] for n in left]
        for n, run in zip(left, self._every(groups, want), strict=True):
            shown[n] = run, shown[n][1]
        return filters.ordered(shown, query.order) if starts else shown

    def _every(
        self,
        groups: Sequence[_Files],
        want: Want,
        more: Want | None = None,
        opened_: Opened | None = None,
    ) -> list[Run]:
        """Read many runs, those that are not known on all cores.

        Those that are known with *more* are returned so.
        """
        listing = self._listing(want)
        known: list[Run | None] = [None] * len(groups)
        if more and more != want and more.covers(want):
            known = list(map(self._listing(more).find, groups))
        missing = [n for n, run in enumerate(known) if run is None]
        if _FEW * len(missing) > len(groups):  # else they are read before what is kept
            for n in missing:
                known[n] = listing.get(groups[n])
            missing = [n for n in missing if known[n] is None]
        read = shared(lambda n: self._listed(_paths(groups[n]), want, opened_), missing)
        for n, (run, ended) in zip(missing, read, strict=True):
            known[n] = run
            if ended:
                listing.put(groups[n], run)
        return [run for run in known if run is not None]

    def _listing(self, want: Want) -> Listing:
        if want not in self._listings:
            self._listings[want] = Listing(self._path, want, self._many, self._stats)
        return self._listings[want]

    def _chosen(self, ids: Sequence[str]) -> list[_Files]:
        groups, wanted = self._groups(), set(ids)
        if missing := wanted - groups.keys():
            named = self._named_inside(groups)
            for one in ids:
                if one in missing and one not in named:
                    lists = f"`wandbwatch project {Local(self._path)}` lists its runs"
                    raise NotFoundError(f"{self._path} has no run {one!r}; {lists}")
            wanted |= {named[one] for one in missing}
        return [files for key, files in groups.items() if not ids or key in wanted]

    def _named_inside(self, groups: Mapping[str, _Files]) -> dict[str, str]:
        """Return the ids in the names of files by those in their records: somebody may
        have renamed a file."""
        want = Want((), (), system=False, whole=False)
        read = [self._listed(_paths(files), want, None)[0] for files in groups.values()]
        return {run.id: key for run, key in zip(read, groups, strict=True)}

    def _paths(self, run_id: str) -> list[Path]:
        (files,) = self._chosen([run_id])
        return _paths(files)

    def _groups(self) -> dict[str, list[str]]:
        """Return the files of each run by its id; a resumed run has several.

        They are those of this moment for all that one line asks at once.
        """
        now = time.monotonic()
        if self._files is None or now > self._files[0] + _MOMENT:
            groups: dict[str, list[str]] = {}
            for file in directories.named(self._path):
                groups.setdefault(_id(file), []).append(file)
            self._files = now, groups
            self._stats.clear()
            for listing in self._listings.values():
                listing.later()
        return self._files[1]

    def _read(
        self, files: Sequence[Path], want: Want, opened_: Opened | None = None
    ) -> tuple[Run, bool]:
        """Read a run; return it with whether all of it is from files with their exit.

        What is odd may be from the files beside them, which can still change.
        """
        if want.start and (one := begun(files)):
            return one, True
        with ExitStack() as stack:
            try:
                logs = opened(files, stack)
                if opened_:
                    opened_.expect(logs)
                run = read(logs, want, self._now())
            except RecursionError as e:
                what = "its values are nested too deeply"
                raise SourceError(f"{files[-1]} cannot be read: {what}") from e
            if want is _WHOLE and any(log.index for log in logs):
                with suppress(*_UNREADABLE):
                    self._raised = time.monotonic(), files, records.alerts(logs)
            ended = all(log_end(log).exit_code is not None for log in logs)
            if opened_:
                opened_.keep(files, logs, stack)
            return run, ended and not run.caveats

    def _listed(
        self, files: Sequence[Path], want: Want, opened_: Opened | None
    ) -> tuple[Run, bool]:
        """Read a run of many: one that cannot be read is listed by its id alone."""
        try:
            return self._read(files, want, opened_)
        except _UNREADABLE as e:
            if directories.is_one_run(self._path):
                raise
            one = run_id(files[-1])
            why = str(e).removeprefix(f"{files[-1]} {_UNREAD}")
            why = why.replace(f"{files[-1]} ", "it ")
            caveat = f"{_UNREAD}{why}"
            return Run(one, one, State.UNKNOWN, caveats=(caveat,)), False

    def _plotted(self, run: Run, files: Sequence[Path], opened_: Opened) -> Curves:
        """Read the series of a run of many: one that cannot be read has none."""
        try:
            with ExitStack() as stack:
                logs = opened_.logs(files, stack)
                return _curves(run, logs, opened_.keys, opened_.axis, self._now())
        except _UNREADABLE:
            if directories.is_one_run(self._path):
                raise
            return Curves(run, {})

    def _spread(
        self, run: Run, files: Sequence[Path], keys: Sequence[str], axis: Axis
    ) -> Distributions:
        """Read the histograms of a run of many: one that cannot be read has none."""
        from wandbwatch.model.drawing import Distributions  # noqa: PLC0415

        defined: list[Metric] = []
        try:
            with ExitStack() as stack:
                logs = opened(files, stack)
                found = history.distributions(logs, keys, axis, defined)
                run = noted(run, logs)
        except _UNREADABLE:
            if directories.is_one_run(self._path):
                raise
            return Distributions(run, {})
        return Distributions(run, found, own_axes(defined, found))

    def _keep(self) -> None:
        """Keep the runs that have ended for the next look."""
        for listing in self._listings.values():
            listing.save()


def _paths(files: _Files) -> list[Path]:
    return list(map(Path, files))


def _id(file: str) -> str:
    """Return the id in a file's name, without a Path for each of thousands."""
    name = file.rpartition("/")[2]
    ours = name.startswith("run-") and name.endswith(".wandb")
    return name[4:-6] if ours else run_id(Path(file))


def _asked(query: Query) -> Want:
    system = query.machine or query.summary != ()
    return Want(query.summary, query.config, system=system, whole=False)


def _needed(query: Query, count: int) -> Want:
    """Return what the filters and the order of *query* need of each of *count* runs."""
    columns = (*filters.parse(query.filters).columns, filters.by(query.order))
    summary = tuple(key for column in columns for key in column.summary)
    config = tuple(key for column in columns for key in column.config)
    start = (
        not query.filters
        and 0 < query.limit < count
        and columns == (filters.by("created_at"),)
    )
    return Want(summary, config, system=False, whole=False, start=start)


def _all_shown(query: Query, count: int) -> bool:
    """Return whether *query* shows all of so many runs, however they are ordered."""
    need = _needed(query, count)
    fewer = 0 < query.limit < count
    return not (query.filters or fewer or need.summary or need.config)


def _name_unread(left_out: Sequence[Run]) -> None:
    """Name runs that no filter finds because they cannot be read."""
    found = [
        f"{r.id} {t}" for r in left_out for t in r.caveats if t.startswith(_UNREAD)
    ]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        remark(f"{found[0]}{more}")


def _curves(
    run: Run, logs: Sequence[RunLog], keys: Sequence[str], axis: Axis, now: float
) -> Curves:
    measured = [key for key in keys if key.startswith(SYSTEM)]
    logged = [key for key in keys if key not in measured]
    defined: list[Metric] = []
    found = history.series(logs, logged, axis, defined) if logged else {}
    found = lengthened(found, logs, logged, axis, now)
    if measured:
        names = [key.removeprefix(SYSTEM) for key in measured]
        for name, one in records.measured(logs, names, axis).items():
            key = SYSTEM + name
            found[key] = Series(key, one.x, one.y)
    run = noted(run, logs)
    ordered = {key: found[key] for key in expanded(keys, found) if key in found}
    return Curves(run, ordered, own_axes(defined, ordered))
