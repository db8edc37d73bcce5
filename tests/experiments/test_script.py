"""Each mistake before a start is one line, and starts nothing."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("head", "mode", "why"),
    [
        ("#!/bin/bash\n", 0o644, "not executable; run chmod +x"),
        ("#!/no/such/bash\n", 0o755, "interpreter /no/such/bash: no such program"),
        ("#!/usr/bin/env nobash\n", 0o755, "interpreter nobash: no such program"),
        ("#!/bin/bash\r\n", 0o755, "has Windows line endings"),
        ("echo\n", 0o755, "the first line must name an interpreter"),
        ("", 0o755, "the first line must name an interpreter"),
    ],
)
def test_a_script_that_cannot_start_is_refused(bench, head, mode, why):
    bench.script("", head=head).chmod(mode)
    done = bench.run("experiment", "--script", "./run.sh")
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not bench.experiments()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--script", "./none.sh"], "no such script"),
        (["--script", "."], "not a file"),
        (["{", "--script", "./run.sh"], "parameters:1:2: Expecting property name"),
        (["[1]", "--script", "./run.sh"], "object"),
        ([], "nothing to start: add --script PATH"),
    ],
)
def test_wrong_words_start_nothing(bench, words, why):
    bench.script("")
    done = bench.run("experiment", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not bench.experiments()
