from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.formatting.text import fitted, shared_part, short_names, width

SEEDS = [f"resnet50_imagenet_bs256_seed{i}_ema2" for i in (3, 4, 12)]


@pytest.mark.parametrize(
    ("names", "short", "shared"),
    [
        (SEEDS, ["seed3", "seed4", "seed12"], "resnet50_imagenet_bs256_…_ema2"),
        (["calm-sea-1", "calm-sea-2"], ["calm-sea-1", "calm-sea-2"], ""),
        (SEEDS[:1], SEEDS[:1], ""),
        ([*SEEDS, "x"], [*SEEDS, "x"], ""),
        (
            ["a/b/lr=0.1 wd=0.01 seed=1", "a/b/lr=0.3 wd=0.01 seed=1"],
            ["lr=0.1", "lr=0.3"],
            "a/b/… wd=0.01 seed=1",
        ),
        (
            ["a_long_name_of_a_run", "a_long_name_of_a_run_x"],
            ["run", "run_x"],
            "a_long_name_of_a_…",
        ),
        (
            [":smile: x", "another long name: y"],
            [":smile: x", "another long name: y"],
            "",
        ),
        ([], [], ""),
    ],
)
def test_runs_are_called_by_what_differs(names, short, shared):
    assert list(short_names(names).values()) == short
    assert shared_part(names) == shared


def test_a_number_with_an_exponent_is_not_parted():
    names = [f"llama-125m-lr{i}e-4-bs64-warmup-seed1" for i in (1, 3)]
    assert list(short_names(names).values()) == ["lr1e-4", "lr3e-4"]


@given(st.lists(st.text(max_size=60), max_size=5))
def test_short_names_stay_different(names):
    short = short_names(names)
    assert len(set(short.values())) == len(short) == len(set(names))


GRID = [f"lr{i}.09e-05-bs{32 * i}-wd0.{i}-ema-seed{5 * i}" for i in (1, 2, 3)]
HASH = "9a8b7c6d5e4f3a2b1c0d"


@pytest.mark.parametrize(
    ("names", "cut"),
    [
        (["calm-sea-1"], ["calm-sea-1"]),
        (GRID, [f"lr{i}.09e-05-bs{32 * i}-wd…seed{5 * i}" for i in (1, 2, 3)]),
        (
            [f"media/images/gt_{i}_{HASH}.png" for i in (7, 100)],
            ["media/…gt_7_9a8b….png", "media/…gt_100_9a8b….png"],
        ),
        (
            ["a_rather_long_folder/config.yaml", "another_long_folder/config.yaml"],
            ["a_rather_…config.yaml", "another_…config.yaml"],
        ),
        (
            ["ppo-halfcheetah-v4__ppo_continuous_action__1__1764450012", "x"],
            ["ppo-halfcheet…__1764450012", "x"],
        ),
        (["強化学習-エージェント-長い名前の実験"], ["強化学習-エ…長い名前の実験"]),
        ([f"{'a' * 30}{i}{'b' * 30}" for i in (1, 2)], None),
    ],
)
def test_a_long_name_is_cut_where_it_says_least(names, cut):
    assert list(fitted(names, 26).values()) == (cut or names)


@given(st.lists(st.text(max_size=60), max_size=5), st.integers(0, 40))
def test_cut_names_stay_different_and_are_never_longer(names, room):
    found = fitted(names, room)
    assert len(set(found.values())) == len(found) == len(set(names))
    assert all(width(cut) <= max(width(name), room) for name, cut in found.items())
