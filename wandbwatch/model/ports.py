"""The ports: sources, accounts, screens and what a command may use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

from wandbwatch.model.errors import ExitCode, UsageError, WandbwatchError

if TYPE_CHECKING:
    from wandbwatch.model.address import Address
    from wandbwatch.model.drawing import Distributions
    from wandbwatch.model.experiment import ExperimentConfig, Experiments
    from wandbwatch.model.media import Album, Artifacts, RunFile, When
    from wandbwatch.model.memory import Memory
    from wandbwatch.model.query import Axis, Curves, Listing, Query
    from wandbwatch.model.report import Report
    from wandbwatch.model.run import Run
    from wandbwatch.model.run_details import Alert, Printed, Provenance, Sweep


class Source(Protocol):
    """The runs of one address. Methods raise SourceError only, unless they say so."""

    def run(self) -> Run:
        """Return the addressed run with all details; UsageError if it is no run."""
        ...

    def runs(self, query: Query, /) -> Listing: ...

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Curves, ...]:
        """Return each found run with its series of *keys* over *axis*."""
        ...

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Distributions, ...]:
        """Return each found run with its histograms of *keys* over *axis*."""
        ...

    def console(self, run_id: str, last: int, /) -> tuple[Printed, ...]:
        """Return the last *last* lines of a run's console output; 0: all."""
        ...

    def alerts(self, run_id: str, /) -> tuple[Alert, ...]:
        """Return the alerts that a run's code raised with ``run.alert``, oldest first;
        none if the source does not store them."""
        ...

    def provenance(self, run_id: str, /) -> Provenance:
        """Return a run's provenance (code, machine, packages), as far as known."""
        ...

    def sweep(self, sweep_id: str, /) -> Sweep:
        """Return a sweep of the address; without an id, the addressed sweep.
        UsageError if the address is not a sweep."""
        ...

    def sweeps(self) -> tuple[Sweep, ...]:
        """Return the sweeps of the address, newest first."""
        ...

    def media(self, run_id: str, keys: Sequence[str], when: When, /) -> Album:
        """Return the media of a run that *keys* select (see `keys.selected`);
        without keys, all."""
        ...

    def files(self, run_id: str, paths: Sequence[str] | None, /) -> tuple[RunFile, ...]:
        """Return a run's files with one of *paths*; None: all files."""
        ...

    def artifacts(self, run_id: str, /) -> Artifacts:
        """Return the artifacts that a run logged and used; without an id, the newest
        version of each artifact in the project."""
        ...

    def stop(self, run_id: str, /) -> None:
        """Request a run to stop, as the button in W&B does; it ends within a minute.
        UsageError if the source does not support it."""
        ...


class Viewer(NamedTuple):
    """The user as the server sees it, without the API key itself."""

    server: str
    user: str
    entity: str
    teams: tuple[str, ...]
    key_from: str
    """Where the key was found: ``WANDB_API_KEY``, a netrc file's path, …"""


class ListedProject(NamedTuple):
    """A project that a user may see; unknown values are None."""

    entity: str
    name: str
    runs: int | None = None
    created: datetime | None = None
    active: datetime | None = None
    """The latest heartbeat of its runs."""
    url: str | None = None

    def __str__(self) -> str:
        return f"{self.entity}/{self.name}"


class Finding(NamedTuple):
    """The result of one check of something that wandbwatch needs."""

    what: str
    said: str
    error: ExitCode | None = None
    """The exit code of the problem; None if there is none."""


class Account(Protocol):
    def login(self, key: str, server: str | None, /) -> Viewer:
        """Verify *key* and save it as wandb does; NotAuthorisedError if it is bad."""
        ...

    def whoami(self, server: str | None, /) -> Viewer: ...

    def projects(
        self, entity: str, server: str | None, /, *, learn: bool = False
    ) -> tuple[ListedProject, ...]:
        """Return the projects of *entity*, or of the user and their teams with "";
        most recently active first. *learn*: their runs are requested next."""
        ...


class Screen(NamedTuple):
    """The target of rendered text: its width in cells, and its capabilities."""

    width: int = 80
    colour: bool = False
    now: datetime | None = None
    plot_rows: int = 0
    """The height of a plot in rows; 0: derived from its width."""
    chosen: int = -1
    """Which row of a table of runs is marked."""
    picture: Callable[[str, int], str] | None = None
    """Writes the picture in a file for so many columns, where the terminal shows
    pictures; "" for what is none."""


Renderer: TypeAlias = "Callable[[Iterable[Report], Screen], Iterator[str]]"
"""Pure: renders reports as text for one medium, piece by piece as they come."""


def one_by_one(
    work: Sequence[Callable[[], object]],
) -> list[object | WandbwatchError]:
    """Run pieces of work in turn; an error is a result too."""
    return [_done(one) for one in work]


def _done(work: Callable[[], object]) -> object | WandbwatchError:
    try:
        return work()
    except WandbwatchError as e:
        return e


def _nowhere() -> Experiments:
    raise UsageError("experiments can't be started here")


def _nothing(_command: Sequence[str], _stdin: str) -> tuple[int, str]:
    raise UsageError("commands can't be started here")


@dataclass(frozen=True, eq=False, repr=False)
class Env:
    """All external services that a command may use. Tests pass fakes."""

    source: Callable[[Address], Source]
    now: Callable[[], datetime]
    account: Callable[[], Account]
    experiment_configs: Callable[[], Mapping[str, ExperimentConfig]] = dict
    """The experiments of watch.toml by name; ConfigError where it is none or wrong."""
    memory: Memory | None = None
    """The memory of a subscription's line; unused in a terminal."""
    experiments: Callable[[], Experiments] = _nowhere
    together: Callable[[Sequence[Callable[[], object]]], list[object]] = one_by_one
    """Runs pieces of work, each with its own source, and merges their requests to a
    server. An error is a result too."""
    execute: Callable[[Sequence[str], str], tuple[int, str]] = _nothing
    """Start a command without a shell, with a text as its stdin; return its exit code
    and the end of what it printed. UsageError if it can't be started, or is killed."""
    rehearsing: bool = False
    """Whether this is a dry run: experiments are described, not started."""


class Watch(NamedTuple):
    """How often a command repeats."""

    every: timedelta
    on_screen: bool = False
    """Whether it repeats only on a screen."""


T = TypeVar("T")


class SourceProxy(ABC):
    """Forwards every method of `Source` to `_ask`, the only one to override."""

    @abstractmethod
    def _ask(self, question: str, put: Callable[[Source], T]) -> T:
        """Call *put* on the source behind; equal *question*s are the same request."""

    def run(self) -> Run:
        return self._ask("run", lambda s: s.run())

    def runs(self, query: Query, /) -> Listing:
        return self._ask(f"runs {query!r}", lambda s: s.runs(query))

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Curves, ...]:
        question = f"curves {query!r} {keys!r} {axis!r}"
        return self._ask(question, lambda s: s.curves(query, keys, axis))

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Distributions, ...]:
        question = f"distributions {query!r} {keys!r} {axis!r}"
        return self._ask(question, lambda s: s.distributions(query, keys, axis))

    def console(self, run_id: str, last: int, /) -> tuple[Printed, ...]:
        question = f"console {run_id!r} {last}"
        return self._ask(question, lambda s: s.console(run_id, last))

    def alerts(self, run_id: str, /) -> tuple[Alert, ...]:
        return self._ask(f"alerts {run_id!r}", lambda s: s.alerts(run_id))

    def provenance(self, run_id: str, /) -> Provenance:
        return self._ask(f"provenance {run_id!r}", lambda s: s.provenance(run_id))

    def sweep(self, sweep_id: str, /) -> Sweep:
        return self._ask(f"sweep {sweep_id!r}", lambda s: s.sweep(sweep_id))

    def sweeps(self) -> tuple[Sweep, ...]:
        return self._ask("sweeps", lambda s: s.sweeps())

    def media(self, run_id: str, keys: Sequence[str], when: When, /) -> Album:
        question = f"media {run_id!r} {keys!r} {when!r}"
        return self._ask(question, lambda s: s.media(run_id, keys, when))

    def files(self, run_id: str, paths: Sequence[str] | None, /) -> tuple[RunFile, ...]:
        question = f"files {run_id!r} {paths!r}"
        return self._ask(question, lambda s: s.files(run_id, paths))

    def artifacts(self, run_id: str, /) -> Artifacts:
        return self._ask(f"artifacts {run_id!r}", lambda s: s.artifacts(run_id))

    def stop(self, run_id: str, /) -> None:
        self._ask(f"stop {run_id!r}", lambda s: s.stop(run_id))
