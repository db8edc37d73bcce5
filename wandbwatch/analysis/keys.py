"""Select logged keys by name, group, glob or a guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from wandbwatch.model.run import Run

SYSTEM = "system/"
_PERCENT = re.compile(
    r"gpu\.(process\.)?\d+\.(gpu|memory|memoryAllocated|powerPercent)"
    r"|cpu(\.\d+\.cpu_percent)?|memory(_percent)?|disk(\..*\.usagePercent)?"
    r"|proc\.memory\.percent"
)
_GLOB = re.compile(r"[*?[]")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
SUMMED_UP = re.compile(r"(.+)\.(min|max|mean|last|first|best)")
"""The suffixes that define_metric(summary=…) gives a key in the summary."""

_LOSS = {"loss", "nll", "perplexity", "ppl", "elbo"}
_SCORE = {"acc", "accuracy", "reward", "return", "returns", "rew", "score"}
_ERROR = {"error", "err", "mse", "rmse", "mae", "f1", "auc", "bleu", "rouge", "iou"}
_ERROR |= {"map", "dice", "success", "wer", "bpb", "kl"}
_FAMILIES = (_LOSS, _SCORE, _ERROR)
_SPLITS = ("train", "training", "val", "valid", "validation", "dev", "eval", "test")
_CLOCKS = {"step", "steps", "epoch", "time", "timestamp", "seconds", "sec", "iter"}
_CLOCKS |= {"runtime", "second", "ms", "duration", "elapsed", "fps", "sps"}
_CLOCKS |= {"iteration", "iterations", "samples", "tokens", "progress", "eta"}


def is_measure(word: str) -> bool:
    """Whether *word* is what keys begin with: a split (train) or a measure (loss)."""
    return word in _SPLITS or any(word in family for family in _FAMILIES)


def is_glob(wanted: str) -> bool:
    return bool(_GLOB.search(wanted))


def selected(wanted: str, known: Iterable[str]) -> list[str]:
    """Return the *known* keys that *wanted* names: one, a group of them, or a glob's.

    W&B's own keys, which begin with ``_``, are meant by name alone.
    """
    names = sorted(known)
    if wanted in names:
        return [wanted]
    around = (f"{wanted.rstrip('/')}/", f"{wanted.rstrip('.')}.")
    return [
        key
        for key in names
        if key[:1] != "_" and (key.startswith(around) or fnmatchcase(key, wanted))
    ]


def expanded(wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return *wanted*, each glob of system metrics replaced by the *known* ones."""
    names = list(known)
    found: dict[str, None] = {}
    for key in wanted:
        glob = key.startswith(SYSTEM) and is_glob(key) and key not in names
        some = [n for n in names if fnmatchcase(n, key)] if glob else [key]
        found.update(dict.fromkeys(some))
    return list(found)


def chosen(wanted: Sequence[str], known: Collection[str]) -> set[str]:
    """Return those of the *known* keys that any of *wanted* names; all for none."""
    if not wanted:
        return set(known)
    return {key for one in wanted for key in selected(one, known)}


def numeric(runs: Iterable[Run], *, bools: bool = False) -> Counter[str]:
    """Count for each key how many of *runs* have a number of it, by their summaries.

    With *bools*, true and false are numbers as well.
    """
    alike = Counter(
        (tuple(run.summary), tuple(map(type, run.summary.values())), tuple(run.system))
        for run in runs
    )
    counted: Counter[str] = Counter()
    for (keys, kinds, system), count in alike.items():
        logged = {
            key
            for key, kind in zip(keys, kinds, strict=True)
            if issubclass(kind, int | float) and (bools or kind is not bool)
        }
        logged |= {base for key in logged if (base := summed_up(key))}
        for key in (*logged, *(SYSTEM + key for key in system)):
            counted[key] += count
    return counted


@lru_cache(maxsize=4096)  # the runs of a project have the same keys
def summed_up(key: str) -> str | None:
    """Return the key of which *key* is the least, mean, … value."""
    found = SUMMED_UP.fullmatch(key)
    return found[1] if found else None


def distributed(runs: Iterable[Run]) -> set[str]:
    """Return the keys whose last values are histograms."""
    from wandbwatch.analysis.curves import is_histogram  # noqa: PLC0415 -- seldom asked

    return {
        key for run in runs for key, value in run.summary.items() if is_histogram(value)
    }


def likely(runs: Sequence[Run]) -> list[str]:
    """Rank keys by what people look at first: losses, scores, train and val.

    What most of the *runs* have comes before what few have; clocks and system
    metrics are not among them.
    """
    counted = numeric(runs)
    ranked = sorted(
        (2 * count < len(runs), *_likelihood(key), key)
        for key, count in counted.items()
        if key[0] != "_" and not key.startswith(SYSTEM) and not is_clock(key)
    )
    return [key for *_, key in ranked]


def _likelihood(key: str) -> tuple[float, int, int]:
    """Return the rank of *key*: by its kind, its form and its split."""
    *around, leaf = re.split(r"[/.]", key)
    words = [word for word in _words(leaf) if word not in _SPLITS]
    outer = [word for part in around for word in _words(part)]
    splits = [_SPLITS.index(w) for w in (*outer, *_words(leaf)) if w in _SPLITS]
    return _family(words, outer), len(words), min(splits, default=0)


def _family(words: Sequence[str], outer: Sequence[str]) -> float:
    for rank, family in enumerate(_FAMILIES):
        if family & set(words):
            return rank
    if any(family & set(outer) for family in _FAMILIES):
        return len(_FAMILIES)
    return len(_FAMILIES) + 1


def is_clock(key: str) -> bool:
    return bool(_CLOCKS & set(_words(re.split(r"[/.]", key)[-1])))


def is_percent(key: str) -> bool:
    """Whether *key* is a system metric, or a title, whose values are 0 to 100."""
    name = key.removeprefix(SYSTEM).partition("/l:")[0]
    return "(%)" in key or (key != name and bool(_PERCENT.fullmatch(name)))


def _words(part: str) -> list[str]:
    return [word.lower() for word in _PARTS.findall(part)]
