from __future__ import annotations

import math

import pytest
from wandbwatch.commands.diff.report import differences
from wandbwatch.model.report import MISSING
from wandbwatch.model.run import Json

HERE: dict[str, Json] = {
    "lr": 0.1,
    "opt.name": "adam",
    "n": 1,
    "nan": math.nan,
    "flag": True,
    "x": 1,
}
THERE: dict[str, Json] = {
    "lr": 0.2,
    "opt.name": "adam",
    "n": 1.0,
    "nan": math.nan,
    "flag": 1,
    "y": None,
}


def test_only_what_differs_is_there_and_what_one_lacks():
    assert differences(HERE, THERE) == (
        ("flag", True, 1),
        ("lr", 0.1, 0.2),
        ("x", 1, MISSING),
        ("y", MISSING, None),
    )
    assert differences(HERE, HERE) == ()


@pytest.mark.parametrize("ignored", [["opt"], ["opt.*"], ["opt.name"], ["*name"]])
def test_what_is_ignored_by_key_group_or_glob(ignored):
    one: dict[str, Json] = {"opt.name": "a", "opt2": 1}
    other: dict[str, Json] = {"opt.name": "b", "opt2": 2}
    assert differences(one, other, ignored) == (("opt2", 1, 2),)
