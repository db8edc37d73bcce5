"""The arguments that commands share: how their words are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from wandbwatch.model.address import Address, Cloud, Local
from wandbwatch.model.run import Json


class Keys(tuple[str, ...]):
    """Names parted by commas, as ``a,b/c``: a type that Typer can name."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Keys:
        return cls(part for part in (p.strip() for p in text.split(",")) if part)


def filters(text: str) -> dict[str, Json]:
    """Read the JSON object that ``wandb.Api.runs`` takes as its filters."""
    try:
        read = json.loads(text)
    except ValueError as e:
        raise typer.BadParameter(f"not JSON: {e}") from e
    if not isinstance(read, dict):
        raise typer.BadParameter("not a JSON object")
    return read


def project_address(text: str) -> Address:
    """Read ENTITY/PROJECT, a W&B URL or a path."""
    if text[:1] in ".~/":
        return Local(Path(text))
    return Cloud(*text.split("/"))


HERE = Local(Path())
"""What is meant when no address is given: the runs of this directory."""

ProjectAddress: TypeAlias = Annotated[
    Address,
    typer.Argument(
        parser=project_address,
        metavar="[ADDRESS]",
        help="ENTITY/PROJECT, a W&B URL, or a path to local runs.",
    ),
]
