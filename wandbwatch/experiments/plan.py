"""The plans of the trainings that one command line asks for, checked before a start."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path, PurePath

from wandbwatch.experiments import launchers
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.hyperparameters import Search, expand, parse
from wandbwatch.hyperparameters.objects import Object
from wandbwatch.hyperparameters.parse import Read, is_parameters
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import RETRYABLE, ExperimentConfig, Plan

Configs = Callable[[], Mapping[str, ExperimentConfig]]
"""Returns the experiments of watch.toml by name; ConfigError."""
_RUN_ID = re.compile(r"[^/\\#?%:\s\x00-\x1f]{1,128}")


@dataclass(frozen=True)
class Request:
    """The words and options of ``wandbwatch experiment``; None: not given."""

    words: Sequence[str] = ()
    script: str | None = None
    launcher: str | None = None
    search: Search = field(default_factory=Search)
    jobs: int | None = None
    channel: str | None = None
    timeout: timedelta | None = None
    retries: int | None = None
    best: str | None = None
    entity: str | None = None
    project: str | None = None
    group: str | None = None
    run_id: str | None = None
    retry_on: str | None = None
    gpus: str | None = None
    gpus_per_run: int | None = None


@dataclass(frozen=True)
class PlanSet:
    plans: tuple[Plan, ...]
    """In the order of their starts."""
    parameters: tuple[Object, ...]
    """Of each plan."""
    jobs: int
    seed: int | None = None
    """The seed of the random samples, if there are any."""


@dataclass(frozen=True)
class RandomSource:
    """Random values for what the user leaves open."""

    seed: Callable[[], int]
    run_id: Callable[[], str]


def make_plans(
    request: Request, configs: Configs, read: Read, random: RandomSource
) -> PlanSet:
    """Plan everything that *request* asks for. UsageError if any of it is invalid.

    Options override the settings of ``[experiments.NAME]``.
    """
    config, words = _config(request, configs)
    parsed = parse(words, read)
    sets = expand(parsed, request.search, config.schema, random.seed)
    _check_run_id(request.run_id, len(sets.texts))
    plan = _plan(request, config)
    _check_gpus(plan)
    sweep = parsed.sweep
    plan = replace(
        plan,
        best=plan.best or sweep.best,
        project=plan.project or sweep.project,
        entity=plan.entity or sweep.entity,
    )
    preset = random.run_id if config.one_run else str
    plans = tuple(
        replace(plan, argument=text, run_id=request.run_id or preset())
        for text in sets.texts
    )
    jobs = request.jobs or config.jobs
    if plan.gpus and not request.jobs:
        jobs = len(plan.gpus) // plan.gpus_per_run
    return PlanSet(plans, sets.values, jobs, sets.seed)


def _gpus(request: Request) -> tuple[int, ...]:
    if request.gpus is None:
        if request.gpus_per_run:
            raise UsageError("--gpus-per-run needs --gpus, such as --gpus 0-7")
        return ()
    try:
        return read_gpus(request.gpus)
    except ValueError as e:
        raise UsageError(f"--gpus {e}") from e


def read_gpus(text: str) -> tuple[int, ...]:
    """Read ``0-3,6``. ValueError."""
    found: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise ValueError(f"{text!r} is not a list of GPUs such as 0-3 or 0,2")
        found += range(int(low), int(high or low) + 1)
    if len(set(found)) < len(found) or not found:
        raise ValueError(f"{text!r}: names a GPU twice, or none")
    return tuple(found)


def _check_gpus(plan: Plan) -> None:
    if plan.launcher and plan.gpus and launchers.has_engine(plan.launcher):
        raise UsageError(
            "--gpus is for trainings of this machine; ask the launcher for GPUs, as in"
            " 'sbatch --gres=gpu:1'"
        )
    if plan.gpus and plan.gpus_per_run > len(plan.gpus):
        raise UsageError(
            f"--gpus-per-run {plan.gpus_per_run}: --gpus names only {len(plan.gpus)}"
        )


def _check_run_id(run_id: str | None, count: int) -> None:
    if run_id is None:
        return
    if count > 1:
        raise UsageError(f"--id names one run, but there are {count} trainings")
    if not _RUN_ID.fullmatch(run_id):
        what = r"a run id has no spaces and none of / \ # ? % :"
        raise UsageError(f"--id {run_id[:80]!r}: {what}")


def _config(
    request: Request, configs: Configs
) -> tuple[ExperimentConfig, Sequence[str]]:
    """Return the experiment's settings and the words that are its parameters."""
    words = list(request.words)
    name = words.pop(0) if words and not is_parameters(words[0]) else None
    for word in words:
        if not is_parameters(word):
            raise UsageError(f"{word[:80]!r} is not a parameter: write KEY=VALUE")
    if request.script is not None:
        stem = PurePath(request.script).stem
        return ExperimentConfig(
            name or stem or "experiment", request.script, workdir=""
        ), words
    if name is None:
        raise UsageError(
            "nothing to start: add --script PATH, or the NAME of an experiment in"
            " watch.toml"
        )
    if name.startswith((".", "/", "~")):
        raise UsageError(
            f"{name[:80]!r} is not the name of an experiment; write"
            f" --script {name[:80]} to start a script"
        )
    return _named(name, configs()), words


def _named(name: str, configs: Mapping[str, ExperimentConfig]) -> ExperimentConfig:
    if name in configs:
        return configs[name]
    known = ", ".join(configs) or "no [experiments.NAME]"
    hint = did_you_mean(name, configs) or f"; it has {known}"
    raise UsageError(f"watch.toml has no experiment {name[:80]!r}{hint}")


def _plan(request: Request, config: ExperimentConfig) -> Plan:
    timeout = request.timeout or config.timeout
    return Plan(
        config.name,
        config.script,
        argument="",
        workdir=config.workdir,
        launcher=_words(request.launcher) if request.launcher else config.launcher,
        env=config.env,
        channel=request.channel or config.channel,
        timeout=timeout.total_seconds() if timeout else None,
        retries=config.retries if request.retries is None else request.retries,
        best=request.best or config.best,
        entity=request.entity or config.entity,
        project=request.project or config.project,
        group=request.group or config.group,
        retry_on=_causes(request.retry_on),
        gpus=_gpus(request),
        gpus_per_run=request.gpus_per_run or 1,
        configured=request.script is None,
    )


def _causes(text: str | None) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",")) if text else ()
    for word in words:
        if word not in RETRYABLE:
            known = ", ".join(RETRYABLE)
            raise UsageError(f"--retry-on {word[:80]!r}: use {known}")
    return words


def _words(launcher: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(launcher))
    except ValueError as e:
        raise UsageError(f"--launcher {launcher[:80]!r}: {e}") from e
    if not any(words):
        raise UsageError("--launcher is empty: name a program")
    return words


_HEAD = 512
_BINARIES = (b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe")
_WITH_PROGRAM = 2
"""Words of ``#!/usr/bin/env PROGRAM``."""


def with_checked_script(plan: Plan) -> Plan:
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
    path = check_script(str(script), plan.launcher, workdir, environ)
    if plan.launcher and not script.is_file():
        path = plan.script  # a path on the launcher's machine
    return replace(plan, workdir=str(workdir), script=path)


def check_script(
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
