"""The documented promises of the outputs hold."""

from __future__ import annotations

from pathlib import Path

from wandbwatch.cli.grammar.command import OUTPUTS
from wandbwatch.formatting import json_values

PAGE = (Path(__file__).parents[2] / "docs" / "terminal.md").read_text()


def test_every_output_has_its_row():
    for output in OUTPUTS:
        assert f"\n| `{output}` |" in PAGE


def test_the_schema_number_is_the_one_written():
    assert f'"schema": {json_values.SCHEMA},' in PAGE
