"""All sets of hyperparameters that one command line describes: grids and samples."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.hyperparameters.distributions import KEYS, Draw, read
from wandbwatch.hyperparameters.objects import (
    Object,
    Path,
    dotted,
    from_toml,
    leaves,
    replaced,
    with_defaults,
)
from wandbwatch.hyperparameters.parse import Parsed
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Schema
from wandbwatch.model.run import Json

MAX_SETS = 10_000
"""A larger count is more likely a mistake."""
_CALL = re.compile(r"\s*([a-zA-Z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_SHORT = {"loguniform": "log_uniform", "choice": "choice"}
"""Names of calls beside those of W&B's distributions."""
_DISTRIBUTIONS = {
    "uniform": "uniform",
    "int_uniform": "uniform",
    "log_uniform": "log_uniform",
    "log_uniform_values": "log_uniform",  # its name in a W&B sweep
    "categorical": "choice",
    "choice": "choice",
}
_LISTED = {"values", "probabilities"}
_DISTRIBUTION_KEYS = {"distribution", "min", "max", "values"}


def grid(values: Object) -> Iterator[Object]:
    """Yield every combination of the lists' elements; the last list varies fastest.

    A list inside a list is a value.
    """
    lists = {path: value for path, value in leaves(values) if isinstance(value, list)}
    if not lists:
        raise UsageError("--grid needs a parameter with a list, such as lr=[1e-3,1e-4]")
    for path, elements in lists.items():
        if not elements:
            raise UsageError(f"--grid: {dotted(path)}: the list is empty")
    count = math.prod(map(len, lists.values()))
    if count > MAX_SETS:
        raise UsageError(f"--grid: {count:,} combinations; at most {MAX_SETS:,}")
    for combination in itertools.product(*lists.values()):
        yield replaced(values, dict(zip(lists, combination, strict=True)))


@dataclass(frozen=True)
class Range:
    low: float
    high: float
    log: bool = False
    whole: bool = False
    """Only whole numbers, both ends included."""

    def at(self, share: float) -> Json:
        """Return the value at *share*, from 0 to 1, of the way from low to high."""
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


Distribution: TypeAlias = Range | Choice | Draw


def sample(
    values: Object, count: int, seed: int, draws: Mapping[Path, Draw] | None = None
) -> Iterator[Object]:
    """Yield *count* objects; the same seed gives the same ones on every machine.

    Each parameter has its own random stream. So another parameter changes none of
    the others' samples, and a search of ten begins with the five of a shorter one.
    """
    distributions: dict[Path, Distribution] = dict(_distributions(values))
    distributions |= draws or {}
    if not distributions:
        raise UsageError(
            "--random has nothing to sample: write lr=log_uniform(1e-5,1e-2),"
            " dropout=uniform(0.0,0.5) or units=choice(32,64)"
        )
    if count > MAX_SETS:
        raise UsageError(f"--random {count}: at most {MAX_SETS:,}")
    # Not a secret: the same seed must sample the same values.
    streams = {p: random.Random(f"{seed}/{dotted(p)}") for p in distributions}  # noqa: S311
    for _ in range(count):
        yield replaced(
            values, {p: d.at(streams[p].random()) for p, d in distributions.items()}
        )


def check_no_draw(values: Object, needs: str) -> None:
    """Refuse a distribution where nothing is sampled: the script would get its text."""
    for key, value in values.items():
        _check_no_draw(value, (key,), needs)


def _check_no_draw(value: Json, path: Path, needs: str) -> None:
    if isinstance(value, str) and (call := _CALL.fullmatch(value)):
        if call[1] in (*KEYS, *_SHORT):
            raise UsageError(f"{dotted(path)}: {value.strip()[:60]} {needs}")
    elif isinstance(value, dict):
        if _means_one(value):
            raise UsageError(f"{dotted(path)}: a distribution {needs}")
        for key, inner in value.items():
            _check_no_draw(inner, (*path, key), needs)


def _means_one(value: Object) -> bool:
    """Whether it is meant as one, with a misspelt name too: it has another's words."""
    name = value.get("distribution")
    words = {"min", "max", "mu", "sigma", "values", "probabilities", "q"}
    known = isinstance(name, str) and name in KEYS
    listed = isinstance(value.get("values"), list) and value.keys() <= _LISTED
    return known or listed or ("distribution" in value and not words.isdisjoint(value))


def _distributions(
    values: Object, path: Path = ()
) -> Iterator[tuple[Path, Distribution]]:
    for key, value in values.items():
        here = (*path, key)
        if isinstance(value, dict) and not _is_distribution(value):
            yield from _distributions(value, here)
        elif isinstance(value, str) and (call := _CALL.fullmatch(value)):
            yield here, _from_call(call[1], call[2], here)
        elif isinstance(value, dict):
            yield here, _from_sweep(value, here)
        elif isinstance(value, list):
            yield here, _choice(value, here)


def _is_distribution(value: Mapping[str, Json]) -> bool:
    """Whether *value* is a distribution, written as in a W&B sweep."""
    if "distribution" in value:
        return True
    marked = "values" in value or {"min", "max"} <= value.keys()
    return marked and value.keys() <= _DISTRIBUTION_KEYS


def _from_call(name: str, arguments: str, path: Path) -> Distribution:
    place = f"{dotted(path)}: {name}({arguments})"[:80]
    name = _SHORT.get(name, name)
    if name not in (*KEYS, "choice"):
        known = (*(k for k in KEYS if k not in ("constant", "categorical")), "choice")
        hint = did_you_mean(name, known) or f"; use {', '.join(known)}"
        raise UsageError(f"{place}: unknown distribution {name!r}{hint}")
    values = _arguments(arguments, place)
    if name in ("choice", "categorical"):
        return _choice(values, path)
    if name in ("uniform", "log_uniform"):
        if len(values) != 2:  # noqa: PLR2004 (a range has two ends)
            raise UsageError(f"{place}: needs two limits, as in {name}(1e-5,1e-2)")
        return _range(values[0], values[1], path, log=name != "uniform")
    keys = KEYS[name]
    if len(values) > len(keys):
        raise UsageError(f"{place}: takes {', '.join(keys)}")
    given = dict(zip(keys, values, strict=False))
    return read({"distribution": name, **given}, place)


def _arguments(text: str, place: str) -> list[Json]:
    try:
        found = from_toml(f"values = [{text}]", place)["values"]
    except UsageError:
        found = [word.strip() for word in text.split(",")]
    return found if isinstance(found, list) else []


def _from_sweep(value: Mapping[str, Json], path: Path) -> Distribution:
    """Read a distribution of a JSON object.

    Here ``log_uniform`` takes values, not exponents, as in ``log_uniform(1e-5,1e-2)``.
    """
    name = value.get("distribution", "choice" if "values" in value else "uniform")
    kind = _DISTRIBUTIONS.get(name) if isinstance(name, str) else None
    if kind is None or not value.keys() <= _DISTRIBUTION_KEYS:
        return read(value, dotted(path))
    if kind == "choice":
        values = value.get("values")
        return _choice(values if isinstance(values, list) else [], path)
    return _range(value.get("min"), value.get("max"), path, log=kind != "uniform")


def _choice(values: Sequence[Json], path: Path) -> Choice:
    if not values:
        raise UsageError(f"{dotted(path)}: no values to choose from")
    return Choice(values)


def _range(low: Json, high: Json, path: Path, *, log: bool) -> Range:
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise UsageError(f"{dotted(path)}: min and max must be numbers")
    if not low < high:
        raise UsageError(f"{dotted(path)}: min ({low}) must be less than max ({high})")
    if log and low <= 0:
        raise UsageError(f"{dotted(path)}: log-uniform: min must be above 0")
    return Range(low, high, log, isinstance(low, int) and isinstance(high, int))


MAX_BYTES = 128 * 1024 - 1
"""The longest single argument of a program on Linux (``MAX_ARG_STRLEN``)."""


@dataclass(frozen=True)
class Search:
    """How one object becomes several sets."""

    grid: bool = False
    random: int | None = None
    """The number of samples."""
    seed: int | None = None
    """None: `expand` chooses one."""


@dataclass(frozen=True)
class ParameterSets:
    """The JSON objects in the order of their starts."""

    texts: tuple[str, ...]
    """Each object exactly as its script gets it."""
    values: tuple[Object, ...]
    seed: int | None = None
    """The seed of the samples; None without random sampling."""


def expand(
    parsed: Parsed, search: Search, schema: Schema, choose_seed: Callable[[], int]
) -> ParameterSets:
    """Return all sets. UsageError if any of them is invalid.

    A JSON object written as such, to which the *schema* adds no default, keeps its
    text byte for byte.
    """
    if search.grid and search.random is not None:
        raise UsageError("use either --grid or --random, not both")
    search = _of_sweep(parsed, search)
    if search.seed is not None and search.random is None:
        raise UsageError("--seed needs --random N")
    if search.grid:
        found = grid(_listed(parsed))
        return _sets(itertools.islice(found, parsed.sweep.run_cap), schema)
    if search.random is not None:
        seed = choose_seed() if search.seed is None else search.seed
        draws = parsed.sweep.draws
        found = sample(parsed.values, search.random, seed, draws)
        return _sets(found, schema, seed)
    check_no_draw(parsed.values, "needs --random N")
    values = with_defaults(parsed.values, schema)
    if parsed.text is not None and values == parsed.values:
        return ParameterSets((_checked_size(parsed.text),), (values,))
    return ParameterSets((_to_text(values),), (values,))


def _of_sweep(parsed: Parsed, search: Search) -> Search:
    """Search as the sweep configuration says, where the options do not."""
    sweep = parsed.sweep
    if search.grid or search.random is not None or not sweep.method:
        return search
    if sweep.method == "grid":
        return replace(search, grid=True)
    if sweep.run_cap is None:
        raise UsageError(f"{sweep.name}: method random: add --random N")
    return replace(search, random=sweep.run_cap)


def _listed(parsed: Parsed) -> Object:
    """Return the values with a list for each parameter of the sweep."""
    check_no_draw(parsed.values, "needs --random N, not --grid")
    lists: dict[Path, Json] = {}
    for path, draw in parsed.sweep.draws.items():
        if draw.grid is None:
            raise UsageError(
                f"{parsed.sweep.name}: parameters.{dotted(path)}: a grid needs values;"
                " this distribution needs --random N"
            )
        lists[path] = list(draw.grid)
    return replaced(parsed.values, lists)


def _sets(
    objects: Iterable[Object], schema: Schema, seed: int | None = None
) -> ParameterSets:
    values = tuple(with_defaults(one, schema) for one in objects)
    return ParameterSets(tuple(map(_to_text, values)), values, seed)


def _to_text(values: Json) -> str:
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: valid in JSON, not in UTF-8
        text = json.dumps(values)
    return _checked_size(text)


def _checked_size(text: str) -> str:
    size = len(text.encode(errors="surrogateescape"))
    if size > MAX_BYTES:
        raise UsageError(
            f"the parameters are {size:,} bytes long; Linux allows {MAX_BYTES:,} per"
            " argument. Put them into a file and pass its name as a parameter"
        )
    return text
