"""What `alert … --then` does, when, and what it says about it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import NetworkError, UsageError
from wandbwatch.model.experiment import Phase
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Note, Report
from wandbwatch.model.run import Run, State

from tests.commands.alert.watching import MINUTE, Logged, run
from tests.fakes import NOW, fake_env

NAN = math.nan


class Ours:
    """One experiment, number 7, of the run a; or none."""

    def __init__(self, *, phase: Phase | None = None) -> None:
        self.phase = phase
        self.asked: list[str] = []

    def of_run(self, run_id: str) -> Any:
        if self.phase is None or run_id != "a":
            return None
        plan = SimpleNamespace(name="gpt")
        return SimpleNamespace(id=7, phase=self.phase, plan=plan)

    def stop(self, words: Sequence[str]) -> None:
        self.asked.append(f"stop {words[0]}")

    def retry(self, words: Sequence[str]) -> Any:
        self.asked.append(f"retry {words[0]}")
        return [SimpleNamespace(id=8, plan=SimpleNamespace(name="gpt"))]


class Line:
    """A line of a subscription, which acts after each round as a job lets it."""

    def __init__(self, line: str, ours: Ours | None = None) -> None:
        self.line = line
        self.ours = ours or Ours()
        self.kept: dict[str, str] = {}
        self.claims: set[str] = set()
        self.minutes = 0
        self.stopped: list[str] = []
        self.executed: list[tuple[tuple[str, ...], Any]] = []
        self.code = 0
        self.dry = self.killed = False
        self.error: Exception | None = None

    def look(
        self, *values: float, every: float = 1, silent: float = 0, **changes: Any
    ) -> tuple[list[Report], list[Report]]:
        """Return what it reports, and what it reports on having acted."""
        self.minutes += every  # type: ignore[assignment]
        self.now = NOW + self.minutes * MINUTE
        beat = self.now - timedelta(minutes=silent)
        one = replace(run("a"), heartbeat=beat, **changes)
        memory = Memory(dict(self.kept))
        reports = list(grammar.parse(self.line, self.env(one, values, memory)).reports)
        self._keep(memory)
        later: list[Report] = []
        if not self.killed:
            for work in memory.afterwards:
                again = Memory(dict(self.kept), claims=self._claim)
                later += work(again)
                self._keep(again)
        return reports, later

    def env(self, one: Run, values: Sequence[float], memory: Memory) -> Any:
        source = Logged([one], {"a": values})
        source.stop = self._stop  # type: ignore[method-assign]
        return replace(
            fake_env(source),
            memory=memory,
            now=lambda: self.now,
            experiments=lambda: self.ours,  # type: ignore[arg-type,return-value]
            execute=self._execute,
            rehearsing=self.dry,
        )

    def _keep(self, memory: Memory) -> None:
        for key, value in memory.changes.items():
            if value is None:
                self.kept.pop(key, None)
                self.claims.discard(key)
            else:
                self.kept[key] = value

    def _claim(self, key: str) -> bool:
        fresh = key not in self.claims
        self.claims.add(key)
        return fresh

    def _stop(self, run_id: str) -> None:
        if self.error:
            raise self.error
        self.stopped.append(run_id)

    def _execute(self, command: Sequence[str], stdin: str) -> tuple[int, str]:
        self.executed.append((tuple(command), json.loads(stdin)))
        if self.error:
            raise self.error
        return self.code, "ok"


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


STOP = "alert me/p --when 'nan(x)' --then stop"


def test_a_run_is_stopped_once_and_the_message_says_what_undoes_it():
    line = Line(STOP)
    assert line.look(1) == ([], [])
    (fired,), (acted,) = line.look(1, NAN, NAN, NAN)
    assert notes(fired)[1] == "doing: stop"
    assert line.stopped == ["a"]
    assert acted.title == "name of a: stopping it (me/p/a)"
    assert acted.headline == "name of a: stopping it (nan(x))"
    assert (acted.level, acted.event) == (Level.INFO, True)
    assert notes(acted) == [
        "asked W&B to stop the run; its script ends within a minute",
        'undo: starting its script with wandb.init(id="a", resume="must") continues it',
        "nan(x) (x is NaN)",
    ]
    assert line.look(1, NAN, NAN, NAN, NAN) == ([], [])
    assert line.stopped == ["a"]


def test_an_alert_that_flaps_is_acted_on_once():
    line = Line("alert me/p --when 'x > 5' --for 0s --then stop")
    line.look(1)
    for values in ([1, 9], [1, 9, 1], [1, 9, 1, 9]):
        line.look(*values)
    assert line.stopped == ["a"]


def test_a_nan_that_the_run_gets_over_stops_nothing():
    line = Line(STOP)
    line.look(1)
    (fired,), acted = line.look(1, NAN)
    assert notes(fired)[1] == "not done yet (stop): the run may get over it"
    line.look(1, NAN, 1)
    assert (acted, line.stopped) == ([], [])
    line.look(1, NAN, 1, NAN)
    _, (acted_later,) = line.look(1, NAN, 1, NAN, NAN, NAN)
    assert (line.stopped, acted_later.level) == (["a"], Level.INFO)


def test_for_0s_acts_on_the_first_value():
    line = Line(f"{STOP} --for 0s")
    line.look(1)
    line.look(1, NAN)
    assert line.stopped == ["a"]


def test_what_the_first_check_finds_is_never_acted_on():
    line = Line(STOP)
    (fired,), acted = line.look(NAN, NAN, NAN, NAN)
    assert notes(fired)[1] == "not done (stop): the first check found it so"
    line.look(NAN, NAN, NAN, NAN, NAN)
    assert (acted, line.stopped) == ([], [])


def test_nothing_is_done_at_the_first_check_after_an_outage():
    line = Line(STOP)
    line.look(1)
    line.look(1)
    (fired,), _ = line.look(1, NAN, NAN, NAN, every=30)
    assert notes(fired)[1] == "not done yet (stop): the check before was 30m 00s ago"
    assert line.stopped == []
    line.look(1, NAN, NAN, NAN, NAN)
    assert line.stopped == ["a"]


def test_a_list_that_runs_each_hour_acts():
    line = Line(STOP)
    line.look(1, every=60)
    line.look(1, every=60)
    line.look(1, NAN, NAN, NAN, every=60)
    assert line.stopped == ["a"]


def test_a_run_without_a_heartbeat_is_not_stopped():
    line = Line("alert me/p --when 'stalled(30m)' --then stop")
    line.look(1)
    for _ in range(300):
        reports, _ = line.look(1, silent=line.minutes + 1)
        for report in reports:
            assert "no heartbeat for 30m" in notes(report)[1]
    assert line.stopped == []


def test_a_long_pause_does_not_stop_a_run_and_a_hang_does():
    line = Line("alert me/p --when 'stalled(30m)' --then stop")
    line.look(1)
    values = [1.0] * 10
    for minute in range(1, 83):
        line.look(*values[: minute + 1])
        assert line.stopped == []
    line.look(*values)
    assert line.stopped == ["a"]


def test_a_dry_run_says_what_it_would_do():
    line = Line(STOP)
    line.look(1)
    line.dry = True
    (fired,), acted = line.look(1, NAN, NAN, NAN)
    assert notes(fired)[1] == "dry run; would do: stop"
    assert (acted, line.stopped) == ([], [])


def test_a_terminal_and_a_backtest_do_nothing():
    line = Line(STOP)
    line.now = NOW
    env = replace(line.env(run("a"), [NAN] * 4, Memory()), memory=None)
    for more in ("", " --backtest"):
        assert list(grammar.parse(STOP + more, env).reports)
    assert line.stopped == []


def test_a_stop_that_fails_is_bad_news_and_is_not_repeated():
    line = Line(STOP)
    line.look(1)
    line.error = NetworkError("W&B says: permission denied")
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    assert acted.title == "name of a: could not be stopped (me/p/a)"
    assert acted.level is Level.BAD
    assert notes(acted)[0] == "W&B says: permission denied"
    line.error = None
    assert line.look(1, NAN, NAN, NAN, NAN) == ([], [])


def test_the_run_of_an_experiment_is_stopped_through_it():
    line = Line(STOP, Ours(phase=Phase.RUNNING))
    line.look(1)
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    assert (line.ours.asked, line.stopped) == (["stop 7"], [])
    assert notes(acted)[:2] == [
        "stopping experiment 7 (gpt)",
        "undo: `wandbwatch retry 7` starts it again",
    ]


def test_a_retry_ends_the_experiment_first():
    line = Line(STOP.replace("stop", "retry"), Ours(phase=Phase.RUNNING))
    line.look(1)
    assert line.look(1, NAN, NAN, NAN)[1] == []
    assert line.look(1, NAN, NAN, NAN)[1] == []
    assert line.ours.asked == ["stop 7"]
    line.ours.phase = Phase.STOPPED
    _, (acted,) = line.look(1, NAN, NAN, NAN, state=State.KILLED)
    assert line.ours.asked == ["stop 7", "retry 7"]
    assert acted.title == "name of a: retried (me/p/a)"
    assert notes(acted)[:2] == [
        "experiment 8 (gpt) retries experiment 7",
        "undo: `wandbwatch stop 8` stops it",
    ]


def test_a_retry_needs_an_experiment_of_ours_and_is_itself_not_retried():
    line = Line(STOP.replace("stop", "retry"))
    line.look(1)
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    assert notes(acted)[0] == "not retried: no experiment of wandbwatch made this run"
    line = Line(STOP.replace("stop", "retry"), Ours(phase=Phase.FAILED))
    line.look(1)
    line.kept["actions"] = line.kept["actions"].replace("[]]", "[7]]")
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    assert notes(acted)[0] == "not retried: experiment 7 is a retry already"
    assert line.ours.asked == []


EXEC = "alert me/p --when 'nan(x)' --then 'exec page \"Ann B\" $HOME;true'"


def test_a_command_gets_the_alert_as_json_and_no_shell():
    line = Line(EXEC)
    line.look(1)
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    ((command, alert),) = line.executed
    assert command == ("page", "Ann B", "$HOME;true")
    assert alert == {
        "rule": "nan(x)",
        "why": "x is NaN",
        "since": "2026-01-01T12:02:00+00:00",
        "fired": "2026-01-01T12:02:00+00:00",
        "run": {
            "entity": "me",
            "project": "p",
            "id": "a",
            "name": "name of a",
            "group": "",
            "state": "running",
            "step": 3,
            "url": "https://w.example/me/p/runs/a",
        },
        "action": 'exec page "Ann B" $HOME;true',
    }
    assert acted.title == "name of a: command finished (me/p/a)"
    assert notes(acted)[0] == "exit code 0: ok"


def test_a_command_that_fails_is_bad_news():
    line = Line(EXEC)
    line.code = 3
    line.look(1)
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    assert (acted.level, notes(acted)[0]) == (Level.BAD, "exit code 3: ok")


def test_a_command_starts_at_most_once_whenever_we_are_killed():
    line = Line(EXEC)
    line.look(1)
    line.killed = True  # once the round is stored
    line.look(1, NAN, NAN, NAN)
    assert line.executed == []
    line.killed = False
    line.error = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):  # while the command runs
        line.look(1, NAN, NAN, NAN)
    line.error = None
    _, (acted,) = line.look(1, NAN, NAN, NAN)
    assert len(line.executed) == 1
    assert notes(acted)[0] == (
        "wandbwatch was killed while it did this: it may be done or not;"
        " it is not started again"
    )
    assert line.look(1, NAN, NAN, NAN) == ([], [])


def test_a_stop_that_a_kill_prevented_is_made_up_for_soon_or_reported():
    line = Line(STOP)
    line.look(1)
    line.killed = True
    line.look(1, NAN, NAN, NAN)
    line.killed = False
    line.look(1, NAN, NAN, NAN)
    assert line.stopped == ["a"]
    line = Line(STOP)
    line.look(1)
    line.killed = True
    line.look(1, NAN, NAN, NAN)
    line.killed = False
    _, (acted,) = line.look(1, NAN, NAN, NAN, every=20)
    assert notes(acted)[0] == "not done: it was decided 20m 00s ago"
    assert line.stopped == []


def test_a_stop_that_a_kill_prevented_is_forgotten_once_the_rule_no_longer_holds():
    line = Line(STOP)
    line.look(1)
    line.killed = True
    line.look(1, NAN, NAN, NAN)
    line.killed = False
    line.look(1, NAN, NAN, NAN, 1)
    assert line.stopped == []


def test_the_rule_of_a_run_that_has_ended_starts_a_command_and_stops_nothing():
    line = Line("alert me/p --when 'nan(x)' --then stop --then 'exec page'")
    line.look(1)
    (fired,), _ = line.look(1, NAN, NAN, NAN, state=State.FAILED)
    assert notes(fired)[1] == "doing: exec page"
    assert (line.stopped, len(line.executed)) == ([], 1)


def test_each_of_several_projects_has_actions_of_its_own():
    line = Line(EXEC.replace("me/p", "me/p me/q"))
    line.look(1)
    line.look(1, NAN, NAN, NAN)
    line.look(1, NAN, NAN, NAN, NAN)
    assert len(line.executed) == 2
    assert line.claims == set()


@pytest.mark.parametrize("action", ["halt", "stop now", "exec", "exec 'a", ""])
def test_check_refuses_an_action_that_is_none(action):
    with pytest.raises(UsageError):
        grammar.parse(
            f'alert me/p --when "nan(x)" --then "{action}"', fake_env(Logged([], {}))
        )
