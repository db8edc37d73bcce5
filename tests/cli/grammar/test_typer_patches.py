"""Our patches reach into Typer: a minor version is named here once it was tried."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import pytest
import typer
import typer.main
from wandbwatch.cli.grammar.typer_patches import one_line, patch

TRIED = {"0.29"}


def command() -> typer.core.TyperCommand:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command()
    def fly(
        place: Annotated[str, typer.Argument(metavar="PLACE")],
        height: Annotated[int, typer.Option(min=1, max=9)] = 1,
    ) -> tuple[str, int]:
        return place, height

    built = typer.main.get_command(app)
    assert isinstance(built, typer.core.TyperCommand)
    patch(built)
    return built


def test_this_version_of_typer_is_one_that_the_patches_were_tried_with():
    assert version("typer").rpartition(".")[0] in TRIED


def test_patched_parameters_are_read_and_shown_in_our_words():
    built = command()
    assert built(["here", "--height", "2"], "fly", standalone_mode=False) == ("here", 2)
    shown = built.get_help(typer.Context(built))
    assert "PLACE" in shown
    assert "<str>" not in shown
    for height, why in (
        ("x", "'x' is not a whole number"),
        ("10", "10 is more than 9"),
    ):
        with pytest.raises(typer.TyperException) as error:
            built(["here", "--height", height], "fly", standalone_mode=False)
        assert why in one_line(error.value)
