"""Why runs failed, by value."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from wandbwatch.analysis.failing import Failure, brief, failures, reason
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
        ("all is well\n\n", "exit code 1"),
        (" 5%|# | 3/60 [it/s] error=0.1", "exit code 1"),
        ("an Error: in a sentence\nbye", "an Error: in a sentence"),
        (
            "error: *** JOB 7 CANCELLED DUE TO NODE FAILURE ***\nsaving",
            "error: *** JOB 7 CANCELLED DUE TO NODE FAILURE ***",
        ),
        ("", "exit code 1"),
        (
            '  File "t.py", line 3, in f\n    raise ValueError("no")\nValueError: no',
            "ValueError: no",
        ),
        (
            '[rank0]:   File "t.py", line 3\n[rank0]:     Error: no\n[rank0]: bye',
            "exit code 1",
        ),
        (
            (
                "[rank1]: torch.OutOfMemoryError: CUDA out of memory\n[rank0]: x"
                ".DistBackendError: NCCL error in: x.cpp:1\ny.errors.ChildFailedError: "
            ),
            "torch.OutOfMemoryError: CUDA out of memory",
        ),
        (
            "[rank0]:[E1129 12:00:00.1 X.cpp:616] [Rank 0] operation timeout\nbye",
            "operation timeout",
        ),
        (
            (
                "[rank3]:[E ProcessGroupNCCL.cpp:629] [Rank 3] Watchdog caught"
                " collective operation timeout: WorkNCCL(SeqNum=4)\n"
                "E1130 12:00:00.1 7 x/api.py:826] failed (exitcode: -6) local_rank: 3\n"
                "x.errors.ChildFailedError: \ntrain.py FAILED\n"
                "Root Cause (first observed failure):\n  exitcode  : -6 (pid: 7)"
            ),
            "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=4)",
        ),
        (
            "[rank1]:[E X.cpp:1] [PG ID 0 PG GUID 0(default_pg) Rank 1] timed out",
            "timed out",
        ),
        (
            "Fatal Python error: Segmentation fault\n\nCurrent thread (most recent)",
            "Fatal Python error: Segmentation fault",
        ),
        ("error: no GPU\nx.CalledProcessError: [1]", "error: no GPU"),
        ("Loss is nan, stopping training\nbye", "Loss is nan, stopping training"),
        ("(train pid=77, ip=10.0.0.1) ValueError: no\nbye", "ValueError: no"),
        ("3: KeyError: 'lr'\n1: bye", "KeyError: 'lr'"),
        ("[1,0]<stderr>:OSError: no space", "OSError: no space"),
        ("ConnectionResetError: [Errno 104]", "ConnectionResetError: [Errno 104]"),
        ("ValueError: \x1b[31m" + "x" * 999, "ValueError: [31m" + "x" * 283 + "…"),
    ],
)
def test_the_error_printed_last_is_the_reason(console, why):
    assert reason(RUN, printed(console)) == why


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (replace(RUN, exit_code=None), "failed"),
        (replace(RUN, exit_code=137), "exit code 137 (SIGKILL, often out of memory)"),
        (replace(RUN, state=State.KILLED), "killed"),
        (
            replace(RUN, summary={"train/loss": math.nan, "grad_norm": math.nan}),
            "exit code 1 (train/loss is NaN)",
        ),
        (replace(RUN, state=State.CRASHED), "crashed: no heartbeat"),
    ],
)
def test_without_an_error_the_reason_is_how_the_run_ended(run, why):
    assert reason(run, ()) == why


@pytest.mark.parametrize(
    ("line", "short"),
    [
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "CUDA out of memory",
        ),
        ("pkg.ConfigError: no key 'lr'", "ConfigError: no key 'lr'"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("x" * 99, "x" * 89 + "…"),
        ("error: *** JOB 7 ON n1 CANCELLED DUE TO NODE FAILURE,", "NODE FAILURE"),
        ("error: *** STEP 7.0 CANCELLED AT noon DUE TO TIME LIMIT ***", "TIME LIMIT"),
    ],
)
def test_a_brief_reason_is_the_first_sentence(line, short):
    assert brief(line) == short


def test_reasons_that_differ_in_numbers_are_one():
    runs = [replace(RUN, id=str(i)) for i in range(4)]
    consoles = {str(i): printed(TRACEBACK.format(i)) for i in range(3)}
    consoles["3"] = printed("ValueError: no")
    told = failures(runs, consoles)
    assert [(len(one.runs), one.reason[:10]) for one in told] == [
        (3, "torch.cuda"),
        (1, "ValueError"),
    ]
    assert told[1] == Failure("ValueError: no", (runs[3],))
