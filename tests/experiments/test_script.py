"""Nothing is started that can't be, and one line says why."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("head", "mode", "why"),
    [
        ("#!/bin/bash\n", 0o644, "not executable; chmod +x it"),
        ("#!/no/such/bash\n", 0o755, "its interpreter /no/such/bash does not exist"),
        ("#!/usr/bin/env nobash\n", 0o755, "it is run by nobash: no such program"),
        ("#!/bin/bash\r\n", 0o755, "has Windows line endings"),
        ("echo\n", 0o755, "has no interpreter line"),
        ("", 0o755, "has no interpreter line"),
    ],
)
def test_a_script_that_can_not_be_started(bench, head, mode, why):
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
        ([], "nothing to start: --script PATH"),
    ],
)
def test_words_that_start_nothing(bench, words, why):
    bench.script("")
    done = bench.run("experiment", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not bench.experiments()
