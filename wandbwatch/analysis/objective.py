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
from functools import cache
from typing import TYPE_CHECKING

from wandbwatch.analysis.keys import SYSTEM, is_clock, likely, numeric
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.formatting.run_blocks import by_project
from wandbwatch.model.query import Curves
from wandbwatch.model.run import Run

if TYPE_CHECKING:
    from wandbwatch.model.run_details import Sweep

UNKNOWN = "no key clearly says which run is best; name one: --best KEY:min|max"

_compiled = cache(re.compile)
"""Compiles a pattern when a key first needs it: a summary needs few of them."""
_SCORES = (
    "success_rate|pc_success|win_?rate|battle_won|normalized_score",
    "returns?|ret|rewards?|rew|rews|eprewmean|^environment$",
    "success(es)?|elo",
    "^(dev_|val_|valid_|eval_|test_)?score$",
    "pq|nds|a?mota|hota",
    r"(?<!\d_)m?iou|jaccard",
    "dice|dsc",
    "ndcg",
    "mrr",
    "accurac(y|ies)(0?1)?|accs|acc1?|correct|top1|top_1|prec_?1|rank_?1",
    r"pass_(at_)?\d+|pass_?\d+|pass_rate",
    (
        r"gsm8_k|math500|aime\d*|amc\d*|mmlu|hellaswag|humaneval|mbpp|gpqa|piqa|boolq"
        r"|ifeval|bbh|arc|winogrande|truthfulqa|livecodebench|swe_?bench|alpaca_eval"
        "|mt_bench|mmmu|mmbench|docvqa|textvqa|chartqa|mathvista|gqa"
    ),
    r"m?ap(?!_\d)|m?ap(50_95|_50_95|_0_50?_0_95)|average_precision",
    r"m?ap_?\d+",
    "f1|hmean",
    "cider",
    r"(sacre)?bleu(_?4)?(?!_\d)|chrf|comet",
    r"bleu_?\d",
    "auc|gauc|auroc|auprc|aucpr|rocauc",
    "r2|sharpe",
    "rouge(l|lsum|1|2)?",
    "psnr",
    "ssim",
    r"kappa|qwk|mcc|matthews|spearman\w*|c_index|concordance",
    r"pearson\w*|kendall\w*",
    r"(si_?)?n?s[dn]ri?|pesq|stoi|mos|visqol|lddt|gdt_ts|tm_?score",
    r"hit_rate|hit_ratio|hits?|hr|recall_\d+|r_\d+|exact_match|em|meteor|spice|pck",
    r"acc5|top5|top_5|accuracy0?[35]|prec_?5",
    "(?<!inception_)scores?",
    "(?<!neg_)(?<!negative_)(log_?likelihood|loglik)|mll",
)
_ERRORS = (
    "perplexity|ppl",
    "wer",
    "der|diarization_error_rate",
    "cer",
    r"(fid|kid|fvd)\d*|fad",
    "err(or)?_rate",
    "abs_?rel",
    "mae",
    "rmse|rmsd",
    "eer|epe|flall|(?:min)?[af]de|mpjpe|chamfer|lpips|crps|regret|exploitability|bpd|bpp|hd95|hausdorff|assd",
    "mse|s?mape|wape|mase|nrmse|rmsle|wql|pinball|m?error|errors|err",
    "loss|losses|nll|m?logloss|bpb|bpc|neg_elbo|nelbo|xent|b?ce|infonce|huber|log_?cosh|hinge|l1|ne",
)
"""Words in key names, the most telling first."""
_FAMILIES = tuple(
    (rf"(?:^|_)(?:{names})(?=_|$)", largest)
    for families, largest in (
        (_SCORES, True),
        (_ERRORS, False),
        (("precision|recall|inception_score",), True),  # each at another's cost
    )
    for names in families
)
_SUCCESS = 0
_RETURNS = range(3)
_OF_A_TASK = {_SUCCESS, _SCORES.index("^(dev_|val_|valid_|eval_|test_)?score$")}
_ONE_SIDED = len(_FAMILIES) - 1
_ACCURACY = next(n for n, names in enumerate(_SCORES) if "accurac" in names)
_MEASURED = len(_SCORES) + _ERRORS.index("abs_?rel")
_LOSSES = _ONE_SIDED - 1
_BENCHMARK = next(n for n, names in enumerate(_SCORES) if "mmlu" in names)
_MEASURED_APART = (
    r"(?:^|_)(?:m?ap\d*|bleu|sacrebleu|cider|rouge\w*|ndcg|fid|m?iou|dice|hmean"
    r"|pq|nds|a?mota|hota|mrr|lddt|der|diarization_error_rate)_"
    r"|^metrics_"
)
"""Metrics that trainers compute on held-out data only."""

_VALIDATION = {"val", "vali", "valid", "validation", "validate", "dev"}
_EVALUATION = {"eval", "evaluate", "evaluation", "evaluator"}
_TEST = {"test", "testing", "holdout", "heldout"}
_TRAINING = {"train", "training", "fit", "collector", "learner"}
_SPLITS = _VALIDATION | _EVALUATION | _TEST | _TRAINING
_NEVER = (
    "std|var|min|len|length|time|sec|seconds|runtime|per|lr|grad|norm|gradient|gnorm"
    "|scale|weight|coef|ratio|count|num|non|reject(ed)?|chosen|tokens?|threshold|brier"
    "|memory|mem|fps|sps|normalizer"
)
_PARTIAL = (
    "policy|value|critic|actor|ent|entropy|kl|pg|vf|qf?[12]?|td|aux|auxiliary|l2"
    "|reg|regularization|regularizer|commit|balance|alpha|temperature|clip|surrogate"
    "|baseline|penalty|load|temp|gp|adv|adversarial|g|d|gen|disc|generator|discriminator"
    "|fm|router|prior|z|a|c|v|pi"
)
"""Losses and errors that may grow while the run improves."""
_PLAIN = {"total", "mean", "avg", "average", "epoch", "iter", "all", "overall", "macro"}
_PLAIN |= {"micro", "rate"}
_PLAIN |= {"b", "m", "ep", "episode", "episodic", "episodes", "cumulative", "roc"}
_PLAIN |= {"logged", "out"}
_OF_A_SET = {"idx", "dataloader", "task", "exp", "fold", "phase", "stream"}
_TEXTS = {"response", "responses", "completion", "completions", "advantages", "rlhf"}
"""Words of RL of language models: a return is a target, a reward one of training."""
_CODES = {"vq", "codebook", "commit", "commitment", "quant", "quantizer", "codes"}
_CODES |= {"code"}
"""Words of quantized models, whose perplexity says how many codes are in use."""
_SPELLINGS = (
    (r"cross_?entropy|\bce_", "xent_"),
    (r"training_eval\b", "eval"),  # T5X's
    (r"neg_((root_)?(mean|median|max)_\w*err\w*|log_loss|r?mse|map?e)", "score"),
    (r"neg(ative)?_log_?likelihood", "nll"),
    (r"rel(ative)?_l2(?!_err)", "rel_err"),
    (r"l2_(?=(relative_)?err)|coco(?=ap)", ""),  # PINNs', YOLOX's
    (r"bits[_-]per[_-]\w+", "bpd"),
    # LightGBM's, and that of neural operators
    (r"^(training|valid_\d+|val|valid|test)[-_/]l2$", r"\1_mse"),
    (r"f1-all|fl[-_]all", "flall"),
    ("io_u", "iou"),
)
"""Spellings that trainers use, and the words that they mean."""
_FINER = re.compile(r"(?<! )\([MP]\)$")
"""YOLO's masks and poses, whose precision says more than that of their boxes."""
_UNNAMED = 2
_TRAINED = 3
"""The splits of a key that names none, and of a training one; see `_split`."""
_PERPLEXITY = {"perplexity", "ppl"}
_ATTACKED = {"robust", "adv", "adversarial", "autoattack", "pgd"}
"""Words of the accuracy that adversarial training is about."""
_PERCENT = 100
_COUNTERS = {"step", "epoch", "epsilon", "size", "margin", "logp", "logit"}
_COUNTERS |= {"throughput"}
"""Words of what is no score."""
_RATES = {"error", "err"}
_LOSS = {"loss", "losses", "error", "errors", "err"}
_WAYS = {"min": False, "max": True}
_SUMMED_UP = re.compile(r"(.+)\.(min|max|mean|last|first|best)")


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
    beside = _Beside.of(known)
    ranked = sorted(
        ((2 * count < len(runs), place[0] + beside.later(key, place), *place[1:]), key)
        for key, count in known.items()
        if (place := beside.place(key)) and _differs(key, runs)
    )
    if not ranked:
        return Chosen(None, UNKNOWN)
    (_, _, family, _, split, *_), key = ranked[0]
    if split >= _UNNAMED and any(_untold(key, runs) for key in known):
        return Chosen(None, UNKNOWN)
    largest = _FAMILIES[int(family)][1]
    return Chosen(Objective(_summed_up(key, largest, runs), largest), "by its name")


def choose_each(runs: Sequence[Run]) -> Sequence[Chosen]:
    """Choose the metric of each project; a directory may have runs of several."""
    return [choose(some) for some in by_project(runs).values()]


def curve_keys(
    runs: Sequence[Run], most: int, asked: Objective | None = None
) -> tuple[str, ...]:
    """Return at most *most* keys whose curves are worth showing, *asked* first.

    A summary does not say which of them was logged more than once: see `with_curve`.
    """
    first = Chosen(asked).curve or [k for one in choose_each(runs) for k in one.curve]
    return tuple(dict.fromkeys((*first, *likely(runs))))[:most]


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
    if (place := _place(stem)) is not None:
        return _FAMILIES[int(place[1])][1]
    return _WAYS.get(way)


def _untold(key: str, runs: Sequence[Run]) -> bool:
    """Whether *key* may be the score of a benchmark that we do not know."""
    words = [word.rstrip("s") for word in _words(key)]
    values = [finite(run.summary.get(key)) for run in runs]
    return (
        bool(re.match(r"(?i)(eval(uation|s)?|bench(marks?)?)/", key))
        and _place(key) is None
        and not _any(_NEVER, words)
        and not _any(_PARTIAL, words)
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
    benchmarked: bool
    """Whether models are held against benchmarks."""

    @classmethod
    def of(cls, keys: Iterable[str]) -> _Beside:
        said: defaultdict[int, set[str]] = defaultdict(set)
        words: set[str] = set()
        columns: set[str] = set()
        benchmarked = False
        for key in keys:
            words.update(found := _words(key))
            said[_split(found)].update(_words(_parts(key)[-1]))
            columns.update(found if len(found) == 1 else ())
            benchmarked |= held_out(key) and _family(found) == _BENCHMARK
        return cls(words, said, columns, benchmarked)

    def place(self, key: str) -> tuple[float, ...] | None:
        """Return the place of *key*, which may be named by what stands beside it."""
        if "epe" in self.words:
            key = re.sub(r"(?i)\bf1\b", "Fl-all", key)  # KITTI's outliers
        beside = self.columns & _TRAINING and self.columns & _LOSS
        if len(_words(key)) == 1 and held_out(key) and beside:
            key = f"{key}/acc"  # one of OGB's columns
        return _place(key)

    def later(self, key: str, place: tuple[float, ...]) -> float:
        """Return how much later *key* comes than its *place* says by its name alone."""
        late, family, _, split, *_ = place
        words, said = set(_words(key)), self.said[int(split)]
        if family in _RETURNS:
            return self._later_return(words, int(split), said)
        if _PERPLEXITY & words and _CODES & self.words:
            return 2
        if family == _ACCURACY and split != _TRAINED and _ATTACKED & words:
            return -1.05
        if family == _ACCURACY and not late and (later := self._of_parts(said)):
            return later
        unnamed = late == 1 and split == _UNNAMED and not _LOSS - _RATES & words
        if unnamed and family < _MEASURED and self.said[_TRAINED] & _LOSS:
            return -1 if _FAMILIES[int(family)][1] else -0.5
        return 0

    def _of_parts(self, said: set[str]) -> float:
        """Return how much later an accuracy of tokens or tags comes."""
        if _PERPLEXITY & said and not _CODES & self.words:
            return 0.55
        return 0.05 * ({"f1", "precision", "recall"} <= said)

    def _later_return(self, words: set[str], split: int, said: set[str]) -> float:
        if "kl" in words:
            return 2
        judged = {"accuracy", "acc"} & said and {"reward", "rewards"} & said
        if judged and ({"min", "max"} <= self.words or {"chosen"} & self.words):
            return 0.05  # of a reward model
        if self.benchmarked and split >= _UNNAMED:
            return 0.3
        if not _TEXTS & self.words:
            return 0
        return 0.3 * (split == _UNNAMED) + 0.05 * bool({"return", "returns"} & words)


def held_out(key: str) -> bool:
    """Whether *key* is measured on validation or test data, by its name."""
    return _split(_words(key)) < _UNNAMED


def relevance(key: str) -> int:
    """Return how late people want to see *key*: after validation, test, training."""
    split = _split(_words(key))
    known = split != _UNNAMED or _place(key) is not None
    return split if known else _TRAINED + 1


def _declared(runs: Sequence[Run], known: Iterable[str]) -> Objective | None:
    """Return the most telling of the *known* keys with a goal, else one summed up."""
    goals = {key: way for run in runs for key, way in run.goals.items()}
    aims = [
        (_place(key) or (9,), key, largest)
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
        if way and not is_clock(stem) and not _any(_NEVER, _words(stem)):
            ways[stem].add(way)
    found = sorted(
        (_place(stem) or (9,), stem, way)
        for stem, every in ways.items()
        if len(only := every & _WAYS.keys()) == 1 and "mean" not in every
        for way in only
        if _differs(f"{stem}.{way}", runs)
    )
    return Objective(".".join(found[0][1:]), _WAYS[found[0][2]]) if found else None


def _stem(key: str) -> tuple[str, str]:
    match = _SUMMED_UP.fullmatch(key)
    return (match[1], match[2]) if match else (key, "")


def _summed_up(key: str, largest: bool, runs: Sequence[Run]) -> str:  # noqa: FBT001
    """Return the summary's key for *key*, which may hold the best value only."""
    kinds = ("best", "max" if largest else "min", "last", "mean", "first")
    names = (key, *(f"{key}.{kind}" for kind in kinds))
    return next((n for n in names if any(n in run.summary for run in runs)), key)


def _differs(key: str, runs: Sequence[Run]) -> bool:
    """Return whether *key* can rank *runs*: not where all have the same value."""
    values = [finite(run.summary[key]) for run in runs if key in run.summary]
    return len(values) < 2 or len(set(values)) > 1  # noqa: PLR2004 -- a pair


def _place(key: str) -> tuple[float, ...] | None:
    """Say how late *key* comes; None for what says nothing of how good a run is.

    Where it was measured, the family, whether of one step, the split, other words.
    """
    if key[:1] in ("", "_") or key.startswith(SYSTEM) or _stem(key)[1]:
        return None
    # Dreamer's and PufferLib's
    key = re.sub(r"\b(episode|environment)/score\b", "episode/return", key)
    words = _words(key)
    *above, last = _parts(key)
    leaf = _words(last)
    family = _family(leaf)
    if family is None:  # of a task, as in Success_Rate/Lift
        around = (_family(_words(part)) for part in above)
        family = next((one for one in around if one in _OF_A_TASK), None)
    named = {word.rstrip("0123456789") for word in leaf} - {""}
    if family is None and named <= _PLAIN | _SPLITS | _OF_A_SET:
        family = _family(words)
    if family is None or _any(_NEVER, leaf):
        return None
    if not _FAMILIES[family][1] and _any(_PARTIAL, words):
        return None
    split = _split(words)
    joined = "_".join(words) + "_"
    apart = family in _RETURNS or _compiled(_MEASURED_APART).search(joined)
    late = 0.0 if split < 2 or (apart and split == 2) else 1.0  # noqa: PLR2004 -- of four
    if family in _RETURNS:
        term = leaf[0] in ("rew", "reward") and {*leaf[1:]} - _PLAIN - _SPLITS
        late = 0.4 if term else 0.3 if split == 3 else 0.0  # noqa: PLR2004
    elif not late and (not _FAMILIES[family][1] or family == _ONE_SIDED):
        late = 0.5  # held-out scores come before training returns, losses after them
    other = [w for w in words if w not in _PLAIN | _SPLITS and not w.isdigit()]
    set_number = re.match(r"valid(?:ation)?_(\d+)[-_]", key)
    later = -int(set_number[1]) if set_number else 0
    whole = {"mean", "all", "avg", "average"} | (
        {"macro"} if family != _LOSSES else set()
    )
    part = bool(other) and not whole & set(words)
    rest = (not _FINER.search(key), len(other) + _variant(words), part, later, len(key))
    return late + 0.1 * ("aux" in words), family, "step" in leaf, split, *rest


def _parts(key: str) -> list[str]:
    return re.split(r"/|\.(?!\d)| - ", key)


def _family(words: Sequence[str]) -> int | None:
    joined = "_".join(words)
    error = bool(_LOSS & set(words))  # a dice_loss is no dice
    first = _LOSSES if {"loss", "losses"} & set(words) else 0  # a mse_loss is a part
    return next(
        (
            number
            for number, (names, largest) in enumerate(_FAMILIES)
            if not ((error and largest) or number < first)
            and _compiled(names).search(joined)
        ),
        None,
    )


def _any(names: str, words: Sequence[str]) -> bool:
    return any(map(_compiled(names).fullmatch, words))


def _split(words: Sequence[str]) -> int:
    """Return 0 for validation, 1 for test, 2 for an unnamed split, 3 for training."""
    named = {word.rstrip("0123456789") for word in words}
    splits = ((_TRAINED, _TRAINING), (0, _VALIDATION), (1, _TEST), (0, _EVALUATION))
    for rank, names in splits:
        if names & named:
            return rank
    return _UNNAMED


def _variant(words: Sequence[str]) -> float:
    """Set the best or last value so far behind the plain key."""
    marks = {"best": 1, "final": 0.5, "max": 1, "easy": 1, "hard": 1, "ce": 1, "l1": 1}
    return sum(marks.get(word, 0) for word in words)


def _words(key: str) -> list[str]:
    """Split a key: ``valLoss`` is val, loss; ``metrics/mAP50-95(B)`` is map50 …"""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", key).lower()
    for pattern, word in _SPELLINGS:
        apart = _compiled(pattern).sub(word, apart)
    return re.findall(r"[a-z]+\d*|\d+", apart)
