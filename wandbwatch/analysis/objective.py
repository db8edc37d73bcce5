"""Which metric decides the best run when none is named. Pure.

The sweep's own metric comes first, then what `define_metric` declared, then names:
returns of RL, held-out keys before training ones, scores before errors and losses.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandbwatch.analysis import metric_names as names
from wandbwatch.analysis.keys import SUMMED_UP, is_clock, likely, numeric
from wandbwatch.analysis.metric_names import LOSS, TRAINING, UNNAMED, KeyPlace
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.formatting.run_blocks import by_project
from wandbwatch.model.query import Curves
from wandbwatch.model.run import Run

if TYPE_CHECKING:
    from wandbwatch.model.run_details import Sweep

UNKNOWN = "no key clearly says which run is best; name one: --best KEY:min|max"

_TEXTS = {"response", "responses", "completion", "completions", "advantages", "rlhf"}
"""Words of RL of language models: a return is a target, a reward one of training."""
_CODES = {"vq", "codebook", "commit", "commitment", "quant", "quantizer", "codes"}
_CODES |= {"code", "latent"}
"""Words of quantized models, whose perplexity says how many codes are in use."""
_PERPLEXITY = {"perplexity", "ppl"}
_ATTACKED = {"robust", "adv", "adversarial", "autoattack", "pgd"}
"""Words of the accuracy that adversarial training is about."""
_PERCENT = 100
_COUNTERS = {"step", "epoch", "epsilon", "size", "margin", "logp", "logit"}
_COUNTERS |= {"throughput"}
"""Words of what is no score."""
_TRAINED = {"loss", "losses", "lr", "epoch", "step", "steps", "iter", "train"}
"""Words of a run that does more than to evaluate a model."""
_AVERAGE = {"avg", "average", "overall", "score"}
_FEW = 3
"""So many parts of a whole that is not logged: none of them is the result."""
_PAIR = 2
_EACH = {"class", "cls", "task", "fold", "env", "agent", "client", "head", "domain"}
_EACH |= {"group", "label", "dataset", "player", "user", "worker", "channel"}
"""Words before the number of a part."""
_WAYS_TO_SAY = {"cosine", "dot", "euclidean", "manhattan", "macro", "micro", "weighted"}
_WAYS_TO_SAY |= {"max", "min", "best", "last", "final", "ema", "median", "total"}
_WAYS_TO_SAY |= {"easy", "moderate", "hard", *names.WHOLE}
"""Words of one measure, told in several ways: no parts."""
_WAYS = {"min": False, "max": True}

_METRICS = 4
"""Columns that are chosen for the runs of several projects."""


@dataclass(frozen=True)
class Chosen:
    """The objective that was found, or None, and why."""

    objective: Objective | None
    reason: str = ""

    @property
    def objectives(self) -> tuple[Objective, ...]:
        return (self.objective,) if self.objective else ()

    @property
    def curve(self) -> tuple[str, ...]:
        """Return the key in the history that `define_metric` summarises, if any."""
        return tuple(_stem(one.key)[0] for one in self.objectives)


def choose(runs: Sequence[Run], sweep: Sweep | None = None) -> Chosen:
    """Choose the metric by which *runs*, those of *sweep* if given, are ranked."""
    if sweep and sweep.metric:
        largest = sweep.goal.lower().startswith("max")
        return Chosen(Objective(sweep.metric, largest), "the sweep's metric")
    known = numeric(runs)
    if declared := _declared(runs, known):
        return Chosen(declared, "declared with define_metric")
    places = _ranked(runs, known)
    key = _whole({k: place for k, place in places.items() if _differs(k, runs)})
    if not key:
        return Chosen(None, UNKNOWN)
    if places[key].split >= UNNAMED and any(_untold(other, runs) for other in known):
        return Chosen(None, UNKNOWN)
    largest = names.FAMILIES[places[key].family].largest
    return Chosen(Objective(_summed_up(key, largest, runs), largest), "by its name")


def _ranked(runs: Sequence[Run], known: Mapping[str, int]) -> dict[str, KeyPlace]:
    """Return the places of those of the *known* keys that have one, the first first."""
    beside = _Beside.of(known)
    places = {
        key: place._replace(late=place.late + beside.later(key, place))
        for key in known
        if (place := beside.place(key))
    }
    ranked = sorted((2 * known[key] < len(runs), places[key], key) for key in places)
    return {key: place for _, place, key in ranked}


def _whole(places: Mapping[str, KeyPlace]) -> str | None:
    """Return the first of the ranked keys that is no part of what is not logged."""
    parts: dict[tuple[int, int], set[str]] = {}
    for key, place in places.items():
        kind = (place.split, place.family)
        if any(parts.values()) and place.late >= 1:
            return None  # a training loss does not stand for them
        if kind not in parts:
            alike = [k for k, one in places.items() if (one.split, one.family) == kind]
            parts[kind] = _parts(alike, place.family)
        if key not in parts[kind]:
            return key
    return None


def _parts(alike: Sequence[str], family: int) -> set[str]:
    """Return those of the keys that are one of many: by class, task, data set."""
    if family == names.BENCHMARK:
        return _benchmarks(alike)
    groups: defaultdict[tuple[object, ...], dict[str, str]] = defaultdict(dict)
    for key in alike:
        said = names.words(key)
        for at, word in enumerate(said):
            if not word.isdigit() or (at and said[at - 1] in _EACH):
                groups[at, *said[:at], *said[at + 1 :]][key] = word
    return {
        key
        for (_, *rest), found in groups.items()
        if len(found) >= _FEW
        and not _WAYS_TO_SAY & set(found.values())
        and names.family(tuple(map(str, rest))) == family
        for key in found
    }


def _benchmarks(alike: Sequence[str]) -> set[str]:
    """Return the keys of benchmarks if there are several of equal weight."""
    pattern = re.compile(names.FAMILIES[names.BENCHMARK].names)
    said = (pattern.search("_".join(names.words(key))) for key in alike)
    return set(alike) if len({match[0] for match in said if match}) >= _FEW else set()


def choose_each(runs: Sequence[Run]) -> Sequence[Chosen]:
    """Choose the metric of each project; a directory may have runs of several."""
    return [choose(some) for some in by_project(runs).values()]


def metrics_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the metric of each project, the first four."""
    found = (aim.key for one in choose_each(runs) for aim in one.objectives)
    return tuple(dict.fromkeys(found))[:_METRICS]


def curve_keys(
    runs: Sequence[Run], most: int, asked: Objective | None = None
) -> tuple[str, ...]:
    """Return at most *most* keys whose curves are worth showing, *asked* first.

    A summary does not say which of them was logged more than once: see `with_curve`.
    """
    first = Chosen(asked).curve or [k for one in choose_each(runs) for k in one.curve]
    return tuple(dict.fromkeys((*first, *_telling(runs), *likely(runs))))[:most]


def _telling(runs: Sequence[Run]) -> list[str]:
    """Return a key of each kind: the held-out and the training loss, then the others.

    So a picture shows whether a model overfits, and what else was measured.
    """
    kinds: dict[tuple[int, int], str] = {}
    for key, place in _ranked(runs, numeric(runs)).items():
        kinds.setdefault((place.family, place.split), key)
    losses = sorted(split for family, split in kinds if family == names.LOSSES)
    apart = [split for split in losses if split < UNNAMED][:1]
    shown = (*apart, *[split for split in losses if split >= UNNAMED][:1])
    return [*(kinds[names.LOSSES, split] for split in shown), *kinds.values()]


def with_curve(keys: Iterable[str], found: Iterable[Curves]) -> list[str]:
    """Return the *keys* with more than a single point in one of the runs *found*.

    If none has, return those with any point.
    """
    longest: defaultdict[str, int] = defaultdict(int)
    for one in found:
        for key, series in one.series.items():
            longest[key] = max(longest[key], sum(map(math.isfinite, series.y)))
    known = [key for key in keys if key in longest]
    return [key for key in known if longest[key] > 1] or known


def direction(
    key: str, runs: Sequence[Run], aim: Objective | None = None
) -> bool | None:
    """Return whether a larger value of *key* is better; None if nothing says it."""
    if aim and aim.key == key:
        return aim.largest
    stem, way = _stem(key)
    goals = {name: largest for run in runs for name, largest in run.goals.items()}
    if (goal := _goal(stem, goals)) is not None:
        return goal
    if place := names.place(stem):
        return names.FAMILIES[place.family].largest
    return _WAYS.get(way)


def _untold(key: str, runs: Sequence[Run]) -> bool:
    """Whether *key* may be the score of a benchmark that we do not know."""
    words = [word.rstrip("s") for word in names.words(key)]
    values = [finite(run.summary.get(key)) for run in runs]
    return (
        bool(re.match(r"(?i)(eval(uation|s)?|bench(marks?)?)/", key))
        and names.place(key) is None
        and not names.says(names.NEVER, words)
        and not names.says(names.PARTIAL, words)
        and not _COUNTERS & set(words)
        and any(v is not None and v % 1 and 0 < v < _PERCENT for v in values)
    )


@dataclass(frozen=True)
class _Beside:
    """What the other keys of the same runs say about one."""

    words: set[str]
    said: Mapping[int, set[str]]
    """The last words of all keys, by split."""

    columns: set[str]
    """The keys of one word."""
    families: Mapping[bool, set[int | None]]
    """What is measured, by whether a key says that it is held out."""
    heads: Mapping[int, set[str]]
    """Words of several parts of a loss, by split."""

    @classmethod
    def of(cls, keys: Iterable[str]) -> _Beside:
        said: defaultdict[int, set[str]] = defaultdict(set)
        families: defaultdict[bool, set[int | None]] = defaultdict(set)
        heads: defaultdict[int, set[str]] = defaultdict(set)
        words: set[str] = set()
        columns: set[str] = set()
        for key in keys:
            words.update(found := names.words(key))
            data = names.split(key)
            said[data].update(names.words(names.parts(key)[-1]))
            families[data < UNNAMED].add(names.family(found))
            columns.update(found if len(found) == 1 else ())
            if "loss" in found and data < UNNAMED:
                said_of = {word for word in found if not names.is_plain(word)} - LOSS
                heads[data].update(said_of or {""})
        return cls(words, said, columns, families, heads)

    def place(self, key: str) -> KeyPlace | None:
        """Return the place of *key*, which may be named by what stands beside it."""
        words = names.words(key)
        if "epe" in self.words:
            key = re.sub(r"(?i)(?<![a-z])f1\b", "Fl-all", key)  # KITTI's outliers
        beside = self.columns & {"train", "training"} and self.columns & LOSS
        if len(words) == 1 and names.held_out(key) and beside:
            key = f"{key}/acc"  # one of OGB's columns
        compared = names.BENCHMARK in self.families[False] or not _TRAINED & self.words
        if compared and {*names.words(names.parts(key)[-1])} <= _AVERAGE:
            key = f"{key}/score"  # of benchmarks
        return names.place(key)

    def later(self, key: str, place: KeyPlace) -> float:
        """Return how much later *key* comes than its *place* says by its name alone."""
        family, data = place.family, place.split
        words, said = set(names.words(key)), self.said[data]
        if family in names.RETURNS:
            return self._later_return(key, words, data, said)
        if _PERPLEXITY & words and _CODES & self.words:
            return 2
        if family == names.ACCURACY and (later := self._later_accuracy(words, place)):
            return later
        if place.late < 1 and self._heads(data) & words - LOSS and not LOSS & words:
            return 0.55 - place.late
        unnamed = place.late == 1 and data == UNNAMED and not LOSS - names.RATES & words
        if unnamed and names.FAMILIES[family].apart and self.said[TRAINING] & LOSS:
            return self._apart(family)
        return 0

    def _heads(self, data: int) -> set[str]:
        """Return the names of a model's outputs, if several have a part of a loss."""
        found = {word for word in self.heads[data] if names.family((word,)) is None}
        return found - {""} if "" in self.heads[data] and len(found) > _PAIR else set()

    def _apart(self, family: int) -> float:
        if family >= names.LATE:
            return -0.5
        said = any(one is not None and one < names.LATE for one in self.families[True])
        return -0.95 if said else -1

    def _later_accuracy(self, words: set[str], place: KeyPlace) -> float:
        said = self.said[place.split]
        if place.split != TRAINING and _ATTACKED & words:
            return -1.05
        if place.late:
            return 0
        if _PERPLEXITY & said and not _CODES & self.words:
            return 0.55  # of tokens
        return 0.05 * ({"f1", "precision", "recall"} <= said)  # of tags

    def _later_return(
        self, key: str, words: set[str], data: int, said: set[str]
    ) -> float:
        if "kl" in words:
            return 2
        judged = {"accuracy", "acc"} & said and {"reward", "rewards"} & said
        if judged and ({"min", "max"} <= self.words or {"chosen"} & self.words):
            return 0.05  # of a reward model
        if names.BENCHMARK in self.families[True] and data >= UNNAMED:
            return 0.3
        if not _TEXTS & self.words:
            episodes = {"ep", "episode", "episodic", "total", "return", "returns"}
            bare = key.lower() in ("reward", "rewards")
            return 0.005 * (bare and bool(episodes & said))
        return 0.3 * (data == UNNAMED) + 0.05 * bool({"return", "returns"} & words)


def _declared(runs: Sequence[Run], known: Iterable[str]) -> Objective | None:
    """Return the most telling of the *known* keys with a goal, else one summed up."""
    goals = {key: way for run in runs for key, way in run.goals.items()}
    aims = [
        (names.place(key) or (9,), key, largest)
        for key in known
        if goals and (largest := _goal(key, goals)) is not None and _differs(key, runs)
    ]
    if aims:
        _, key, largest = min(aims)
        return Objective(_summed_up(key, largest, runs), largest)
    return _summed_up_alone(runs, known)


def _goal(key: str, goals: Mapping[str, bool]) -> bool | None:
    """Return whether larger is better for *key*; its own goal wins over a glob's."""
    if key in goals:
        return goals[key]
    if key[:1] == "_" or _stem(key)[1]:
        return None
    globs = (name for name in goals if name[-1] == "*" and key.startswith(name[:-1]))
    return next((goals[name] for name in globs), None)


def _summed_up_alone(runs: Sequence[Run], known: Iterable[str]) -> Objective | None:
    """Return a key whose summary has only its smallest or its largest value.

    That is what ``define_metric(summary="min")`` leaves there.
    """
    ways: defaultdict[str, set[str]] = defaultdict(set)
    for key in known:
        stem, way = _stem(key)
        if (
            way
            and not is_clock(stem)
            and not names.says(names.NEVER, names.words(stem))
        ):
            ways[stem].add(way)
    found = sorted(
        (names.place(stem) or (9,), stem, way)
        for stem, every in ways.items()
        if len(only := every & _WAYS.keys()) == 1 and "mean" not in every
        for way in only
        if _differs(f"{stem}.{way}", runs)
    )
    return Objective(".".join(found[0][1:]), _WAYS[found[0][2]]) if found else None


def _stem(key: str) -> tuple[str, str]:
    match = SUMMED_UP.fullmatch(key)
    return (match[1], match[2]) if match else (key, "")


def _summed_up(key: str, largest: bool, runs: Sequence[Run]) -> str:  # noqa: FBT001
    """Return the summary's key for *key*, which may hold the best value only."""
    names = (*Objective(key, largest).keys, f"{key}.mean", f"{key}.first")
    return next((n for n in names if any(n in run.summary for run in runs)), key)


def _differs(key: str, runs: Sequence[Run]) -> bool:
    """Return whether *key* can rank *runs*: not where all have the same value."""
    values = [finite(run.summary[key]) for run in runs if key in run.summary]
    return len(values) < 2 or len(set(values)) > 1  # noqa: PLR2004 -- a pair
