"""What a first watch.toml needs to know: taken from options, asked, or assumed."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable

import typer

from wandbwatch.cli import grammar
from wandbwatch.cli.watchfile.options import interval
from wandbwatch.config import values
from wandbwatch.config import webhook as webhooks
from wandbwatch.formatting.times import parse_positive_duration
from wandbwatch.model.channel import Secret, SecretKind
from wandbwatch.model.errors import UsageError, WandbwatchError
from wandbwatch.model.ports import Env

_VARIABLE = "WANDBWATCH_WEBHOOK"
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

Ask = Callable[[str, str, Callable[[str], object]], str]
"""Asks a question with a default until a check takes the answer."""


def on_terminal(question: str, default: str, check: Callable[[str], object]) -> str:
    def read(text: str) -> str:
        try:
            check(text.strip())
        except (WandbwatchError, ValueError) as e:
            raise typer.BadParameter(str(e)) from e
        return text.strip()

    answer: str = typer.prompt(question, default=default, value_proc=read)
    return answer


def nobody(_question: str, default: str, _check: Callable[[str], object]) -> str:
    return default


def name(option: str, given: str) -> str:
    """Return the name that *option* gave; UsageError for one that is none."""
    try:
        return values.name(given)
    except ValueError as e:
        raise UsageError(f"{option}: {e}") from e


def webhook(variable: str | None, credential: str | None, ask: Ask) -> Secret:
    """Return where the webhook's URL is; UsageError."""
    if credential is not None:
        if variable is not None:
            raise UsageError("the URL is in either --webhook-env or --credential")
        return Secret(SecretKind.CREDENTIAL, name("--credential", credential))
    if variable is None:
        question = "The variable that holds the webhook's URL, or the URL"
        answer = ask(question, _VARIABLE, _check_webhook)
        return Secret(SecretKind.PLAIN if "://" in answer else SecretKind.ENV, answer)
    if not _NAME.fullmatch(variable):
        raise UsageError("--webhook-env: the name of a variable, not what it holds")
    return Secret(SecretKind.ENV, variable)


def _check_webhook(text: str) -> None:
    if "://" in text:
        webhooks.read(text)
    elif not _NAME.fullmatch(text):
        raise ValueError("neither the name of a variable nor a URL")


def project(given: str | None, ask: Ask, env: Env) -> str:
    """Return the line that lists a project's runs."""

    def line(address: str) -> str:
        return f"project {shlex.quote(address)} --topk 5"

    entity = os.environ.get("WANDB_ENTITY") or "entity"
    default = f"{entity}/{os.environ.get('WANDB_PROJECT') or 'project'}"
    question = "Whose runs to list (ENTITY/PROJECT)"
    asked = given or ask(question, default, lambda text: grammar.parse(line(text), env))
    return line(asked)


def when(cron: str | None, span: str | None, default: str, ask: Ask) -> tuple[str, str]:
    """Return ``cron`` or ``interval``, and what it says."""
    if cron is not None and span is not None:
        raise UsageError("say when with either --cron or --interval")
    if span is not None:
        return ("interval", span)
    if cron is not None:
        return ("cron", cron)
    question = "When (cron, @hourly or 60m)"
    return _when(ask(question, default, _when))


def _when(text: str) -> tuple[str, str]:
    text = interval(text)
    try:
        parse_positive_duration(text)
    except ValueError:
        values.cron(text)
        return ("cron", text)
    return ("interval", text)
