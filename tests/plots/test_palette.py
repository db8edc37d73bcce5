"""Readers with any of the colour blindnesses can tell the colours apart.

Machado, Oliveira and Fernandes 2009 (severity 1); distances in OKLab.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from wandbwatch.plots.palette import BACKGROUND, COLOURS, NAMED, look
from wandbwatch.plots.ticks import Floats

EYES = {
    "all three cones": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def light(colour: str) -> Floats:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    lit: Floats = ((values + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, lit)


def seen(colour: str, eye: str) -> Floats:
    cones = np.cbrt(TO_CONES @ np.clip(EYES[eye] @ light(colour), 0, 1))
    oklab: Floats = TO_OKLAB @ cones
    return oklab


@pytest.mark.parametrize("eye", EYES)
def test_any_two_colours_are_far_apart(eye):
    for one, other in itertools.combinations(COLOURS, 2):
        apart = np.linalg.norm(seen(one, eye) - seen(other, eye))
        assert apart > 0.1, (one, other)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_highlighted_from_the_background(colour):
    luminance = [
        light(c) @ [0.2126, 0.7152, 0.0722] + 0.05 for c in (colour, BACKGROUND)
    ]
    assert luminance[0] / luminance[1] > 3  # what WCAG asks of graphics


def test_no_two_named_runs_look_alike():
    assert len({look(place) for place in range(NAMED)}) == NAMED
    assert len({look(place) for place in range(NAMED, NAMED + 5)}) == 1
