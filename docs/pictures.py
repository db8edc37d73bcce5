"""Draw README's pictures again, from the demo's runs: `python docs/pictures.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 112
PROGRAM = (sys.executable, "-m", "wandbwatch")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        runs = Path(directory)
        subprocess.run([*PROGRAM, "demo", "--dir", runs], check=True)  # noqa: S603
        (failed,) = runs.glob("wandb/*-m4xw81ce")
        (runs / "wandb" / "latest-run").unlink()
        (runs / "wandb" / "latest-run").symlink_to(failed.name)
        columns = "train/loss,val/accuracy,config.lr"
        draw(
            runs,
            ["project", "--keys", columns],
            ["summary", "./wandb/latest-run", "--keys", "train,val"],
            ["image", "--keys", "train/loss", "--out", "pictures"],
        )
        picture = runs / "pictures" / "train_loss.png"
        shutil.copy(picture, HERE / "plot.png")
    golden = HERE.parent / "tests" / "plots" / "golden"
    shutil.copy(golden / "heatmap.png", HERE / "heatmap.png")


def draw(runs: Path, *lines: list[str]) -> None:
    """Save what a terminal shows for *lines* as an SVG."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    for line in lines:
        console.print(Text(f"$ wandbwatch {' '.join(line)}", style="bold"))
        answer = subprocess.run(  # noqa: S603
            [*PROGRAM, "-o", "terminal", *line],
            cwd=runs,
            env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        console.print(Text.from_ansi(answer))
    drawn = console.export_svg(title="wandbwatch")
    picture = "".join(f"{line.rstrip()}\n" for line in drawn.splitlines())
    (HERE / "terminal.svg").write_text(picture)


if __name__ == "__main__":
    main()
