"""Every combination of what stands in lists."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from copy import deepcopy

from wandbwatch.hyperparameters.objects import Object
from wandbwatch.hyperparameters.parse import put
from wandbwatch.hyperparameters.paths import Path, dotted, leaves
from wandbwatch.model.errors import UsageError

MOST = 10_000
"""More are a mistake rather than a wish."""


def grid(values: Object) -> Iterator[Object]:
    """Yield the combinations, the last list's values changing first.

    A list that is meant as a value stands in a list of its own.
    """
    lists = {path: value for path, value in leaves(values) if isinstance(value, list)}
    if not lists:
        raise UsageError("--grid: no parameter is a list such as lr=[1e-3,1e-4]")
    for path, several in lists.items():
        if not several:
            raise UsageError(f"--grid: {dotted(path)}: the list is empty")
    count = math.prod(map(len, lists.values()))
    if count > MOST:
        raise UsageError(f"--grid: {count:,} combinations; {MOST:,} at most")
    for combination in itertools.product(*lists.values()):
        yield replaced(values, dict(zip(lists, combination, strict=True)))


def replaced(values: Object, chosen: dict[Path, object]) -> Object:
    """Return a copy of *values* with what was *chosen* at its paths."""
    whole = deepcopy(values)
    for path, value in chosen.items():
        put(whole, path, deepcopy(value))  # type: ignore[arg-type]
    return whole
