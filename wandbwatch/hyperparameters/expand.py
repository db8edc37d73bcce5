"""All sets of hyperparameters that one command line describes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from wandbwatch.hyperparameters.objects import Object, Path, dotted, replaced
from wandbwatch.hyperparameters.parse import Parsed
from wandbwatch.hyperparameters.sample import check_no_draw, grid, sample
from wandbwatch.hyperparameters.schema import with_defaults
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json
from wandbwatch.model.settings import Schema

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
