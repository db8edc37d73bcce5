"""What the name of a key says: what is measured, on which data, how tellingly. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from wandbwatch.analysis.keys import SUMMED_UP, SYSTEM

VALIDATION, TEST, UNNAMED, TRAINING = range(4)
"""The data of a key, the most telling first; most keys do not name it."""


class _Family(NamedTuple):
    """Names of what says much the same, and whether more of it is better."""

    names: str
    largest: bool
    apart: bool = True
    """Whether it is measured on held-out data where a key does not say so, but stands
    beside a training loss."""


def _scores(*names: str) -> Iterable[_Family]:
    return (_Family(one, largest=True) for one in names)


def _errors(*names: str, apart: bool = True) -> Iterable[_Family]:
    return (_Family(one, largest=False, apart=apart) for one in names)


FAMILIES = (
    *_scores(
        "success_rate|success_(once|at_end)|pc_success|win_?rate|battle_won"
        "|normalized_(score|return)",
        "elo",
        "returns?|ret|rewards?|rew|rews|eprewmean|^environment$",
        "success(es)?",
        "^(dev_|val_|valid_|eval_|test_|cv_|oof_)?((mean|avg|average)_)?scores?$",
        "pq|nds|a?mota|hota",
        r"(?<!\d_)m?iou|jaccard",
        "dice|dsc",
        "ndcg",
        "mrr",
        "cider",
        r"(sacre)?bleu(_?4)?(?!_\d)|chrf|comet",
        r"bleu_?\d",
    ),
    # errors that stand beside no score which says more
    *_errors(
        "wer",
        "der|diarization_error_rate",
        "cer|edit_distance|levenshtein",
        "fvd",
        r"[fk]id\d*|fcd|fad",
    ),
    *_errors(
        "eer|(min)?[af]de|mpjpe|ate_rmse|abs_?rel|crps|wql|nme$|chamfer|cd(_l1)?$",
        apart=False,
    ),
    *_scores(
        "[ul]as|qwk|mcc|matthews",
        "accurac(y|ies)(0?1)?|accs|acc1?|oa|correct|top1|top_1|prec_?1|rank_?1",
        r"gsm8_k|math500|aime\d*|amc\d*|mmlu|hellaswag|humaneval|mbpp|gpqa|piqa|boolq"
        r"|ifeval|bbh|arc|winogrande|truthfulqa|livecodebench|swe_?bench|alpaca_eval"
        "|mt_bench|mmmu|mmbench|docvqa|textvqa|chartqa|mathvista|gqa|lfw|cfp_fp|agedb",
        r"pass_(at_)?\d+|pass_?\d+|pass_rate",
        r"m?ap(?!_\d)|m?ap(_?0?_?50?_?0?_9[05])|mean_average_precision",
        r"m?ap_?\d+",
        r"m?f1|f0?_?5|f_?(beta|measure|score)|hmean|smatch|csi|qini",
        "[gw]?auc|auroc|rocauc",
        "auprc|aucpr|average_precision",
        "r2|sharpe",
        "rouge(l|lsum|1|2)?",
        "psnr",
        "ssim",
        r"kappa|spearman\w*|c_index|concordance|nmi|ari",
        r"pearson\w*|kendall\w*",
        r"(si_?)?n?s[dn]ri?|pesq|stoi|mos|visqol|lddt|gdt_ts|tm_?score",
        r"hit_rate|hit_ratio|hits?|hr|recall_\d+|r_\d+|exact_match|em|meteor|spice|pck",
        r"acc5|top5|top_5|accuracy0?[35]|prec_?5",
        "(?<!inception_)scores?",
        "fitness",
    ),
    *_errors("perplexity|ppl"),
    *_scores("(?<!neg_)(?<!negative_)(log_?likelihood|loglik)|mll"),
    *_errors("err(or)?_rate"),
    *_errors(
        "mae|sad|pehe|rmse|rmsd",
        "epe|flall|lpips|regret|nash_conv|exploitability|bpd|bpp|hd95|hausdorff|assd"
        r"|(obj(ective)?|opt(imality)?|duality|mip)_gap",
        "mse|s?mape|wape|mase|owa|nrmse|rmsle|pinball|m?error|errors|err",
        "loss|losses|cost|nll|m?logloss|bpb|bpc|neg_elbo|nelbo|xent|b?ce|infonce|huber"
        "|log_?cosh|hinge|l1|ne",
        apart=False,
    ),
    # each at another's cost
    _Family("precision|recall|inception_score", largest=True, apart=False),
)
"""The most telling first."""


def _of(word: str) -> int:
    return next(n for n, family in enumerate(FAMILIES) if word in family.names)


RETURNS = range(_of("success(es)") + 1)
ACCURACY = _of("accurac")
BENCHMARK = _of("mmlu")
_OF_A_TASK = {_of("success_rate"), _of("(dev_")}
_ANY_SCORE = _of("(?<!inception_)scores")
LATE = _of("perplexity")
"""The first that comes after all scores."""
LOSSES = _of("logloss")
_ABOVE = {*range(LOSSES)} - {*RETURNS, _ANY_SCORE} | _OF_A_TASK
"""What may stand above the name of a task or a data set: ``Success_Rate/Lift``."""

_APART = (
    r"(?:^|_)(?:m?ap\d*|bleu|sacrebleu|cider|rouge\w*|ndcg|f[iv]d|kid|m?iou|dice|hmean"
    r"|normalized_score|pq|nds|a?mota|hota|mrr|lddt|der|diarization_error_rate|pck)_"
    r"|^metrics_"
)
"""Metrics that trainers compute on held-out data only."""
_SPLITS = (
    (TRAINING, {"train", "training", "fit", "collector", "learner"}),
    (
        VALIDATION,
        {"val", "vali", "valid", "validation", "validate", "dev", "cv", "oof"},
    ),
    (TEST, {"test", "testing", "holdout", "heldout"}),
    (VALIDATION, {"eval", "evaluate", "evaluation", "evaluator"}),
)
"""Words that name the data; a key of several is of the first."""
_DATA = {word for _, words in _SPLITS for word in words}
NEVER = (
    "std|stderr|stdev|var|min|len|length|time|sec|seconds|runtime|per|lr|grad|norm|gradient|gnorm"
    "|scale|weight|coef|ratio|count|num|non|reject(ed)?|chosen|tokens?|threshold|brier"
    "|memory|mem|fps|sps|normalizer"
)
PARTIAL = (
    "policy|value|critic|actor|ent|entropy|kl|pg|vf|qf?[12]?|td|aux|auxiliary|l2"
    "|reg|regularization|regularizer|commit|balance|alpha|temperature|clip|surrogate"
    "|baseline|penalty|load|temp|gp|adv|adversarial|g|d|gen|disc|generator|discriminator"
    "|fm|router|prior|z|a|c|v|pi"
)
"""Losses and errors that may grow while the run improves."""
WHOLE = {"mean", "all", "avg", "average", "overall"}
_PLAIN = {*WHOLE, "total", "epoch", "iter", "macro", "micro", "rate", "b", "m", "ep"}
_PLAIN |= {"episode", "episodic", "episodes", "cumulative", "roc", "logged", "out"}
_OF_A_SET = {"idx", "dataloader", "task", "exp", "fold", "phase", "stream"}
_VARIANTS = {"best": 1, "final": 0.5, "max": 1, "easy": 1, "hard": 1, "ce": 1, "l1": 1}
_VARIANTS |= {"dot": 0.5, "manhattan": 0.5, "euclidean": 0.5, "shaped": 0.5}
_VARIANTS |= {"seen": 0.5, "source": 0.5, "class": 0.5, "teacher": 0.5}
"""How many words later a key with such a word comes than the plain one."""
_SPELLINGS = (
    (r"(ce_)?loss_(?=recovered|score)", "score_"),  # sparse autoencoders'
    (r"cross_?entropy|\bce_", "xent_"),
    (r"training_eval\b", "eval"),  # T5X's
    (r"neg_((root_)?(mean|median|max)_\w*err\w*|log_loss|r?mse|map?e)", "score"),
    (r"neg(ative)?_log_?likelihood", "nll"),
    (r"rel(ative)?_l2(?!_err)", "rel_err"),
    ("clip_val_loss", "val_loss"),  # OpenCLIP's
    (r"l2_(?=(relative_)?err)|coco(?=ap)", ""),  # PINNs', YOLOX's
    (r"bits[_-]per[_-]\w+", "bpd"),
    # LightGBM's, and that of neural operators
    (r"^(training|valid_\d+|val|valid|test)[-_/]l2$", r"\1_mse"),
    (r"f1-all|fl[-_]all", "flall"),
    ("io_u", "iou"),
    (r"root_mean_squared_error", "rmse"),
    (r"mean_squared_error", "mse"),
    (r"mean_absolute_(percentage_)?error", r"ma\1e"),
    ("mapercentage_e", "mape"),
    (r"inverse_harmonic_mean_rank|mean_reciprocal_rank", "mrr"),  # PyKEEN's
    (r"w_?quantile_?loss", "wql"),  # GluonTS's
    (r"\bavg@\d+", "pass_rate"),  # of all answers, not of the best
    (r"[ _]per[ _](?=ep)", "_"),  # reward per episode
    (r"^acc_steps?$", "accumulation"),
    (r"^trn?(?=[ _/-])", "train"),
    (r"^v[al](?=[ _/-])", "val"),
    (r"^(te|tst)(?=[ _/-])", "test"),
)
"""Spellings that trainers use, and the words that they mean."""
_SPELLED = "|".join(f"(?:{pattern})" for pattern, _ in _SPELLINGS)
"""Finds any of them: few keys have one, and each would be compiled."""
_FINER = re.compile(r"(?<! )\([MP]\)$")
"""YOLO's masks and poses, whose precision says more than that of their boxes."""
_SHALLOW = re.compile(r"(?i)(ndcg|hits?|hr)(@|_at_|_)(?!10(?!\d))\d+")
"""Not the ten that papers compare."""
_CAMEL = re.compile(
    r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z]{3})(?<!min)(?=[A-Z][A-Z\d])|(?<=\d)(?=[A-Z][a-z])"
)
RATES = {"error", "err"}
LOSS = {"loss", "losses", "error", "errors", "err"}

_compiled = cache(re.compile)
"""Compiles a pattern when a key first needs it: a summary needs few of them."""
_KEPT = 1 << 14
"""The runs of a project have the same keys."""


class KeyPlace(NamedTuple):
    """How late a key comes, the first first."""

    late: float
    """By where it was measured, and whether more of it is better."""
    family: int
    of_step: bool
    split: int
    rest: tuple[float, ...]
    """By its other words."""


@lru_cache(maxsize=_KEPT)
def place(key: str) -> KeyPlace | None:
    """Say how late *key* comes; None for what says nothing of how good a run is."""
    if key[:1] in ("", "_") or key.startswith(SYSTEM) or SUMMED_UP.fullmatch(key):
        return None
    # Dreamer's and PufferLib's
    key = re.sub(r"\b(episode|environment)/score\b", "episode/return", key)
    data = split(key)
    if data < UNNAMED:
        key = re.sub(r"\bR(1|5|10)$", r"recall_\1", key)
    said = words(key)
    *above, last = parts(key)
    leaf = words(last)
    found = _family_of(said, leaf, above)
    if found is None or says(NEVER, leaf):
        return None
    if not FAMILIES[found].largest and says(PARTIAL, said):
        return None
    late = _late(found, data, said, leaf) + 0.1 * bool({"aux", "ctc"} & set(said))
    return KeyPlace(late, found, "step" in leaf, data, _rest(key, found, said))


def _family_of(
    said: tuple[str, ...], leaf: tuple[str, ...], above: Iterable[str]
) -> int | None:
    found = family(leaf)
    named = {word.rstrip("0123456789") for word in leaf} - {""}
    if found is None and named <= _PLAIN | _DATA | _OF_A_SET:
        found = family(said)
    if found is None:  # of a task or a data set, as in Success_Rate/Lift, PPL/C4
        around = (family(words(part)) for part in above)
        found = next((one for one in around if one in _ABOVE), None)
    return found


def _late(found: int, data: int, said: Sequence[str], leaf: Sequence[str]) -> float:
    """Held-out scores come before training returns, losses after them."""
    apart = data == UNNAMED and _compiled(_APART).search("_".join(said) + "_")
    if found in RETURNS:
        if leaf[0] in ("rew", "reward") and {*leaf[1:]} - _PLAIN - _DATA:
            return 0.4  # a term of it
        late = {UNNAMED: 0.01, TRAINING: 0.3}.get(data, 0.0) if not apart else 0.0
        return late - 0.01 + 0.05 * ("max" in said)
    if data >= UNNAMED and not apart:
        return 1
    return -0.01 if found in _OF_A_TASK else 0.5 * (found >= LATE)


def _rest(key: str, found: int, said: Sequence[str]) -> tuple[float, ...]:
    other = [word for word in said if not is_plain(word)]
    whole = WHOLE | ({"macro"} if found != LOSSES else set())
    set_number = re.match(r"valid(?:ation)?_(\d+)[-_]", key)
    return (
        not _FINER.search(key),
        bool(_SHALLOW.search(key)),
        not {"all", "overall"} & set(said),
        len(other) + sum(_VARIANTS.get(word, 0) for word in said),
        bool(other) and not whole & set(said),
        -int(set_number[1]) if set_number else 0,
        len(key),
    )


@lru_cache(maxsize=_KEPT)
def family(said: tuple[str, ...]) -> int | None:
    """Return the first of `FAMILIES` that has one of these words."""
    joined = "_".join(said)
    kinds: Iterable[int] = range(len(FAMILIES))
    if {"loss", "losses"} & set(said):  # a dice_loss is no dice, a mse_loss is a part
        kinds = (LOSSES,)
    elif LOSS & set(said):
        kinds = (number for number in kinds if not FAMILIES[number].largest)
    best = _first(tuple(kinds), joined)
    if best != _ANY_SCORE:
        return best
    later = _first(tuple(range(best + 1, len(FAMILIES))), joined)
    return best if later is None else later  # an FID score is an FID


def _first(kinds: tuple[int, ...], joined: str) -> int | None:
    pattern = _of_families(kinds)
    starts = (0, *(at.end() for at in re.finditer("_", joined)))
    found = (pattern.match(joined, start) for start in starts)
    return min((int(str(one.lastgroup)[1:]) for one in found if one), default=None)


@cache
def _of_families(kinds: tuple[int, ...]) -> re.Pattern[str]:
    """Compile one pattern, in a third of the time that one for each family takes.

    The first of its groups that matches at a word is the first family there.
    """
    groups = "|".join(f"(?P<f{number}>{FAMILIES[number].names})" for number in kinds)
    return re.compile(f"(?:{groups})(?=_|$)")


def says(names: str, said: Iterable[str]) -> bool:
    """Whether one of the words *said* is one of *names*, a pattern."""
    return any(map(_compiled(names).fullmatch, said))


def split(key: str) -> int:
    """Return the data that *key* names, its last part first."""
    leaf = _split(words(parts(key)[-1]))
    return leaf if leaf != UNNAMED else _split(words(key))


def _split(said: Iterable[str]) -> int:
    named = {word.rstrip("0123456789") for word in said}
    return next((rank for rank, names in _SPLITS if names & named), UNNAMED)


def is_plain(word: str) -> bool:
    """Whether *word* does not tell one key from another."""
    return word in _PLAIN | _DATA or word.isdigit()


def parts(key: str) -> list[str]:
    return re.split(r"/|\.(?!\d)| - ", key)


@lru_cache(maxsize=_KEPT)
def words(key: str) -> tuple[str, ...]:
    """Split a key: ``valLoss`` is val, loss; ``metrics/mAP50-95(B)`` is map50 …"""
    apart = _CAMEL.sub("_", key).lower()
    if _compiled(_SPELLED).search(apart):
        for pattern, word in _SPELLINGS:
            apart = _compiled(pattern).sub(word, apart)
    return tuple(re.findall(r"[a-z]+\d*|\d+", apart))


def held_out(key: str) -> bool:
    """Whether *key* is measured on validation or test data, by its name."""
    return split(key) < UNNAMED


def relevance(key: str) -> int:
    """Return how late people want to see *key*: after validation, test, training."""
    data = split(key)
    return data if data != UNNAMED or place(key) is not None else TRAINING + 1
