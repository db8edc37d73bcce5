"""A fixture for any test with an outbox; tests/conftest.py names it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from wandbwatch.delivery.outbox import Store


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Open stores, as `Store` does, and close them when the test ends."""
    with contextlib.ExitStack() as stack:
        yield lambda *given: stack.enter_context(contextlib.closing(Store(*given)))
