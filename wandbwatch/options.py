"""The arguments that commands share: how their words are read.

Help and usage errors import this module, so it imports what a word becomes only when
there is a word to read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from wandbwatch.model.address import Address, Local

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Total
    from wandbwatch.analysis.ranking import Objective
    from wandbwatch.model.run import Json

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., object])

_COMMA = r"(?<!\\),"


def repeats(*, seconds: float) -> Callable[[Command], Command]:
    """Mark a command that repeats by itself wherever there is a screen."""

    def mark(command: Command) -> Command:
        command.__dict__["repeats"] = timedelta(seconds=seconds)
        return command

    return mark


class Keys(tuple[str, ...]):
    r"""Names parted by commas, as ``a,b/c``: a type that Typer can name.

    A comma in a name is written ``\,``.
    """

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Keys:
        parts = (part.replace("\\,", ",").strip() for part in re.split(_COMMA, text))
        return cls(part for part in parts if part)


class Filters(dict[str, "Json"]):
    """Which runs, in MongoDB's words, as ``wandb.Api.runs`` takes them."""

    @classmethod
    def read(cls, text: str) -> Filters:
        import json  # noqa: PLC0415 -- seldom needed, and other lines need not wait

        try:
            read = json.loads(text, parse_constant=_not_json)
        except RecursionError as e:
            raise typer.BadParameter("nested too deeply") from e
        except ValueError as e:
            said = f': {e}; quote it whole: --filters \'{{"state": "failed"}}\''
            if one := re.fullmatch(r"([\w.]+) ?==? ?([\w./-]+)", text):
                number = re.fullmatch(r"-?\d+(\.\d+)?", one[2])
                value = one[2] if number else f'"{one[2]}"'
                said = f"; write --filters '{{\"{one[1]}\": {value}}}'"
            raise typer.BadParameter(f"{text[:40]!r} is not JSON{said}") from e
        if not isinstance(read, dict):
            raise typer.BadParameter('not a JSON object such as {"state": "failed"}')
        return cls(read)


class Order(str):
    """In which order, as ``wandb.Api.runs`` takes it: ``-created_at``."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Order:
        order = cls(text.strip())
        if not order.lstrip("+-") or not order.isprintable():
            raise typer.BadParameter("not a key such as -created_at")
        return order

    @property
    def column(self) -> str:
        """The summary key or ``config.KEY`` that it goes by; empty for another."""
        kind, _, key = self.lstrip("+-").partition(".")
        if kind in ("summary_metrics", "summaryMetrics"):
            return key
        if kind == "config":
            return f"config.{key.removesuffix('.value')}"
        return ""


class Span(timedelta):
    """How long, as ``30m``, ``2h``, ``1h30m`` or ``7d``."""

    @classmethod
    def read(cls, text: str) -> Span:
        from wandbwatch.formatting.numbers import parse_positive_duration  # noqa: PLC0415

        try:
            return cls(seconds=parse_positive_duration(text).total_seconds())
        except ValueError as e:
            raise typer.BadParameter(str(e)) from e


class Aims(tuple["Objective", ...]):
    """Keys with the direction that is better: ``val/loss:min,acc:max``."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Aims:
        return cls(aim(word.strip()) for word in text.split(",") if word.strip())


NO_KEYS = Keys()
NO_FILTERS = Filters()
NO_AIMS = Aims()
NEWEST = Order("-created_at")


def _not_json(constant: str) -> Json:
    raise ValueError(f"{constant} is not a JSON number")


def project_address(text: str) -> Address:
    """Read the address of a project, a sweep or a directory of runs."""
    return _address("project", text)


def run_address(text: str) -> Address:
    """Read the address of one run, or of its directory."""
    return _address("run", text)


def sweep_address(text: str) -> Address:
    """Read the address of a sweep, or of a directory of its runs."""
    return _address("sweep", text)


def any_address(text: str) -> Address:
    """Read the address of a project, or the full one of a run."""
    return _address("project_or_run", text)


def server(text: str) -> str:
    """Read the URL of a W&B server."""
    from wandbwatch.model import address_parsing  # noqa: PLC0415 -- not for --help

    return _told(address_parsing.server, text)


def total(text: str) -> Total:
    """Read how many steps a run is to take."""
    from wandbwatch.analysis.eta import Total  # noqa: PLC0415

    return _told(Total.read, text)


def directory(text: str) -> Path:
    """Read where files are saved."""
    try:
        return Path(text).expanduser()
    except RuntimeError as e:
        raise typer.BadParameter(f"{text!r}: no such user's home") from e


def _told(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


def _address(kind: str, text: str) -> Address:
    from wandbwatch.model import address_parsing  # noqa: PLC0415 -- not for --help

    read: Callable[[str], Address] = getattr(address_parsing, kind)
    try:
        return read(text)
    except ValueError as e:
        raise typer.BadParameter(f"{e}{_path_here(text)}") from e


def _path_here(text: str) -> str:
    """Return a hint where *text*, which is no address, is a path without its ``./``."""
    try:
        here = Path(text).exists() and not text.startswith(("/", ".", "~"))
    except (OSError, ValueError):  # too long, or a NUL
        return ""
    return f"; did you mean the path ./{text}?" if here else ""


def aim(text: str) -> Objective:
    """Read a key and its direction: KEY:min or KEY:max."""
    from wandbwatch.analysis.ranking import Objective  # noqa: PLC0415

    return _told(Objective.read, text)


HERE = Local(Path())
"""What is meant when no address is given: the runs of this directory."""


def runs_here() -> Path | None:
    """Return the directory that wandb writes to from here, if there is one."""
    return next(filter(Path.is_dir, map(Path, ("wandb", ".wandb"))), None)


def places(
    given: Sequence[Address] | None, read: Callable[[str], Address] = project_address
) -> tuple[Address, ...]:
    """Return the addresses *given*, or else $WANDB_PROJECT, or this directory."""
    if given:
        return tuple(given)
    named = os.environ.get("WANDB_PROJECT")
    return (read(named) if named else HERE,)


_PROJECT = "ENTITY/PROJECT, a W&B URL, or a path to local runs."
_SWEEP = "ENTITY/PROJECT/SWEEP, a sweep's URL, or a path to its local runs."
_RUN = (
    "ENTITY/PROJECT/RUN, a run's URL, or a path to a local run. RUN is an id, a name,"
    " or latest, previous, best, last-good."
)

_PROJECTS = (
    "ENTITY/PROJECT, ENTITY/*, ENTITY, a W&B URL, or a path to local runs; several are"
    " shown together. Default: $WANDB_PROJECT, or this directory."
)

ProjectAddresses: TypeAlias = Annotated[
    list[Address] | None,
    typer.Argument(parser=project_address, metavar="ADDRESS", help=_PROJECTS),
]
AnyAddresses: TypeAlias = Annotated[
    list[Address] | None,
    typer.Argument(parser=any_address, metavar="ADDRESS", help=_PROJECTS),
]
AnyAddress: TypeAlias = Annotated[
    Address,
    typer.Argument(
        parser=any_address, metavar="ADDRESS", envvar="WANDB_PROJECT", help=_PROJECT
    ),
]
RunAddress: TypeAlias = Annotated[
    Address, typer.Argument(parser=run_address, metavar="ADDRESS", help=_RUN)
]
SweepAddress: TypeAlias = Annotated[
    Address, typer.Argument(parser=sweep_address, metavar="ADDRESS", help=_SWEEP)
]
AimOption: TypeAlias = Annotated[
    "Objective | None",
    typer.Option(
        "--best",
        parser=aim,
        metavar="KEY:min|max",
        help="The objective: a summary key, and whether min or max is best.",
    ),
]
FiltersOption: TypeAlias = Annotated[
    Filters,
    typer.Option(
        "--filters",
        parser=Filters.read,
        metavar="JSON",
        show_default=False,
        help='Which runs, as wandb.Api.runs takes it: {"state": "failed"}.',
    ),
]
Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        parser=server,
        metavar="URL",
        help="A W&B server; default: the one that wandb uses.",
    ),
]
DeltaOption: TypeAlias = Annotated[
    bool,
    typer.Option("--delta", help="Show changes since the subscription's last report."),
]
TotalOption: TypeAlias = Annotated[
    "Total | None",
    typer.Option(
        "--total",
        parser=total,
        metavar="TOTAL",
        help="Total steps of a run, for its ETA: N, KEY or config.KEY.",
    ),
]
BestOption: TypeAlias = Annotated[
    Aims,
    typer.Option(
        "--best",
        parser=Aims.read,
        metavar="KEY:min|max",
        show_default=False,
        help="Objective(s): val/loss:min,val/acc:max.",
    ),
]
