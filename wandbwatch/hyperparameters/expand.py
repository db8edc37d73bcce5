"""All the sets of hyperparameters that one command line means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wandbwatch.hyperparameters.grid import grid
from wandbwatch.hyperparameters.objects import Object
from wandbwatch.hyperparameters.parse import Given
from wandbwatch.hyperparameters.sample import draws
from wandbwatch.hyperparameters.schema import completed
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment_config import Schema
from wandbwatch.model.run import Json

LONGEST = 128 * 1024 - 1
"""Bytes: what Linux takes as one argument of a program."""


@dataclass(frozen=True)
class Search:
    """How many sets one object is to become."""

    grid: bool = False
    random: int | None = None
    seed: int | None = None
    """None is whatever `sets` is told to begin with."""


@dataclass(frozen=True)
class Sets:
    """The JSON objects in the order of their starts, each as its script gets it."""

    texts: tuple[str, ...]
    values: tuple[Object, ...]
    seed: int | None = None
    """What was drawn with; None where nothing was."""


def sets(
    given: Given, search: Search, schema: Schema, any_seed: Callable[[], int]
) -> Sets:
    """Make the sets; UsageError, and none, when one of them is not to be.

    A JSON object that was written as such and to which the *schema* adds nothing
    stays the text that it was, byte for byte.
    """
    if search.grid and search.random is not None:
        raise UsageError("--grid and --random: choose one")
    if search.seed is not None and search.random is None:
        raise UsageError("--seed goes with --random N")
    if search.grid:
        return _of(grid(given.values), schema)
    if search.random is not None:
        seed = any_seed() if search.seed is None else search.seed
        return _of(draws(given.values, search.random, seed), schema, seed)
    whole = completed(given.values, schema)
    if given.text is not None and whole == given.values:
        return Sets((fitting(given.text),), (whole,))
    return Sets((written(whole),), (whole,))


def _of(values: Iterable[Object], schema: Schema, seed: int | None = None) -> Sets:
    whole = tuple(completed(one, schema) for one in values)
    return Sets(tuple(map(written, whole)), whole, seed)


def written(values: Json) -> str:
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, which JSON can hold
        text = json.dumps(values)
    return fitting(text)


def fitting(text: str) -> str:
    size = len(text.encode(errors="surrogateescape"))
    if size > LONGEST:
        raise UsageError(
            f"parameters of {size:,} bytes: a program's argument has {LONGEST:,} at"
            " most; let the script read a file and give its name"
        )
    return text
