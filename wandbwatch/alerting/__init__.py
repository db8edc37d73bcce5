"""Alerts: which runs are looked at, what is told of them, and what is remembered."""

from __future__ import annotations

from wandbwatch.alerting.backtest import Trial, backtest
from wandbwatch.alerting.cards import reports
from wandbwatch.alerting.looking import Question, Seen, look, look_back, look_once
from wandbwatch.alerting.remembered import Remembered
from wandbwatch.alerting.showing import present, tried
from wandbwatch.alerting.ticking import Told, tick

__all__ = ["Question", "Remembered", "Seen", "Told", "Trial", "backtest", "look"]
__all__ += ["look_back", "look_once", "present", "reports", "tick", "tried"]
