from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Annotated

import typer
from wandbwatch.model.report import Note, Report


def serial(
    name: Annotated[str, typer.Argument()],
    *,
    lines: Annotated[int, typer.Option()] = 300,
) -> Iterator[Report]:
    """Say what nobody has said before, at some length: it takes a few messages."""
    number = uuid.uuid4().hex
    text = "\n".join(f"{number}-{i:04}" for i in range(lines))
    yield Report("serial", name, (Note(text),))


plugin = serial
