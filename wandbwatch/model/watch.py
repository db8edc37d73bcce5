"""That an answer is asked for again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Watch:
    """How often it is asked for.

    A command whose result is ``Annotated[Iterator[Report], Watch(…, on_screen=True)]``
    is asked again by itself wherever there is a screen.
    """

    every: timedelta
    on_screen: bool = False
