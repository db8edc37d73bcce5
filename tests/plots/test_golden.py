"""Compared coarsely: versions of the font renderer differ by parts of a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from wandbwatch.plots import png
from wandbwatch.plots.ticks import Floats

from tests.plots.golden import PLACE, PLOTS
from tests.plots.pictures import Pixels, pixels

BLOCK = 8
TOLERATED = 24


def coarse(picture: Pixels) -> Floats:
    """Average blocks of pixels, as one sees a picture from some way off."""
    height, width = (n - n % BLOCK for n in picture.shape[:2])
    parts = picture[:height, :width].reshape(height // BLOCK, BLOCK, -1, BLOCK, 3)
    means: Floats = parts.mean(axis=(1, 3))
    return means


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_looks_as_it_should(name):
    expected = pixels((PLACE / f"{name}.png").read_bytes())
    got = pixels(png(PLOTS[name]()))
    assert got.shape == expected.shape
    assert np.abs(coarse(got) - coarse(expected)).max() < TOLERATED
