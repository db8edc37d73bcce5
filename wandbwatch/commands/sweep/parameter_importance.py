"""How much a sweep's parameters matter to its metric.

W&B shows a random forest's importance and the linear correlation of each parameter;
a category of more than two values has a column for each of them.
https://docs.wandb.ai/guides/app/features/panels/parameter-importance

A learning rate has its best value in the middle, which no line shows, and its diverged
runs outweigh all others. So without scikit-learn the importance is the part of the
metric's ranks that a parabola over the parameter explains (adjusted R²).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wandbwatch.analysis.ranking import finite, span_decades
from wandbwatch.model.run import Json

FEWEST = 3
"""With fewer runs every line is straight."""
_MOST_WORDS = 24
"""A category with more values than this is a name."""
_TREES, _SEED = 200, 0


@dataclass(frozen=True)
class Importance:
    parameter: str
    correlation: float
    """Pearson's, from -1 to 1."""
    weight: float
    """The share of a random forest's importance; without scikit-learn, R²."""
    log: bool = False
    """Whether the logarithm of the parameter was weighed."""


def importance(
    configs: Sequence[Mapping[str, Json]],
    values: Sequence[float],
    parameters: Sequence[str],
    logarithmic: Sequence[str] = (),
) -> tuple[Importance, ...]:
    """Weigh *parameters* of runs with *configs* by their metric's finite *values*.

    What matters most comes first; what never varied is left out, and so is all of
    it if there are too few runs. Of those drawn from a *logarithmic* scale, and of
    those whose values span decades, the logarithm is weighed.
    """
    if len(values) < FEWEST:
        return ()
    columns = dict(_columns(configs, parameters))
    logs = {name for name, one in columns.items() if _is_log(name, one, logarithmic)}
    for name in logs:
        columns[name] = [math.log10(value) for value in columns[name]]
    weights = _forest(columns, values)
    if not weights:
        ranks = _ranks(values)
        weights = {name: _explained(column, ranks) for name, column in columns.items()}
    found = [
        Importance(name, correlation(column, values), weights[name], name in logs)
        for name, column in columns.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.weight, -abs(one.correlation))))


def _is_log(name: str, values: Sequence[float], logarithmic: Sequence[str]) -> bool:
    return (name in logarithmic and min(values) > 0) or span_decades(values)


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the place of each value among all; equal ones share their mean place."""
    ordered = sorted(values)
    return [(bisect_left(ordered, v) + bisect_right(ordered, v)) / 2 for v in values]


def _explained(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the part of *ys* that a parabola over *xs* explains, from 0 to 1."""
    kinds = len(set(xs))
    degree = min(2, kinds - 1, len(ys) - 2)
    mean = math.fsum(ys) / len(ys)
    spread = math.fsum((y - mean) ** 2 for y in ys)
    if degree < 1 or not spread:
        return 0.0
    low, high = min(xs), max(xs)
    scaled = [(x - low) / (high - low) for x in xs]
    left = math.fsum(e**2 for e in _residuals(scaled, ys, degree)) / spread
    free = len(ys) - degree - 1
    adjusted = 1 - left * (len(ys) - 1) / free if free > 0 else 0.0
    return round(max(adjusted, 0.0), 4)


def _residuals(xs: Sequence[float], ys: Sequence[float], degree: int) -> list[float]:
    """Take from *ys* what powers of *xs* explain, made orthogonal one after another."""
    left, basis = list(ys), list[list[float]]()
    for power in range(degree + 1):
        column = [x**power for x in xs]
        for other in basis:
            column = _without(column, other)
        basis.append(column)
        left = _without(left, column)
    return left


def _without(values: Sequence[float], other: Sequence[float]) -> list[float]:
    size = math.fsum(o * o for o in other)
    both = math.fsum(v * o for v, o in zip(values, other, strict=True))
    share = both / size if size else 0.0
    return [v - share * o for v, o in zip(values, other, strict=True)]


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return Pearson's correlation; 0 where one of them never varies."""
    mean_x, mean_y = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    dx, dy = [x - mean_x for x in xs], [y - mean_y for y in ys]
    spread = math.hypot(*dx) * math.hypot(*dy)
    if not spread or not math.isfinite(spread):
        return 0.0
    both = math.fsum(a * b for a, b in zip(dx, dy, strict=True))
    return max(-1.0, min(1.0, both / spread))


def has_forest() -> bool:
    """Whether scikit-learn is there, the extra ``importance``."""
    from importlib.util import find_spec  # noqa: PLC0415 -- seldom asked

    return find_spec("sklearn") is not None


def _columns(
    configs: Sequence[Mapping[str, Json]], parameters: Sequence[str]
) -> list[tuple[str, list[float]]]:
    found: list[tuple[str, list[float]]] = []
    for name in parameters:
        given = [config.get(name) for config in configs]
        numbers = [finite(value) for value in given]
        whole = [number for number in numbers if number is not None]
        if len(whole) == len(given):
            if len(set(whole)) > 1:
                found.append((name, whole))
            continue
        if all(value is None for value in given):
            continue
        words = [str(value) for value in given]
        kinds = sorted(set(words))
        if 1 < len(kinds) <= _MOST_WORDS:
            # Of two values the one says all that the other does.
            found += [
                (f"{name}={kind}", [float(word == kind) for word in words])
                for kind in (kinds if len(kinds) > 2 else kinds[1:])  # noqa: PLR2004
            ]
    return found


def _forest(
    columns: Mapping[str, Sequence[float]], values: Sequence[float]
) -> Mapping[str, float]:
    if not columns or not has_forest():
        return {}
    from sklearn.ensemble import (  # noqa: PLC0415 -- an extra, and slow to import
        RandomForestRegressor,
    )

    grower = RandomForestRegressor(_TREES, random_state=_SEED)
    rows = list(zip(*columns.values(), strict=True))
    grower.fit(rows, list(values))
    return dict(zip(columns, map(float, grower.feature_importances_), strict=True))
