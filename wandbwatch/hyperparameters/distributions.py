"""The distributions of a W&B sweep, by the definitions of its configuration reference.

https://docs.wandb.ai/models/sweeps/sweep-config-keys
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json

_LEAST = 1e-12
"""The smallest share: a normal distribution has no value at 0."""


@dataclass(frozen=True)
class Draw:
    """A parameter with a distribution."""

    at: Callable[[float], Json]
    """Returns the value at a share from 0 to 1: the inverse of the distribution."""
    grid: Sequence[Json] | None = None
    """All its values; None if they cannot be listed."""


_RANGE, _NORMAL, _BETA = ("min", "max"), ("mu", "sigma"), ("a", "b")
KEYS: Mapping[str, tuple[str, ...]] = {
    "constant": ("value",),
    "categorical": ("values", "probabilities"),
    "categorical_w_probabilities": ("values", "probabilities"),
    "int_uniform": _RANGE,
    "uniform": _RANGE,
    "q_uniform": (*_RANGE, "q"),
    "log_uniform": _RANGE,
    "q_log_uniform": (*_RANGE, "q"),
    "inv_log_uniform": _RANGE,
    "log_uniform_values": _RANGE,
    "q_log_uniform_values": (*_RANGE, "q"),
    "inv_log_uniform_values": _RANGE,
    "normal": _NORMAL,
    "q_normal": (*_NORMAL, "q"),
    "log_normal": _NORMAL,
    "q_log_normal": (*_NORMAL, "q"),
    "beta": _BETA,
    "q_beta": (*_BETA, "q"),
}
"""The words of each distribution beside its name."""
_DEFAULTS = {"mu": 0.0, "sigma": 1.0, "a": 1.0, "b": 1.0, "q": 1.0}


def read(given: Mapping[str, Json], place: str) -> Draw:
    """Read a parameter of a sweep. UsageError, which begins with *place*."""
    name = given.get("distribution", _default(given))
    if not isinstance(name, str) or name not in KEYS:
        hint = did_you_mean(str(name), KEYS) or f"; use {', '.join(KEYS)}"
        raise UsageError(f"{place}.distribution: unknown distribution {name!r}{hint}")
    for key in given:
        if key not in (*KEYS[name], "distribution"):
            known = ", ".join(("distribution", *KEYS[name]))
            hint = did_you_mean(key, KEYS[name]) or f"; {name} has {known}"
            raise UsageError(f"{place}.{key}: unknown word {key!r}{hint}")
    if name == "constant":
        if "value" not in given:
            raise UsageError(f"{place}: needs value, values, or min and max")
        return Draw(lambda _: given["value"], [given["value"]])
    if name.startswith("categorical"):
        if name != "categorical" and "probabilities" not in given:
            raise UsageError(f"{place}: {name} needs probabilities")
        return _categorical(given, place)
    return _numeric(name, given, place)


def _default(given: Mapping[str, Json]) -> str:
    """Name the distribution that W&B takes if none is named."""
    if "values" in given:
        return "categorical"
    if "min" not in given and "max" not in given:
        return "constant"
    whole = all(_is_int(given.get(key, 0)) for key in ("min", "max"))
    return "int_uniform" if whole else "uniform"


def _is_int(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _categorical(given: Mapping[str, Json], place: str) -> Draw:
    values = given.get("values")
    if not isinstance(values, list) or not values:
        raise UsageError(f"{place}.values: needs a list of values to choose from")
    shares = given.get("probabilities")
    if shares is None:
        return Draw(lambda share: values[int(share * len(values))], values)
    if not isinstance(shares, list) or len(shares) != len(values):
        raise UsageError(f"{place}.probabilities: needs one probability for each value")
    numbers = [_number(one, f"{place}.probabilities") for one in shares]
    if min(numbers) < 0 or not math.isclose(sum(numbers), 1, abs_tol=1e-6):
        raise UsageError(f"{place}.probabilities: must sum to 1, not {sum(numbers):g}")
    sums = list(itertools.accumulate(numbers))
    last = max(index for index, one in enumerate(numbers) if one > 0)
    return Draw(lambda share: values[min(bisect.bisect_right(sums, share), last)])


def _numeric(name: str, given: Mapping[str, Json], place: str) -> Draw:
    found = {}
    for key in KEYS[name]:
        if key not in given and key not in _DEFAULTS:
            raise UsageError(f"{place}: {name} needs {key}")
        found[key] = _number(given.get(key, _DEFAULTS.get(key)), f"{place}.{key}")
    _check(name, found, place)
    base = name.removeprefix("q_")
    inverse = _INVERSES[base]
    arguments = [found[key] for key in KEYS[base]]
    if name == "int_uniform":
        low, high = (_whole(one, place) for one in arguments)
        return Draw(
            lambda share: low + min(int(share * (high - low + 1)), high - low),
            range(low, high + 1) if high - low < _MOST else None,
        )
    if base == name:
        return Draw(lambda share: inverse(share, *arguments))
    q = found["q"]
    grid = None
    if name == "q_uniform" and (found["max"] - found["min"]) / q < _MOST:
        steps = math.ceil((found["max"] - found["min"]) / q - 1e-9)
        grid = [found["min"] + step * q for step in range(steps)]
    return Draw(lambda share: _rounded(inverse(share, *arguments), q), grid)


_MOST = 10_000
"""Values of a grid."""


def _check(name: str, found: Mapping[str, float], place: str) -> None:
    if "min" in found and not found["min"] < found["max"]:
        raise UsageError(
            f"{place}: min ({found['min']}) must be less than max ({found['max']})"
        )
    if name.endswith("_values") and found["min"] <= 0:
        raise UsageError(f"{place}.min: {name} needs a min above 0")
    for key in ("q", "a", "b"):
        if found.get(key, 1) <= 0:
            raise UsageError(f"{place}.{key}: must be above 0")
    if found.get("sigma", 0) < 0:
        raise UsageError(f"{place}.sigma: must not be negative")
    if name.endswith(("log_uniform", "log_normal")):
        top = max(abs(one) for key, one in found.items() if key != "q")
        if top > _LARGEST_EXPONENT:
            raise UsageError(
                f"{place}: {name} takes exponents of e; for the values themselves use"
                f" {name}_values"
            )


_LARGEST_EXPONENT = 300


def _number(value: Json, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{place}: must be a number, not {value!r}")
    return value


def _whole(value: float, place: str) -> int:
    if value != int(value):
        raise UsageError(f"{place}: int_uniform needs whole numbers, not {value}")
    return int(value)


def _rounded(value: float, q: float) -> Json:
    """Round to a multiple of *q*, which stays a whole number if *q* is one."""
    steps = round(value / q)
    return steps * q if isinstance(q, int) else float(steps * q)


def _uniform(share: float, low: float, high: float) -> float:
    return low + share * (high - low)


def _log_uniform(share: float, low: float, high: float) -> float:
    return math.exp(_uniform(share, low, high))


def _log_uniform_values(share: float, low: float, high: float) -> float:
    value = _log_uniform(share, math.log(low), math.log(high))
    return min(max(value, low), high)


def _inv_log_uniform(share: float, low: float, high: float) -> float:
    """``log(1/X)`` is uniform from *low* to *high*."""
    return math.exp(_uniform(share, -high, -low))


def _normal(share: float, mu: float, sigma: float) -> float:
    return mu + sigma * NormalDist().inv_cdf(min(max(share, _LEAST), 1 - _LEAST))


def _log_normal(share: float, mu: float, sigma: float) -> float:
    return math.exp(_normal(share, mu, sigma))


def _beta(share: float, a: float, b: float) -> float:
    """A beta variate that *share* determines; the standard library has no inverse."""
    return random.Random(share).betavariate(a, b)  # noqa: S311 -- not a secret


_INVERSES: Mapping[str, Callable[..., float]] = {
    "int_uniform": _uniform,
    "uniform": _uniform,
    "log_uniform": _log_uniform,
    "log_uniform_values": _log_uniform_values,
    "inv_log_uniform": _inv_log_uniform,
    "inv_log_uniform_values": _log_uniform_values,
    "normal": _normal,
    "log_normal": _log_normal,
    "beta": _beta,
}
