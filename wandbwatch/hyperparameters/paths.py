"""The values inside nested tables, by their paths."""

from __future__ import annotations

from collections.abc import Iterator

from wandbwatch.hyperparameters.objects import Object
from wandbwatch.model.run import Json

Path = tuple[str, ...]


def leaves(values: Object, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Yield every value that is no table, and the empty tables."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def dotted(path: Path) -> str:
    return ".".join(path)
