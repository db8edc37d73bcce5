"""What a mute covers, and how its end is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.cli.grammar import app
from wandbwatch.delivery.mutes import FLAGS, Mute, MuteKind, Mutes, ended
from wandbwatch.delivery.outbox import Queue, Store
from wandbwatch.model.delivery import Origin
from wandbwatch.model.settings import Cron, Subscription

from tests.delivery.outbox.messages import NOON, Clock, head, text

HOUR = timedelta(hours=1)
ALERT = "alert acme/gpt --when 'train/loss > 5' --when 'nan(x)'"


def mute(target: str, kind: MuteKind = MuteKind.ADDRESS) -> Mute:
    return Mute(target, kind, NOON, NOON + 6 * HOUR, channels=("lab",))


@pytest.mark.parametrize(
    ("target", "line", "runs", "covered"),
    [
        ("acme/gpt", "project acme/gpt --topk 5", (), True),
        ("acme/gpt", "summary acme/gpt/abc", (), True),
        ("acme/gpt", "/summary run:acme/gpt/abc filters:a,b", (), True),
        ("acme/gpt", "project https://wandb.ai/acme/gpt", (), True),
        ("https://wandb.ai/acme/gpt", "project acme/gpt", (), True),
        ("acme/gpt", "project acme/gpt2", (), False),
        ("acme/gpt", "project other/gpt", (), False),
        ("acme/gpt/abc", "events acme/gpt", ("abc",), True),
        ("acme/gpt/abc", "events acme/gpt", ("abc", "def"), False),
        ("acme/gpt/abc", "events acme/gpt", (), False),
        ("acme/gpt/abc", "events acme/other", ("abc",), False),
        ("acme/gpt/abc", "summary acme/gpt/abc", (), True),
        ("/srv/runs", "project /srv/runs", (), True),
        ("/srv", "project /srv/runs", (), True),
        ("/srv/runs/run-20260101_000000-abc", "events /srv/runs", ("abc",), True),
        ("/srv/runs", "project /srv/runs2", (), False),
        ("./wandb", "events", (), True),
        ("./wandb", "events --greet --best val/loss:min", (), True),
        (".", "image --keys=val/loss", (), True),
        ("./wandb", "events --greet acme/gpt", (), False),
        ("./wandb", "project acme/gpt --topk 5", (), False),
        ("./wandb", "experiment lr=1 --script ./run.sh", (), False),
        ("acme/gpt", "events", (), False),
    ],
)
def test_an_address_covers_what_is_below_it(target, line, runs, covered):
    assert mute(target).covers("gpt", line, Origin(runs=runs)) is covered


def test_the_options_without_a_value_are_known():
    listed = app.listed()
    commands = [listed.get_command(None, name) for name in listed.list_commands(None)]
    flags = [one for c in commands for one in c.params if getattr(one, "is_flag", 0)]
    assert {name for one in flags for name in one.opts} == FLAGS


def test_a_rule_covers_its_own_alerts_only():
    muted = mute("train/loss>5", MuteKind.RULE)
    assert muted.covers("gpt", ALERT, Origin(rules=("train/loss > 5",)))
    assert not muted.covers("gpt", ALERT, Origin(rules=("nan(x)",)))
    assert not muted.covers("gpt", ALERT, Origin())


def test_a_mute_touches_the_lists_that_it_can_keep_back():
    list_ = Subscription("gpt", "lab", Cron("0 * * * *"), (ALERT,))
    assert mute("gpt", MuteKind.LIST).touches(list_)
    assert mute("nan( x )", MuteKind.RULE).touches(list_)
    assert mute("acme/gpt/abc").touches(list_)
    assert not mute("gpt2", MuteKind.LIST).touches(list_)
    assert not mute("acme/other").touches(list_)
    assert not mute("acme/gpt", MuteKind.RULE).touches(list_)
    bare = replace(list_, commands=("events",))
    assert not mute("nan(x)", MuteKind.RULE).touches(bare)
    assert not mute("acme/gpt").touches(bare)


def test_its_end_lists_what_was_not_posted():
    titles = [f"run_{i} failed" for i in range(12)]
    first, second, *_ = ended(mute("acme/gpt"), titles, NOON + 9 * HOUR).splitlines()
    assert first == (
        "wandbwatch: acme/gpt is no longer muted (it was for 6h 00m);"
        " not posted: 12 messages"
    )
    assert second == "• run\\_0 failed"
    assert "2 more: `wandbwatch history`" in ended(mute("a/b"), titles, NOON)
    often = ["acme/gpt"] * 300 + ["owl failed"]  # a list each minute hides no news
    assert ended(mute("a/b"), often, NOON).splitlines()[1:] == [
        "• acme/gpt (300 times)",
        "• owl failed",
    ]
    assert len(ended(mute("x" * 999), ["*" * 999] * 12, NOON)) < 2000 * 2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path, opened, clock) -> Store:
    store: Store = opened(tmp_path, clock.now)
    return store


def test_a_mute_ends_by_its_time_and_is_reported_once(store, clock):
    mutes = Mutes(store)
    mutes.begin(mute("acme/gpt"))
    clock.at += 6 * HOUR - timedelta(seconds=1)
    assert mutes.end_due() == ()
    assert mutes.active()
    clock.at += timedelta(seconds=1)
    assert mutes.active() == ()
    assert len(mutes.end_due()) == 1
    assert mutes.end_due() == mutes.all() == ()
    assert text(head(store)).startswith("wandbwatch: acme/gpt is no longer muted")
    assert json.loads(head(store).queued.message.body)["allowed_mentions"] == {
        "parse": []
    }


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_mute_lasts_as_long_whatever_the_clock_does(store, clock, days):
    mutes = Mutes(store)
    mutes.begin(mute("acme/gpt"))
    by = timedelta(days=days)
    clock.at += HOUR + by
    mutes.shift(by, clock.at)
    Queue(store).rebase()
    left = mutes.all()[0].until - clock.at
    assert left in (5 * HOUR, 6 * HOUR)
    assert mutes.active()
