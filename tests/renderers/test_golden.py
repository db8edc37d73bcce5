from __future__ import annotations

import pytest

from tests.renderers.golden import CASES, kept, made


@pytest.mark.parametrize("name", CASES)
def test_the_examples_look_as_they_did(name):
    assert made(name) == kept(name)
