"""The tokens and functions of rules: how each is written, and its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from wandbwatch.commands.alert.rules import measures, predicates
from wandbwatch.commands.alert.rules.facts import Window
from wandbwatch.formatting.numbers import parse_positive_duration


class Shape(Enum):
    WORD = "word"
    QUOTED = "quoted"
    PATTERN = "pattern"
    COMPARES = "compares"
    MARK = "mark"
    STRAY = "stray"
    END = "end"


@dataclass(frozen=True)
class Token:
    """A word of a rule."""

    shape: Shape
    text: str
    """As written; a quoted token without its quotes."""
    at: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of *text*, then an END token."""
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        name = found.lastgroup
        if name:
            shape = Shape(name)
            yield Token(shape, _bare(shape, found[name]), found.start(name))
    yield Token(Shape.END, "", len(text.rstrip()))


def _bare(shape: Shape, text: str) -> str:
    if shape is Shape.QUOTED:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<pattern>/(?:\\.|[^/\\])*/i?)
    | (?P<compares>[<>]=?|[=!]=)
    | (?P<mark>[(),%])
    | (?P<word>[^\s()<>=!,"'%/][^\s()<>=!,"'%]*)
    | (?P<stray>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)


_LONGEST = 10_000
"""The most values that a window may have."""


AnyPredicate = (
    predicates.NotFinite
    | predicates.Spike
    | predicates.Plateau
    | predicates.IdleGpus
    | predicates.NoProgress
    | predicates.Deviates
    | predicates.LogMatch
)
"""Every `Predicate`."""
Found = measures.Measured | AnyPredicate


@dataclass(frozen=True)
class Word:
    """A word that is an argument."""

    text: str
    shape: Shape
    at: int


class MisusedError(ValueError):
    """A function with a wrong argument, or a wrong number of them."""

    def __init__(self, what: str, word: Word | None = None) -> None:
        super().__init__(what)
        self.word = word


@dataclass(frozen=True)
class Function:
    """A function of rules."""

    usage: str
    least: int
    most: int
    made: Callable[[tuple[Word, ...]], Found]

    def build(self, words: tuple[Word, ...]) -> Found:
        if not self.least <= len(words) <= self.most:
            raise MisusedError(_expected(self.least, self.most, len(words)))
        return self.made(words)


def _expected(least: int, most: int, given: int) -> str:
    wanted = str(least) if least == most else f"{least} or {most}"
    return f"expected {wanted} argument{'' if wanted == '1' else 's'}, not {given}"


def key(word: Word) -> str:
    if word.shape is Shape.PATTERN or not word.text:
        raise MisusedError("expected a key", word)
    return word.text


def number(word: Word) -> float:
    try:
        found = float(word.text)
    except ValueError:
        found = -1.0
    if not 0 < found < 1e9:  # noqa: PLR2004 -- rejects infinity
        raise MisusedError("expected a number above 0", word)
    return found


def count(word: Word) -> int:
    if not (word.text.isascii() and word.text.isdecimal()):
        raise MisusedError("expected a number of values", word)
    found = int(word.text) if len(word.text) <= len(str(_LONGEST)) else 0
    if not 0 < found <= _LONGEST:
        raise MisusedError(f"expected 1 to {_LONGEST} values", word)
    return found


def span(word: Word) -> Window:
    try:
        found = parse_positive_duration(word.text)
    except ValueError as e:
        raise MisusedError(str(e), word) from e
    if word.shape is not Shape.WORD:
        raise MisusedError("expected a duration such as 30m", word)
    return Window(seconds=found.total_seconds())


def window(word: Word) -> Window:
    """Read a duration, or a number of values."""
    if word.text.isdecimal():
        return Window(count=count(word))
    return span(word)


def _over(what: str) -> Function:
    return Function(
        f"{what}(KEY, 30m) or {what}(KEY, 10)",
        2,
        2,
        lambda w: measures.Over(what, key(w[0]), window(w[1])),
    )


def _zscore(words: tuple[Word, ...]) -> Found:
    values = count(words[1]) if words[1:] else 30
    if values < measures.LEAST:
        raise MisusedError(f"expected {measures.LEAST} values or more", words[1])
    return measures.ZScore(key(words[0]), values)


def _gap(words: tuple[Word, ...]) -> Found:
    over = window(words[2]) if words[2:] else Window(count=1)
    return measures.Gap(key(words[0]), key(words[1]), over)


def _change(words: tuple[Word, ...]) -> Found:
    *given, last = words
    either = last.text == "either" and last.shape is Shape.WORD
    spans = given[1:] if either else [*given[1:], last]
    if not 1 <= len(spans) <= 2:  # noqa: PLR2004 -- a window, and the one before
        raise MisusedError("expected one window or two", last)
    before = window(spans[1]) if spans[1:] else None
    return measures.Change(key(words[0]), window(spans[0]), before, either)


def _nan(words: tuple[Word, ...]) -> Found:
    over = window(words[1]) if words[1:] else Window(count=1)
    return predicates.NotFinite(key(words[0]), over)


def _spike(words: tuple[Word, ...]) -> Found:
    return predicates.Spike(key(words[0]), number(words[1]) if words[1:] else 6.0)


def _plateau(words: tuple[Word, ...]) -> Found:
    way = words[2].text if words[2:] else "min"
    if way not in ("min", "max"):
        raise MisusedError("expected min or max, whichever is better", words[2])
    return predicates.Plateau(key(words[0]), window(words[1]), way == "max")


def _idle(words: tuple[Word, ...]) -> Found:
    cpus = ("system/cpu", "system/cpu/l:*")
    keys = {"gpu": predicates.gpus(), "cpu": cpus}.get(words[0].text)
    if keys is None:
        raise MisusedError("expected gpu or cpu", words[0])
    return predicates.IdleGpus(keys, span(words[1]))


def _memory(words: tuple[Word, ...]) -> Found:
    if words[0].text != "gpu":
        raise MisusedError("expected gpu", words[0])
    return measures.GpuMemory()


def _log(words: tuple[Word, ...]) -> Found:
    if words[0].shape is not Shape.PATTERN:
        raise MisusedError("expected a regular expression between slashes", words[0])
    body, _, flags = words[0].text[1:].rpartition("/")
    try:
        pattern = predicates.checked(body.replace("\\/", "/"))
    except ValueError as e:
        raise MisusedError(f"not a regular expression: {e}", words[0]) from e
    over = span(words[1]) if words[1:] else Window()
    return predicates.LogMatch(pattern, flags == "i", over)


FUNCTIONS = {
    "latest": Function("latest(KEY)", 1, 1, lambda w: measures.Latest(key(w[0]))),
    "min": _over("min"),
    "max": _over("max"),
    "mean": _over("mean"),
    "avg": _over("avg"),
    "change": Function(
        "change(KEY, 1h) > 50% or change(KEY, 10, 50, either) > 0.5",
        *(2, 4),
        _change,
    ),
    "zscore": Function("zscore(KEY, 30) > 3", 1, 2, _zscore),
    "gap": Function("gap(KEY, KEY) > 0.3 or gap(KEY, KEY, 30m) > 10%", 2, 3, _gap),
    "memory": Function("memory(gpu) > 95%", 1, 1, _memory),
    "nan": Function("nan(KEY) or nan(KEY, 30m)", 1, 2, _nan),
    "spike": Function("spike(KEY) or spike(KEY, 6)", 1, 2, _spike),
    "plateau": Function("plateau(KEY, 2h) or plateau(KEY, 2h, max)", 2, 3, _plateau),
    "stalled": Function(
        "stalled(30m)", 1, 1, lambda w: predicates.NoProgress(span(w[0]))
    ),
    "idle": Function("idle(gpu, 15m) or idle(cpu, 15m)", 2, 2, _idle),
    "log": Function("log(/REGEX/) or log(/REGEX/i, 10m)", 1, 2, _log),
    "deviates": Function(
        "deviates(KEY, 3)", 2, 2, lambda w: predicates.Deviates(key(w[0]), number(w[1]))
    ),
}
