"""Values drawn at random: the same ones for the same seed, on every machine."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wandbwatch.hyperparameters.grid import MOST, replaced
from wandbwatch.hyperparameters.objects import Object, from_toml
from wandbwatch.hyperparameters.paths import Path, dotted
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json

_CALL = re.compile(r"\s*(uniform|log_?uniform|choice)\s*\((.*)\)\s*", re.DOTALL)
_DISTRIBUTIONS = {
    "uniform": "uniform",
    "int_uniform": "uniform",
    "log_uniform": "log_uniform",
    "log_uniform_values": "log_uniform",  # as W&B calls it in a sweep
    "categorical": "choice",
    "choice": "choice",
}
_WORDS = {"distribution", "min", "max", "values"}


@dataclass(frozen=True)
class Between:
    low: float
    high: float
    log: bool = False
    whole: bool = False
    """Whether only whole numbers are meant, both ends among them."""

    def at(self, share: float) -> Json:
        """Return the value at *share*, from 0 to 1, of the way."""
        high = self.high + 1 if self.whole else self.high
        if self.log:
            ratio = math.log(high / self.low)
            value = self.low * math.exp(share * ratio)
        else:
            value = self.low + share * (high - self.low)
        return int(min(value, self.high)) if self.whole else min(value, self.high)


@dataclass(frozen=True)
class Choice:
    values: Sequence[Json]

    def at(self, share: float) -> Json:
        return self.values[int(share * len(self.values))]


Draw: TypeAlias = Between | Choice


def draws(values: Object, count: int, seed: int) -> Iterator[Object]:
    """Yield *count* objects; each parameter draws from a stream of its own.

    So a parameter more changes none of the others' draws, and ten draws begin with
    the five of a shorter search.
    """
    drawn = dict(_draws(values))
    if not drawn:
        raise UsageError(
            "--random: nothing to draw from; write lr=log_uniform(1e-5,1e-2),"
            " dropout=uniform(0.0,0.5) or units=choice(32,64)"
        )
    if count > MOST:
        raise UsageError(f"--random {count}: {MOST:,} at most")
    # No secret: the same seed is to draw the same.
    streams = {p: random.Random(f"{seed}/{dotted(p)}") for p in drawn}  # noqa: S311
    for _ in range(count):
        chosen = {p: draw.at(streams[p].random()) for p, draw in drawn.items()}
        yield replaced(values, dict(chosen))


def _draws(values: Object, path: Path = ()) -> Iterator[tuple[Path, Draw]]:
    for key, value in values.items():
        here = (*path, key)
        if isinstance(value, dict) and not _is_described(value):
            yield from _draws(value, here)
        elif isinstance(value, str) and (called := _CALL.fullmatch(value)):
            yield here, _called(called[1], called[2], here)
        elif isinstance(value, dict):
            yield here, _described(value, here)
        elif isinstance(value, list):
            yield here, _choice(value, here)


def _is_described(value: Mapping[str, Json]) -> bool:
    """Whether *value* says how to draw, as a parameter of a W&B sweep does."""
    says = value.keys() & {"distribution", "values"} or {"min", "max"} <= value.keys()
    return bool(says) and value.keys() <= _WORDS


def _called(name: str, arguments: str, path: Path) -> Draw:
    place = f"{dotted(path)}: {name}({arguments})"[:80]
    given = _arguments(arguments, place)
    if name == "choice":
        return _choice(given, path)
    if len(given) != 2:  # noqa: PLR2004 (a range has two ends)
        raise UsageError(f"{place}: needs two ends, such as {name}(1e-5,1e-2)")
    return _between(given[0], given[1], path, log=name != "uniform")


def _arguments(text: str, place: str) -> list[Json]:
    try:
        found = from_toml(f"given = [{text}]", place)["given"]
    except UsageError:
        found = [word.strip() for word in text.split(",")]
    return found if isinstance(found, list) else []


def _described(value: Mapping[str, Json], path: Path) -> Draw:
    name = value.get("distribution", "choice" if "values" in value else "uniform")
    kind = _DISTRIBUTIONS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(_DISTRIBUTIONS)
        raise UsageError(f"{dotted(path)}: no distribution {name!r}; known: {known}")
    if kind == "choice":
        several = value.get("values")
        return _choice(several if isinstance(several, list) else [], path)
    return _between(value.get("min"), value.get("max"), path, log=kind != "uniform")


def _choice(values: Sequence[Json], path: Path) -> Choice:
    if not values:
        raise UsageError(f"{dotted(path)}: nothing to choose from")
    return Choice(values)


def _between(low: Json, high: Json, path: Path, *, log: bool) -> Between:
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise UsageError(f"{dotted(path)}: min and max must be numbers")
    if not low < high:
        raise UsageError(f"{dotted(path)}: {low} is not less than {high}")
    if log and low <= 0:
        raise UsageError(f"{dotted(path)}: log-uniform from {low}; must be above 0")
    return Between(low, high, log, isinstance(low, int) and isinstance(high, int))
