from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.cli.demo import TRAININGS
from wandbwatch.cli.output import dry_run, run_line
from wandbwatch.model.errors import WandbwatchError
from wandbwatch.model.ports import Env

if TYPE_CHECKING:
    from rich.console import Console


def demo(
    ctx: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            parser=Path,
            metavar="DIR",
            help="Where to write the runs; default: a new temporary directory.",
        ),
    ] = None,
) -> int:
    """Log three short runs with the real SDK and report on them. No account needed."""
    from rich.console import Console

    env: Env = ctx.obj
    runs = _directory(directory)
    say = Console(stderr=True, highlight=False, soft_wrap=True)
    _train(runs, say)
    codes = [_answer(env, words, say) for words in _lines(runs)]
    say.print(f"\n$ wandbwatch digest {runs} --to research --dry-run", style="bold")
    typer.echo(_would_post(env, runs))
    path = "" if shutil.which("wandbwatch") else UNKNOWN
    end = NEXT.format(runs=runs, path=path.format(bin=Path(sys.executable).parent))
    say.print(end, markup=False)
    return max(codes)


NEXT = """
The runs and pictures are in {runs}; delete it when you are done.
{path}
Your own runs: `wandbwatch project` in a directory with a wandb/ in it, or, in W&B,
`wandbwatch project ENTITY/PROJECT` after `wandbwatch login`.

Your own project in a Discord channel, with the URL of a webhook (the channel's
settings, Integrations, Webhooks):
  export WANDBWATCH_WEBHOOK=URL
  wandbwatch init    # asks for the project; writes watch.toml
  wandbwatch run     # posts once; `wandbwatch daemon` does it on schedule"""

UNKNOWN = """
Your shell cannot find `wandbwatch` yet. Run:
  export PATH="{bin}:$PATH"
"""


def _would_post(env: Env, runs: Path) -> str:
    """Draw a digest of the demo as a channel would show it."""
    line = grammar.read(("digest", str(runs)), env)
    reports = list(line.reports) if isinstance(line, grammar.ParsedLine) else []
    messages = plugins.load("wandbwatch.renderers", "discord")(reports)
    return "\n".join(
        dry_run(
            {
                "channel": "research",
                "payload": {"username": "wandbwatch", **json.loads(message.body)},
                "files": [file.name for file in message.files],
            },
            "terminal",
        )
        for message in messages
    )


def _directory(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="wandbwatch-demo-"))
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise WandbwatchError(f"{wanted}: {e.strerror}; --dir names another") from e
    return wanted


def _train(runs: Path, say: Console) -> None:
    """Run all trainings in parallel and wait for them."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(finished_text="✓"), TextColumn("{task.description}")
    with Progress(*columns, TimeElapsedColumn(), console=say) as progress:
        started = [
            (name, _start(name, runs), progress.add_task(f"training {name}", total=1))
            for name in TRAININGS
        ]
        for name, training, task in started:
            _, complaint = training.communicate()
            progress.update(task, completed=1)
            if not any(runs.glob(f"wandb/*-{TRAININGS[name].id}/*.wandb")):
                last = (complaint.strip().splitlines() or ["no output"])[-1]
                raise WandbwatchError(f"{runs}: wandb wrote no run here: {last}")


def _start(name: str, runs: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 -- our own script
        [sys.executable, "-m", "wandbwatch.cli.demo", name],
        env=_environment(os.environ, runs),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _environment(environ: Mapping[str, str], runs: Path) -> dict[str, str]:
    """Isolate the trainings from the user's account, settings and directories."""
    ours = {k: v for k, v in environ.items() if not k.startswith("WANDB_")}
    return ours | {
        "WANDB_DIR": str(runs),
        "WANDB_CACHE_DIR": str(runs / ".cache"),
        "WANDB_CONFIG_DIR": str(runs / ".config"),
        "WANDB_ERROR_REPORTING": "false",
    }


def _lines(runs: Path) -> Sequence[Sequence[str]]:
    keys = "train/loss,val/loss"
    run = next(runs.glob(f"wandb/*-{TRAININGS['wild-goose'].id}"))
    return (
        ("project", str(runs), "--keys", "train/loss,val/accuracy,config.lr"),
        ("summary", str(run), "--keys", "Charts,train,val"),
        ("image", str(runs), "--keys", keys, "--out", str(runs / "pictures")),
    )


def _answer(env: Env, words: Sequence[str], say: Console) -> int:
    say.print(f"\n$ wandbwatch {shlex.join(words)}", style="bold", markup=False)
    return run_line(lambda: grammar.read(words, env))


plugin = demo
