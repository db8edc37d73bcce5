"""Which keys are misspelt, and which are only not logged yet."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable
from dataclasses import replace

import pytest
from wandbwatch.analysis.dead_keys import Check, DeadKey, dead_keys, near, newly_dead
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Axis, Curves, Query
from wandbwatch.model.run import Run, Series, State

from tests.fakes import FakeSource

KEYS = (
    *(
        "train/loss",
        "train/grad_norm",
        "train/learning_rate",
        "val/loss",
        "val/accuracy",
    ),
    *(
        "eval/rouge1",
        "eval/rouge2",
        "epoch",
        "reward/mean",
        "episode_return",
        "val.map50",
    ),
    *("metrics/precision(B)", "test loss", "perplexity", "ppl", "acc", "f1", "lr"),
    *("trainer/global_step", "throughput/tokens_per_sec"),
)
EARLY = {key: 1.0 for key in KEYS if "train" in key or key in ("epoch", "lr")}
LATER = tuple(key for key in KEYS if key not in EARLY)


def run(state: State, keys: Iterable[str] = KEYS, **more: object) -> Run:
    summary = dict.fromkeys(keys, 1.0)
    made = Run("a", "a", state, last_step=100, summary=summary)
    return replace(made, **more)  # type: ignore[arg-type]


def mutated(key: str, dice: random.Random) -> str:
    """Let the fingers slip, as people misspell keys."""
    at = dice.randrange(1, len(key)) if len(key) > 1 else 0
    ways = [
        key[:at] + key[at + 1 :],
        key[:at] + dice.choice(string.ascii_lowercase) + key[at:],
        key[: at - 1] + key[at] + key[at - 1] + key[at + 1 :],
        key.upper() if key.upper() != key else key + "x",
        key.replace("/", "_").replace("_", "/"),
        key.rpartition("/")[2],
        f"train/{key}",
        f"{key}s",
    ]
    return dice.choice([one for one in ways if one and one not in KEYS] or [f"{key}x"])


def test_every_misspelt_key_is_reported_once_a_run_has_finished():
    dice = random.Random(7)  # noqa: S311
    source = FakeSource([run(State.FINISHED), run(State.RUNNING)])
    for number in range(100):
        wrong = mutated(KEYS[number % len(KEYS)], dice)
        assert [one.key for one in dead_keys(source, [wrong], {})] == [wrong]


def test_no_key_is_reported_before_its_first_evaluation():
    source = FakeSource([run(State.RUNNING, EARLY), run(State.FAILED, EARLY)])
    dice = random.Random(7)  # noqa: S311
    for _ in range(100):
        assert dead_keys(source, dice.sample(LATER, 3), {}) == ()
    assert dead_keys(FakeSource(), LATER, {}) == ()


@pytest.mark.parametrize(
    ("key", "known", "meant"),
    [
        ("train/los", {"train/loss", "val/loss"}, "train/loss"),
        ("trian/loss", {"train/loss", "val/loss"}, "train/loss"),
        ("train_loss", {"train/loss"}, "train/loss"),
        ("Train/Loss", {"train/loss"}, "train/loss"),
        ("train/loss ", {"train/loss"}, "train/loss"),
        ("eval/loss", {"val/loss", "train/loss"}, ""),
        ("test/loss", {"train/loss"}, ""),
        ("val/map50", {"val/map75"}, ""),
        ("loss_a", {"loss_b"}, ""),
        ("rouge1", {"rouge2", "rouge"}, ""),
        ("f1", {"f2"}, ""),
    ],
)
def test_a_near_key_has_one_slip_of_the_fingers(key, known, meant):
    assert near(key, known) == meant


def test_a_near_key_is_suggested_at_once():
    source = FakeSource([run(State.RUNNING, EARLY)])
    (dead,) = dead_keys(source, ["train/los", "val/loss"], {})
    assert str(dead) == (
        "no run has ever logged 'train/los'; did you mean 'train/loss'?"
    )


@pytest.mark.parametrize("key", ["system/gpu.0.gpu", "_step", "nan/*", "config.lr"])
def test_what_is_no_logged_key_is_not_looked_for(key):
    source = FakeSource([run(State.FINISHED)])
    assert dead_keys(source, [key], {}) == ()
    assert source.asked == 0


def test_a_key_of_a_summary_of_its_own_or_of_none_is_alive():
    source = FakeSource([run(State.FINISHED, ["val/acc.max", "x"])])
    assert dead_keys(source, ["val/acc"], {}) == ()

    class Drawn(FakeSource):
        def curves(
            self, query: Query, _keys: object, _axis: Axis
        ) -> tuple[Curves, ...]:
            series = {"hidden": Series("hidden", [0], [1])}
            return tuple(Curves(one, series) for one in self.runs(query).runs)

    source = Drawn([run(State.FINISHED, ["x"])])
    assert [one.key for one in dead_keys(source, ["hidden", "gone"], {})] == ["gone"]


def test_a_dead_key_is_reported_once_and_an_alive_one_not_looked_for():
    source = FakeSource([run(State.FINISHED, ["loss"])])
    stored: dict[str, str] = {}

    def check(now: float, keys: list[str], *, ended: bool = False) -> list[DeadKey]:
        memory = Memory(stored)
        found = newly_dead(source, keys, {}, {"seen"}, Check(now, memory, ended))
        stored.update({k: v for k, v in memory.changes.items() if v is not None})
        return list(found)

    assert [one.key for one in check(1000, ["gone", "seen", "loss"])] == ["gone"]
    asked = source.asked
    assert check(9000, ["gone", "seen", "loss"]) == []
    assert source.asked == asked
    assert [one.key for one in check(9001, ["other"], ended=True)] == ["other"]
