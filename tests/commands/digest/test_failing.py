"""Why runs failed, by value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from wandbwatch.commands.digest.failing import Failure, failures, reason
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Printed

RUN = Run("a", "a", State.FAILED, exit_code=1)
TRACEBACK = """epoch 3
Traceback (most recent call last):
  File "train.py", line 3, in <module>
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate {}.00 GiB
wandb: Find logs at: wandb/run-1/logs
"""


def printed(text: str) -> list[Printed]:
    return [Printed(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("console", "why"),
    [
        (TRACEBACK.format(2), TRACEBACK.format(2).splitlines()[3]),
        ("KeyboardInterrupt\nbye", "KeyboardInterrupt"),
        ("ok\nSegmentation fault (core dumped)", "Segmentation fault (core dumped)"),
        ("all is well\n\n", "exit code 1: all is well"),
        ("an Error: in a sentence", "exit code 1: an Error: in a sentence"),
        ("", "exit code 1"),
        ("ValueError: \x1b[31m" + "x" * 999, "ValueError: [31m" + "x" * 283 + "…"),
    ],
)
def test_the_error_printed_last_is_the_reason(console, why):
    assert reason(RUN, printed(console)) == why


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (replace(RUN, exit_code=None), "failed"),
        (replace(RUN, state=State.KILLED), "killed"),
        (replace(RUN, state=State.CRASHED), "crashed: no heartbeat"),
    ],
)
def test_without_a_word_of_it_its_end_has_to_do(run, why):
    assert reason(run, ()) == why


def test_numbers_do_not_part_one_reason():
    runs = [replace(RUN, id=str(i)) for i in range(4)]
    consoles = {str(i): printed(TRACEBACK.format(i)) for i in range(3)}
    consoles["3"] = printed("ValueError: no")
    told = failures(runs, consoles)
    assert [(len(one.runs), one.reason[:10]) for one in told] == [
        (3, "torch.cuda"),
        (1, "ValueError"),
    ]
    assert told[1] == Failure("ValueError: no", (runs[3],))
