from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.model.address import Address
from wandbwatch.options import NO_KEYS, AimOption, Keys, RunAddress, run_address

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


_OTHERS = ("best", "previous", "last-good")


class Other:
    """The run to compare with: an address, or one of the project's by its merit."""

    def __init__(self, word: str, address: Address | None) -> None:
        self.word = word
        self.address = address

    @classmethod
    def read(cls, text: str) -> Other:
        return cls(text, None if text in _OTHERS else run_address(text))


def diff(
    ctx: typer.Context,
    address: RunAddress,
    other: Annotated[
        Other,
        typer.Argument(
            parser=Other.read,
            metavar="RUN|best|previous|last-good",
            help="A second run; or best, previous, last-good of the same group.",
        ),
    ],
    *,
    ignore: Annotated[
        Keys,
        typer.Option(
            parser=Keys.read,
            metavar="KEYS",
            show_default=False,
            help="Leave out: a key, a group, a glob.",
        ),
    ] = NO_KEYS,
    best: AimOption = None,
) -> Iterator[Report]:
    """Compare two runs: configuration, values, code, packages, machine."""
    from wandbwatch.commands.diff.report import compared

    env: Env = ctx.obj
    return compared(env, address, other, ignore, best)


plugin = diff
