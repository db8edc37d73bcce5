from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.model.errors import ConfigError, ExitCode, WandbwatchError, printable


def test_every_exit_code_has_its_meaning():
    assert all(code.meaning for code in ExitCode)


def test_an_error_is_one_line_and_complaints_are_one_each():
    assert WandbwatchError("a\nb\x1b[31mc").lines == (r"a b\x1b[31mc",)
    assert ConfigError(["a: x", "b:\u202e y"]).lines == ("a: x", r"b:\u202e y")


@given(st.text(st.characters()))
def test_anything_is_printable_once_it_is_made_so(text):
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
