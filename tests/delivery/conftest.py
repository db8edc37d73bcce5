from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.sender.harness import SenderHarness


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[SenderHarness]:
    harness = SenderHarness(tmp_path)
    yield harness
    harness.close()
