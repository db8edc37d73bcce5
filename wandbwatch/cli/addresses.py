"""Open the source of an address, as users write it.

A run may be named by its id, by its display name, or by a word such as ``latest``.
How an address is read never depends on what exists: ``wandb`` is a project's name and
``./wandb`` a path; an error mentions the other one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wandbwatch.model.address import Address, Cloud, Local
from wandbwatch.model.errors import (
    NoKeyError,
    NotFoundError,
    RateLimitError,
    SourceError,
    UsageError,
    WandbwatchError,
)
from wandbwatch.model.ports import Source, SourceProxy
from wandbwatch.options import runs_here

if TYPE_CHECKING:
    from wandbwatch.model.drawing import Distributions
    from wandbwatch.model.query import Axis, Curves, Listing, Query
    from wandbwatch.model.run import Run

T = TypeVar("T")

LATEST, PREVIOUS, BEST, LAST_GOOD = "latest", "previous", "best", "last-good"
WORDS = (LATEST, PREVIOUS, BEST, LAST_GOOD)
"""What a run can be called where no run has that id: the newest one, the one before,
the best by the project's metric, the newest one that finished."""
_READ = 50
_RANKED = 500
_SHOWN = 3


class NoRunError(NotFoundError):
    """The project exists but has no run with this name."""


def opened(address: Address, make: Callable[[Address], Source]) -> Source:
    """Return the source that *make* opens for *address*, with run names resolved."""
    source = NamedRuns(address, make)
    if path := _path_of(address):
        return PathHintSource(source, path, SourceError, UsageError)
    # Without an account, the runs that one can mean by a project's name are here.
    here = runs_here() if isinstance(address, Cloud) else None
    return PathHintSource(source, here, NoKeyError) if here else source


def _path_of(address: Address) -> Path | None:
    """Return the local path that PROJECT or ENTITY/PROJECT may have meant."""
    if not isinstance(address, Cloud) or not str(address):
        return None
    path = Path(str(address))
    here = address.run and not address.project and runs_here()
    below = path.parent != Path() and _may_be_a_name(path)
    return path if path.exists() or below or here else None


class PathHintSource(SourceProxy):
    """Adds to its errors the local path that the address could also mean."""

    def __init__(
        self, source: Source, path: Path, *errors: type[WandbwatchError]
    ) -> None:
        self._source = source
        self._path = Local(path)
        self._errors = errors

    def _ask(self, question: str, put: Callable[[Source], T]) -> T:  # noqa: ARG002
        try:
            return put(self._source)
        except RateLimitError:
            raise
        except self._errors as e:
            raise type(e)(f"{e}; did you mean the path {self._path}?") from e


class NamedRuns(SourceProxy):
    """Resolves a run's name, or a word such as ``latest``, if no run has that id.

    An id costs no extra request; a name or word costs one or two, once.
    """

    def __init__(self, address: Address, make: Callable[[Address], Source]) -> None:
        self._address = address
        self._make = make
        self._source = make(address)
        self._ids: dict[str, str] = {}

    def _ask(self, question: str, put: Callable[[Source], T]) -> T:  # noqa: ARG002
        try:
            return put(self._source)
        except NotFoundError as e:
            found = self._resolved(e)
            if found is None:
                raise
        self._source = self._make(found)
        return put(self._source)

    def runs(self, query: Query, /) -> Listing:
        return self._with_ids(query, super().runs)

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Curves, ...]:
        ask = super().curves
        return self._with_ids(query, lambda asked: ask(asked, keys, axis))

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Distributions, ...]:
        ask = super().distributions
        return self._with_ids(query, lambda asked: ask(asked, keys, axis))

    def _with_ids(self, query: Query, ask: Callable[[Query], T]) -> T:
        """Run *query*, whose run ids may be names."""
        ids = tuple(dict.fromkeys(self._ids.get(name, name) for name in query.ids))
        try:
            return ask(replace(query, ids=ids))
        except NotFoundError:
            if not ids or self._address.run:
                raise
        for name in ids:
            self._ids[name] = self._id(name)
        found = tuple(dict.fromkeys(self._ids[name] for name in ids))
        return ask(replace(query, ids=found))

    def _id(self, name: str) -> str:
        from wandbwatch.model.query import Query  # noqa: PLC0415 -- --help needs none

        try:
            self._source.runs(Query(ids=(name,), summary=(), config=()))
        except NotFoundError:
            return find(self._source, self._address, name).id
        return name

    def _resolved(self, error: NotFoundError) -> Address | None:
        """Return the address, by id, of a run given by its name or by a word."""
        address = self._address
        project: Address
        self._say_if_word(error)
        if isinstance(address, Cloud) and address.run:
            project, name = address.without_run(), address.run
        elif isinstance(address, Local) and _may_be_a_name(address.path):
            project, name = Local(address.path.parent), address.path.name
        else:
            return None
        try:
            found = find(self._make(project), project, name)
        except NoRunError as e:
            self._say_if_project(error)
            if not address.local or name in WORDS:
                raise
            raise NoRunError(f"{address} does not exist, and {e}") from e
        except SourceError as e:
            self._say_if_project(error)
            if address.local:
                raise error from e
            raise
        return project.named(found.id)

    def _say_if_word(self, error: SourceError) -> None:
        """Raise a clearer error when PROJECT is really a word for a run."""
        at = self._address
        if isinstance(at, Cloud) and at.project in WORDS and not (at.entity or at.run):
            what = f"{at.project!r} is a run, not a project"
            said = f"{what}: write ENTITY/PROJECT/{at.project}, or ./{at.project}"
            raise NotFoundError(f"{said} for the runs here") from error

    def _say_if_project(self, error: SourceError) -> None:
        """Raise a clearer error when PROJECT/RUN is really ENTITY/PROJECT."""
        from wandbwatch.model.query import Query  # noqa: PLC0415 -- --help needs none

        if not (self._address.maybe_project and isinstance(self._address, Cloud)):
            return
        entity, name = self._address.project, self._address.run
        project = replace(self._address, entity=entity, project=name, run=None)
        try:
            newest = self._make(project).runs(
                Query(limit=_SHOWN, summary=(), config=())
            )
        except SourceError:
            return
        runs = "; it has no runs yet"
        if newest.runs:
            runs = f"; write {project}/{LATEST}, or name one: {_named(newest.runs)}"
        raise NotFoundError(f"{project} is a project, not a run{runs}") from error


def _may_be_a_name(path: Path) -> bool:
    """Return whether *path*, which does not exist, may be a run's name instead."""
    from wandbwatch.sources.local.directories import holds_runs  # noqa: PLC0415 -- rare

    return holds_runs(path.parent) and not (path.exists() or path.is_symlink())


def find(project: Source, where: Address, name: str) -> Run:
    """Return the run of *project* that *name*, or a word in `WORDS`, selects.

    Raises NotFoundError if there is none, and UsageError if there are several.
    """
    from wandbwatch.formatting.text import did_you_mean  # noqa: PLC0415
    from wandbwatch.model.query import Query  # noqa: PLC0415 -- --help needs none

    if name in WORDS:
        return _by_word(project, where, name)
    newest = project.runs(Query(limit=_READ, summary=(), config=()))
    named = [run for run in newest.runs if run.name == name]
    if newest.left_out:
        query = Query({"display_name": name}, limit=_READ, summary=(), config=())
        named = list(project.runs(query).runs)
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(run.id for run in named)
        raise UsageError(f"{len(named)} runs of {where} are named {name!r}: {ids}")
    known = [*WORDS, *(text for run in newest.runs for text in (run.id, run.name))]
    if isinstance(where, Local):
        known += [path.name for path in where.path.iterdir() if path.is_dir()]
    hint = did_you_mean(name, known) or f"; the newest: {_named(newest.runs)};"
    lists = f"`wandbwatch project {where}` lists its runs"
    raise NoRunError(f"{where} has no run with the id or name {name!r}{hint} {lists}")


def _by_word(project: Source, where: Address, word: str) -> Run:
    from wandbwatch.analysis.objective import choose  # noqa: PLC0415 -- nor metrics
    from wandbwatch.model.query import Query  # noqa: PLC0415 -- --help needs none
    from wandbwatch.model.report import remark  # noqa: PLC0415
    from wandbwatch.model.run import State  # noqa: PLC0415

    summary = None if word == BEST else ()
    found = project.runs(Query(limit=_RANKED, summary=summary, config=())).runs
    why = "no runs"
    if word == BEST:
        metric = choose(found)
        ranked = metric.objective.ranked(found) if metric.objective else ()
        found = tuple(run for run, _ in ranked)
        if found:
            remark(f"{found[0].name} is the best by {metric.objective}")
        why = metric.reason if not metric.objective else "no finite values to rank by"
    elif word == LAST_GOOD:
        found = tuple(run for run in found if run.state is State.FINISHED)
        why = "no finished run"
    elif word == PREVIOUS:
        found = found[1:]
        why = "no run before the latest"
    if not found:
        raise NoRunError(f"{where} has no run that is {word!r}: {why}")
    return found[0]


def _named(runs: Sequence[Run]) -> str:
    shown = [
        run.id if run.name == run.id else f"{run.id} ({run.name})"
        for run in runs[:_SHOWN]
    ]
    return ", ".join(shown) or "none"
