"""Whether a training's script can be started: checked before anything is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Plan

_HEAD = 512
_BINARIES = (b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe")
_WITH_PROGRAM = 2
"""Words of ``#!/usr/bin/env PROGRAM``."""


def checked(plan: Plan) -> Plan:
    """Make the paths of *plan* absolute; UsageError if it cannot be started."""
    try:
        here = Path.cwd()
    except OSError as e:
        raise UsageError(
            "the current directory was removed; change to another one"
        ) from e
    workdir = here / Path(plan.workdir or ".").expanduser()
    script = here / Path(plan.script).expanduser()
    environ = {**os.environ, **plan.env}
    path = check(str(script), plan.launcher, workdir, environ)
    if plan.launcher and not script.is_file():
        path = plan.script  # a path on the launcher's machine
    return replace(plan, workdir=str(workdir), script=path)


def check(
    script: str, launcher: Sequence[str], workdir: Path, environ: Mapping[str, str]
) -> str:
    """Return the absolute path of *script*; UsageError if it cannot be started.

    A launcher may start it on another machine, so then only the launcher is checked.
    """
    if not workdir.is_dir():
        raise UsageError(f"{workdir}: no such working directory")
    if not os.access(workdir, os.W_OK):
        raise UsageError(f"{workdir}: not writable, but runs write their files there")
    path = workdir / Path(script).expanduser()
    if launcher:
        _check_program(launcher[0], environ, "launcher")
        return str(path)
    if not path.exists():
        raise UsageError(f"{path}: no such script")
    if not path.is_file():
        raise UsageError(f"{path}: not a file")
    if not os.access(path, os.X_OK):
        raise UsageError(f"{path}: not executable; run chmod +x {path}")
    _check_start(path, environ)
    return str(path)


def _check_start(path: Path, environ: Mapping[str, str]) -> None:
    """Check the first line: the kernel's own error would not say what is wrong."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as e:
        raise UsageError(f"{path}: cannot be read: {e.strerror}") from e
    if head.startswith(_BINARIES):
        return
    if not head.startswith(b"#!"):
        raise UsageError(
            f"{path}: the first line must name an interpreter, such as #!/bin/bash"
        )
    line = head[2:].split(b"\n")[0]
    if line.endswith(b"\r"):
        raise UsageError(f"{path}: has Windows line endings; convert it with dos2unix")
    words = os.fsdecode(line).split()
    if not words or not Path(words[0]).exists():
        name = words[0] if words else "(none)"
        raise UsageError(f"{path}: interpreter {name}: no such program")
    if Path(words[0]).name == "env" and len(words) >= _WITH_PROGRAM:
        program = next(
            (w for w in words[1:] if not w.startswith("-") and "=" not in w), ""
        )
        if program:
            _check_program(program, environ, f"{path}: interpreter")


def _check_program(program: str, environ: Mapping[str, str], what: str) -> None:
    if shutil.which(program, path=environ.get("PATH")) is None:
        raise UsageError(f"{what} {program}: no such program")
