"""Reading many decimal numbers at once, as exactly as `float` does."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

_WIDE = np.finfo(np.longdouble).nmant == 63  # noqa: PLR2004 - a mantissa of 64 bits
_DIGITS, _PLACES = 19, 27
"""Significant digits below 2 ** 64, and powers of ten that such a mantissa holds."""
_POWERS = np.cumprod(np.full(_PLACES + 1, 10, np.longdouble)) / 10
_REST, _TIE = np.uint64(0x7FF), np.uint64(0x400)
"""What a float's 53 bits leave of 64, and where that does not tell how to round."""
_MINUS, _PLUS, _POINT, _ZERO, _TEN = ord("-"), ord("+"), ord("."), ord("0"), 10
_EXPONENT, _LOWER = ord("e"), 0x20
_LONGEST = 32


def decimals(
    seen: NDArray[np.uint8], at: NDArray[np.intp], end: NDArray[np.intp]
) -> tuple[Numbers, Flags]:
    """Return the numbers that are spelled in ``[at:end]``, and which of them are sure.

    The others are no numbers, or are to be read by `float`.
    """
    sure = (end - at <= _LONGEST) & _WIDE
    minus = seen[at] == _MINUS
    at = at + minus
    width = np.where(sure, end - at, 0).astype(np.uint8)
    mantissa = np.zeros(at.shape, np.uint64)
    digits, places = np.zeros(at.shape, np.uint8), np.zeros(at.shape, np.uint8)
    some, pointed = np.zeros(at.shape, np.bool_), np.zeros(at.shape, np.bool_)
    power = np.zeros(at.shape, np.intp)
    for place in range(int(width.max(initial=0))):
        byte = seen[at + place]
        digit = byte - np.uint8(_ZERO)
        inside = place < width
        is_digit, is_point = inside & (digit < _TEN), inside & (byte == _POINT)
        other = np.flatnonzero(inside & ~(is_digit | (is_point & ~pointed)))
        if other.size:
            raised = some[other] & (byte[other] | _LOWER == _EXPONENT)
            one = other[raised]
            power[one], sure[one] = _power(seen, at[one] + place + 1, end[one])
            sure[other[~raised]] = False
            width[other] = place
        mantissa = np.where(is_digit, mantissa * np.uint64(_TEN) + digit, mantissa)
        some |= is_digit
        digits += is_digit & (mantissa > 0)
        places += is_digit & pointed
        pointed |= is_point
    power -= places
    sure &= some & (digits <= _DIGITS) & (np.abs(power) <= _PLACES)
    scale = _POWERS[np.minimum(np.abs(power), _PLACES)]
    whole = mantissa.astype(np.longdouble)
    wide = np.where(power < 0, whole / scale, whole * scale)
    if _WIDE:
        sure &= (wide.view(np.uint64)[::2] & _REST) != _TIE
    values = wide.astype(np.float64)
    return np.where(minus, -values, values), sure


def _power(
    seen: NDArray[np.uint8], at: NDArray[np.intp], end: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Flags]:
    """Return the numbers of one or two digits in ``[at:end]``, and which are that."""
    minus = seen[at] == _MINUS
    at = at + (minus | (seen[at] == _PLUS))
    tens, ones = seen[at] - np.uint8(_ZERO), seen[at + 1] - np.uint8(_ZERO)
    one, two = end - at == 1, end - at == 2  # noqa: PLR2004
    sure = (tens < _TEN) & (one | (two & (ones < _TEN)))
    value = np.where(two, tens * np.intp(_TEN) + ones, tens.astype(np.intp))
    return np.where(minus, -value, value), sure
