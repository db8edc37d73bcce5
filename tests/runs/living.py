"""A real run whose life a test leads: ``python -m tests.runs.living DIRECTORY ID``.

It is told on stdin, a line each: how many rows to log, ``nan`` for one with a NaN,
``say WORDS`` to print them, ``alert TITLE``, ``exit CODE``. It answers when that is on
disk.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from wandbwatch.experiments.processes import end_tree

import tests

REPOSITORY = Path(tests.__file__).parents[1]


class Living:
    """Such a run from the outside."""

    def __init__(
        self, directory: Path, run_id: str, environ: Mapping[str, str]
    ) -> None:
        """Start it; *environ* says whether it logs online."""
        self.directory, self.id = directory, run_id
        quiet = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.living", str(directory), run_id],
            env={**environ, **quiet, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=directory,
            start_new_session=True,
        )
        self._answer("begun")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()

    def tell(self, words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        self._answer("done")

    def exit(self, code: int = 0) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"exit {code}\n")
        self._process.stdin.flush()
        self._process.wait()

    def kill(self) -> None:
        """Kill it with all that belongs to it, as kill -9 or the OOM killer do."""
        end_tree(self._process.pid)
        self._process.wait()

    @property
    def file(self) -> Path:
        """Return the newest file that it writes to."""
        return max(self.directory.glob(f"wandb/*/run-{self.id}.wandb"))

    def _answer(self, word: str) -> None:
        assert self._process.stdout
        while not (line := self._process.stdout.readline()).startswith(word):
            assert line, "it died"


def live(directory: str, run_id: str) -> None:
    import wandb  # noqa: PLC0415 -- Living, too, is in this module

    from tests.runs.write import SOON  # noqa: PLC0415

    run = wandb.init(
        entity="acme",
        project="gpt",
        dir=directory,
        id=run_id,
        name=f"life of {run_id}",
        group="lives",
        config={"lr": 0.1},
        settings=wandb.Settings(
            # A flush comes with the next record, so there is to be one soon.
            console="wrap",
            **SOON,
            x_stats_sampling_interval=0.1,
        ),
    )
    say("begun")
    for number, line in enumerate(sys.stdin):
        mark = f"mark{number}"
        match line.split(maxsplit=1):
            case ["nan"]:
                run.log({"loss": math.nan, mark: 1})
            case ["say", words]:
                sys.stdout.write(words)
                mark = words.strip()
            case ["alert", words]:
                run.alert(words.strip(), "raised by the code")
                mark = words.strip()
            case ["exit", code]:
                run.finish(int(code))
                sys.exit(int(code))
            case _:
                for row in range(int(line)):
                    run.log({"loss": 1 / (row + 1)})
                run.log({mark: 1})
        (file,) = Path(run.dir).parent.glob("*.wandb")
        while mark.encode() not in file.read_bytes():
            time.sleep(0.01)
        say("done")


def say(words: str) -> None:
    assert sys.__stdout__
    sys.__stdout__.write(f"{words}\n")
    sys.__stdout__.flush()


if __name__ == "__main__":
    live(*sys.argv[1:])
