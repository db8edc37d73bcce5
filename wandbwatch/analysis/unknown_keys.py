"""Keys that the user named and no run has, with the likely one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Query
from wandbwatch.model.run import Run

_SAMPLE = 10
"""How many runs' keys a named one is compared with."""
CONFIG = "config."


def meant(key: str, known: Collection[str]) -> str:
    """Return ``; did you mean …?`` for a summary key, or ``config.KEY``."""
    other = key.removeprefix(CONFIG) if key.startswith(CONFIG) else CONFIG + key
    return f"; did you mean {other!r}?" if other in known else did_you_mean(key, known)


def known_keys(runs: Iterable[Run]) -> set[str]:
    """Return the summary keys of *runs*, without W&B's own, and ``config.KEY``."""
    found: set[str] = set()
    for run in runs:
        found.update(key for key in run.summary if not key.startswith("_"))
        found.update(f"{CONFIG}{key}" for key in run.config)
    return found


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


def missing(
    source: Source, query: Query, keys: Iterable[str], runs: Sequence[Run]
) -> tuple[str, ...]:
    """Say which of *keys* none of *runs* has; asks *source* only if there are any."""
    logged = known_keys(runs)
    without = [key for key in keys if runs and key not in logged]
    known = sampled_keys(source, query) if without else set()
    return tuple(unvalued(key, known) for key in without if key not in known)


def demand(env: Env, *, found: bool, said: Sequence[str]) -> None:
    """Raise NotFoundError with what is *said* where nothing named is *found*.

    Not in a subscription: a key may come later, so there the report says it.
    """
    if said and not found and env.memory is None:
        raise NotFoundError("; ".join(said))
