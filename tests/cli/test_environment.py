from __future__ import annotations

import pytest
from wandbwatch.cli.main import ignored_variables


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WANDBWATCH_TIMEOUT", "soon", "it takes seconds, such as 120"),
        ("WANDBWATCH_TIMEOUT", "-1", "it takes seconds, such as 120"),
        ("WANDBWATCH_CACHE", "of", "did you mean 'off'?"),
        ("WANDBWATCH_PICTURES", "jpeg", "it takes kitty, iterm2, sixel, none"),
    ],
)
def test_a_value_that_means_nothing_is_said(name, value, said):
    (line,) = ignored_variables({name: value})
    assert line == f"{name}={value!r} is ignored; {said}"


def test_values_that_mean_something_are_not_said():
    environ = {"WANDBWATCH_TIMEOUT": "1.5", "WANDBWATCH_CACHE": "OFF"}
    assert not list(ignored_variables(environ | {"WANDBWATCH_PICTURES": ""}))
