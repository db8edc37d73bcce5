"""Keys that the user named and no run has, with the likely one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.address import Address
from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Query
from wandbwatch.model.report import remark
from wandbwatch.model.run import Json, Run, State

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Total

_SAMPLE = 10
"""How many runs' keys a named one is compared with."""
CONFIG = "config."


def meant(key: str, known: Collection[str]) -> str:
    """Return ``; did you mean …?`` for a summary key, or ``config.KEY``."""
    other = key.removeprefix(CONFIG) if key.startswith(CONFIG) else CONFIG + key
    return f"; did you mean {other!r}?" if other in known else did_you_mean(key, known)


def known_keys(runs: Iterable[Run]) -> set[str]:
    """Return the summary keys of *runs*, without W&B's own, and ``config.KEY``."""
    summary: set[str] = set()
    config: set[str] = set()
    for run in runs:
        summary.update(run.summary)
        config.update(run.config)
    found = {key for key in summary if not key.startswith("_")}
    return found | {f"{CONFIG}{key}" for key in config}


def sampled_keys(source: Source, query: Query) -> set[str]:
    """Return the keys of a few runs of *query*; one request, and none if it fails."""
    whole = replace(query, limit=_SAMPLE, summary=None, config=None)
    try:
        return known_keys(source.runs(whole).runs)
    except SourceError:
        return set()


def unvalued(key: str, known: Collection[str]) -> str:
    """Say that no run has a value for *key*, and name the likely key."""
    hint = meant(key, known)
    if not hint and not known and not key.startswith(CONFIG):
        hint = f"; in the configuration it would be {CONFIG}{key}"
    return f"no run here has a value for {key!r}{hint}"


def no_match(source: Source, filters: Mapping[str, Json]) -> str:
    """Say that no run matches *filters*, and what in them no run has; one request."""
    hints: list[str] = []
    known: set[str] = set()
    for name, value in _conditions(filters):
        key = name.removeprefix("summary_metrics.").removesuffix(".value")
        if name == "state" and isinstance(value, str):
            states = [state.value for state in State]
            hints += [] if value in states else [did_you_mean(value, states)]
        elif name.startswith(("summary_metrics.", CONFIG)):
            known = known or sampled_keys(source, Query())
            below = any(one.startswith(f"{key}.") for one in known)
            if absent(key, known) and not below:
                hints.append(f"; no run has {key!r}{meant(key, known)}")
    return "".join(("no run matches the filters", *dict.fromkeys(hints)))


def _conditions(filters: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in filters.items():
        if not name.startswith("$"):
            yield name, value
        for one in value if name[:1] == "$" and isinstance(value, list | tuple) else ():
            if isinstance(one, Mapping):
                yield from _conditions(one)


def absent(key: str, known: Collection[str]) -> bool:
    """Whether *key* is not *known* though others of its kind are, and no run has only
    just started."""
    kind = key.startswith(CONFIG)
    return key not in known and any(one.startswith(CONFIG) == kind for one in known)


def missing(
    env: Env,
    addresses: Sequence[Address],
    query: Query,
    keys: Sequence[str],
    runs: Sequence[Run],
) -> dict[str, str]:
    """Say which of *keys* neither *runs* nor others of *query* have; asks the sources
    only if there are any. NotFoundError where no run of *addresses* has any of them."""
    logged = known_keys(runs)
    without = [key for key in keys if runs and key not in logged]
    if not without:
        return {}
    known = _known_at(env, addresses, query)
    said = {key: unvalued(key, known) for key in without if key not in known}
    if query.filters and set(said) == set(keys):
        known = _known_at(env, addresses, Query())
    demand(env, keys, {key: why for key, why in said.items() if absent(key, known)})
    return said


def check_total(
    env: Env, addresses: Sequence[Address], total: Total | None, runs: Sequence[Run]
) -> None:
    """Remark that none of *runs* has the key of *total*. NotFoundError where no run of
    *addresses* has it."""
    if not (total and total.key and runs) or any(total.of(r) is not None for r in runs):
        return
    name, known = total.name, _known_at(env, addresses, Query())
    why = f"no ETA: no run here has a number of steps in {name!r}{meant(name, known)}"
    demand(env, [name], {name: why} if absent(name, known) else {})
    remark(why)


def _known_at(env: Env, addresses: Sequence[Address], query: Query) -> set[str]:
    asked = [partial(_sampled, env, one, query) for one in addresses]
    return {
        key for keys in env.together(asked) if isinstance(keys, set) for key in keys
    }


def _sampled(env: Env, address: Address, query: Query) -> set[str]:
    return sampled_keys(env.source(address), query)


def demand(env: Env, named: Collection[str], unknown: Mapping[str, str]) -> None:
    """Raise NotFoundError where nothing that one option *named* exists; *unknown* says
    so of each.

    Not in a subscription: a key may come later, so there the report says it.
    """
    if named and unknown.keys() >= set(named) and env.memory is None:
        raise NotFoundError("; ".join(unknown[one] for one in dict.fromkeys(named)))
