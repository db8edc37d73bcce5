"""Alerts: which runs are looked at, what is told of them, and what is remembered."""

from __future__ import annotations

from wandbwatch.commands.alert.backtest import Trial, backtest
from wandbwatch.commands.alert.cards import reports
from wandbwatch.commands.alert.looking import Question, Seen, look, look_back, look_once
from wandbwatch.commands.alert.remembered import Remembered
from wandbwatch.commands.alert.showing import present, tried
from wandbwatch.commands.alert.ticking import Told, tick

__all__ = ["Question", "Remembered", "Seen", "Told", "Trial", "backtest", "look"]
__all__ += ["look_back", "look_once", "present", "reports", "tick", "tried"]
