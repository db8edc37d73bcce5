"""Reading many decimal numbers at once, as exactly as `float` does."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Words: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.intp]

_WIDE = np.finfo(np.longdouble).nmant == 63  # noqa: PLR2004 - a mantissa of 64 bits
_DIGITS, _PLACES = 19, 27
"""Significant digits below 2 ** 64, and powers of ten that such a mantissa holds."""
_POWERS = np.cumprod(np.full(_PLACES + 1, 10, np.longdouble)) / 10
_WHOLE_POWERS = np.array([10**n for n in range(_DIGITS + 1)], np.uint64)
_REST, _TIE = np.uint64(0x7FF), np.uint64(0x400)
"""What a float's 53 bits leave of 64, and where that does not tell how to round."""
_MINUS, _PLUS, _POINT, _ZERO, _TEN = ord("-"), ord("+"), ord("."), ord("0"), 10
_EXPONENT, _LOWER = ord("e"), 0x20
_WORD, _ROUNDS = 8, 3


def _each(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes([byte] * _WORD, "little"))


_ONES, _SEVEN, _HIGH = _each(1), _each(0x7F), _each(0x80)
_ZEROS, _TO_HIGH = _each(_ZERO), _each(0x80 - _TEN)
_TOP, _BITS, _ALL = np.uint64(7), np.uint64(8), np.uint64(64)
_STEPS = [
    (np.uint64(10), np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(100), np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(10000), np.uint64(32), np.uint64(0x00000000FFFFFFFF)),
]


def before(marks: Words) -> Words:
    """Return how many bytes come before the first one whose highest bit is set, where
    no other bits are."""
    lowest = marks & (~marks + np.uint64(1))
    below: Words = (((lowest >> _TOP) - np.uint64(1)) & _ONES) * _ONES
    return below >> np.uint64(56)


def decimals(words: Words, at: Places, end: Places) -> tuple[Numbers, Flags]:
    """Return the numbers that are spelled in ``[at:end]``, and which of them are sure.

    The others are no numbers, or are to be read by `float`. *words* are the eight bytes
    that begin at each byte.
    """
    minus = (words[at] & np.uint64(0xFF)) == _MINUS
    at = at + minus
    mantissa, first, width = _digits(words, at, end)
    digits = np.where(mantissa > 0, width, 0)
    at += width
    byte = (words[at] & np.uint64(0xFF)).astype(np.intp)
    places = np.zeros_like(at)
    pointed = np.flatnonzero((byte == _POINT) & (at < end))
    if pointed.size:
        fraction, first, places[pointed] = _digits(words, at[pointed] + 1, end[pointed])
        found, count = mantissa[pointed], places[pointed]
        scale = _WHOLE_POWERS[np.minimum(count, _DIGITS)]
        # With zeros behind the point, there may be some digits more.
        more = (found == 0) & (count > _DIGITS)
        more &= first < _WHOLE_POWERS[np.clip(_PLACES - count, 0, _WORD)]
        mantissa[pointed] = found * scale + fraction
        digits[pointed] += np.where(more, 0, count)
        width[pointed] += count
        at[pointed] += count + 1
        byte[pointed] = words[at[pointed]] & np.uint64(0xFF)
    sure = (width > 0) & (digits <= _DIGITS) & (at == end) & _WIDE
    power = -places
    raised = np.flatnonzero((at < end) & (byte | _LOWER == _EXPONENT) & (width > 0))
    if raised.size:
        exponent, plain = _power(words, at[raised] + 1, end[raised])
        power[raised] += exponent
        sure[raised] = plain & (digits[raised] <= _DIGITS) & _WIDE
    values, exact = _scaled(mantissa, power)
    return np.where(minus, -values, values), sure & exact


def _digits(words: Words, at: Places, end: Places) -> tuple[Words, Words, Places]:
    """Return the number that the digits at *at* spell, that of the first eight of them,
    and how many they are; 24 at most are read."""
    value, first, count = _eight(words, at, end)
    width = count
    if (count == _WORD).any():
        first = value
        for _ in range(_ROUNDS - 1):
            more, count = _eight(words, at + width, end)[::2]
            value = value * _WHOLE_POWERS[count] + more
            width = width + count
    return value, first, width


def _eight(words: Words, at: Places, end: Places) -> tuple[Words, Words, Places]:
    """Return the number of up to eight digits at *at*, twice, and how many they are."""
    found = words[at] ^ _ZEROS
    others = (((found & _SEVEN) + _TO_HIGH) | found) & _HIGH
    count = np.minimum(before(others).astype(np.intp), end - at)
    found <<= _ALL - count.astype(np.uint64) * _BITS
    for factor, shift, mask in _STEPS:
        found = (found * factor + (found >> shift)) & mask
    return found, found, count


def _scaled(mantissa: Words, power: Places) -> tuple[Numbers, Flags]:
    """Return *mantissa* times ten to the *power*, and where that is surely rounded as
    `float` does."""
    exact = np.abs(power) <= _PLACES
    scale = _POWERS[np.minimum(np.abs(power), _PLACES)]
    whole = mantissa.astype(np.longdouble)
    wide = whole / scale
    if (power > 0).any():
        wide = np.where(power < 0, wide, whole * scale)
    if _WIDE:
        exact &= (wide.view(np.uint64)[::2] & _REST) != _TIE
    return wide.astype(np.float64), exact


def _power(words: Words, at: Places, end: Places) -> tuple[Places, Flags]:
    """Return the numbers of one or two digits in ``[at:end]``, and which are that."""
    sign = words[at] & np.uint64(0xFF)
    minus = sign == _MINUS
    at = at + (minus | (sign == _PLUS))
    value, _, count = _eight(words, at, end)
    sure = (count >= 1) & (count <= 2) & (at + count == end)  # noqa: PLR2004
    power = value.astype(np.intp)
    return np.where(minus, -power, power), sure
