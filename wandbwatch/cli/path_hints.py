"""Names that W&B knows nothing of, and that are a path here: it may be what was meant.

What an address is never depends on what there is: ``wandb`` is a project's name and
``./wandb`` a path. Who forgets that is told by the error.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from wandbwatch.model.address import Address, Local
from wandbwatch.model.errors import RateLimitError, SourceError, UsageError
from wandbwatch.model.ports import Source
from wandbwatch.model.source_proxy import SourceProxy

T = TypeVar("T")


def reminding(source: Source, address: Address) -> Source:
    """Let the errors of *source* mention the path that *address* could be as well."""
    path = Path(str(address))
    return PathHintSource(source, str(Local(path))) if path.exists() else source


class PathHintSource(SourceProxy):
    def __init__(self, source: Source, path: str) -> None:
        self._source = source
        self._path = path

    def _ask(self, question: str, put: Callable[[Source], T]) -> T:  # noqa: ARG002
        try:
            return put(self._source)
        except RateLimitError:
            raise
        except (SourceError, UsageError) as e:
            raise type(e)(f"{e}; did you mean the path {self._path}?") from e
