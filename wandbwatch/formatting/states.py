"""A run's state as a mark and a word, so that neither colour nor mark is needed."""

from __future__ import annotations

from wandbwatch.model.run import State

MARKS = {
    State.PENDING: "◦",
    State.RUNNING: "▸",
    State.FINISHED: "✓",
    State.FAILED: "✗",
    State.CRASHED: "✘",
    State.KILLED: "⊘",
    State.PREEMPTING: "⇣",
    State.PREEMPTED: "⇣",
    State.UNKNOWN: "?",
}
"""One cell wide in every terminal, and none that a font draws as an emoji."""


def state(value: State) -> str:
    return f"{MARKS[value]} {value.value}"
