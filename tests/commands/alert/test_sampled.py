"""An alert never fires or resolves on a random sample of a run's rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.commands.alert.evaluate import backtest, evaluate
from wandbwatch.commands.alert.fetch import Question, look, look_back
from wandbwatch.commands.alert.memory import AlertMemory, Timing, Turn
from wandbwatch.commands.alert.rules import Facts, judge, parse
from wandbwatch.model.address import Cloud
from wandbwatch.model.run import Series
from wandbwatch.sources.cloud import plugin, session, wandb_core

from tests.servers.wandb import Run


def facts(exact: float, key: str = "loss") -> Facts:
    """Return a run with a row each ten seconds; from *exact* on all of them."""
    xs = [float(x) for x in range(0, 1000, 10)]
    ys = [1.0] * 90 + [9.0] * 10
    return Facts(0.0, {key: Series(key, xs, ys, sampled=True, exact=exact)})


@pytest.mark.parametrize(
    ("rule", "exact", "holds"),
    [
        ("latest(loss) > 5", 990.0, True),
        ("latest(loss) > 5", math.inf, None),
        ("mean(loss, 50s) > 5", 900.0, True),
        ("mean(loss, 50s) > 5", 980.0, None),
        ("mean(loss, 5) < 5", 950.0, False),
        ("mean(loss, 50) < 5", 950.0, None),
        ("plateau(loss, 200s)", 800.0, None),
        ("latest(loss) > 5 or mean(loss, 500s) > 5", 990.0, True),
        ("latest(loss) > 5 and mean(loss, 500s) > 5", 990.0, None),
        ("stalled(10s)", math.inf, None),
    ],
)
def test_what_rests_on_a_sample_is_unknown(rule, exact, holds):
    key = "_step" if "stalled" in rule else "loss"
    result = judge(parse(rule), facts(exact, key), 995.0)
    assert result.holds is holds
    assert ("approximate" in result.why) is (holds is None)


def test_a_sample_of_system_metrics_may_fire_but_not_resolve():
    known = facts(math.inf, "system/cpu")
    assert judge(parse("mean('system/cpu', 50s) > 5"), known, 995.0).holds is True
    assert judge(parse("mean('system/cpu', 50s) > 99"), known, 995.0).holds is None


LONG = 100_000
NOW = datetime(2026, 1, 3, tzinfo=UTC)
BEGAN = NOW.timestamp() - LONG


@pytest.fixture
def source(wandb_server):
    """Serve a run of a row a second: one value in it is high for a second."""
    wandb_core.kill()
    session.forget()
    rows = [
        {"_step": i, "_timestamp": BEGAN + i, "loss": 9.0 if i == 60_000 else 1.0}
        for i in range(LONG)
    ]
    beat, created = NOW.isoformat(), datetime.fromtimestamp(BEGAN, UTC).isoformat()
    run = Run("abc", state="running", rows=rows, heartbeat_at=beat, created_at=created)
    wandb_server.store.add(run)
    yield plugin(Cloud("acme", "gpt", "abc"))
    wandb_core.kill()
    session.forget()


def test_live_and_backtest_agree_on_a_long_run(source):
    rule = parse("max(loss, 12h) > 5")
    question = Question((rule,), named=True)
    (seen,) = look(source, question, None, NOW)
    assert judge(rule, seen.facts, seen.at).holds is True
    sent, _ = evaluate(None, [seen], (rule,), Timing(0), NOW.timestamp())
    assert [one.turn for one in sent] == [Turn.FIRING]
    since = NOW - timedelta(hours=20)
    (past,) = look_back(source, question, since, NOW)
    trial = backtest([past], (rule,), Timing(0), since.timestamp(), 60.0)
    fired = [at for at, one in trial.sent if one.turn is Turn.FIRING]
    assert len(fired) == 1
    assert 0 <= fired[0] - (BEGAN + 60_000) < 60
    short = parse("max(loss, 10m) > 5")
    trial = backtest([past], (short,), Timing(0), since.timestamp(), 60.0)
    assert [one.turn for _, one in trial.sent] == [Turn.FIRING, Turn.RESOLVED]


def test_a_firing_alert_stays_when_only_a_sample_is_there(source):
    rule = parse("latest(loss) > 0")
    (seen,) = look(source, Question((rule,), named=True), None, NOW)
    _, memory = evaluate(None, [seen], (rule,), Timing(0), NOW.timestamp())
    far = parse("mean(loss, 10000) > 99")
    (wide,) = look(source, Question((far,), named=True), AlertMemory(0.0), NOW)
    assert judge(far, wide.facts, wide.at).holds is False
    assert memory.runs["abc"].held[rule.text].fired
