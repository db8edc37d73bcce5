"""What each output makes of the examples, kept as files beside this one.

``python -m tests.renderers.golden`` writes them anew; read the difference before
you commit it.
"""

from __future__ import annotations

from pathlib import Path

from wandbwatch import plugins
from wandbwatch.model.ports import Screen

from tests.fakes import NOW
from tests.renderers.examples import CHARTS, IMAGE, PROJECT, SUMMARY

KEPT = Path(__file__).parent / "golden"
CASES = {
    **{f"terminal-{w}.txt": ("terminal", Screen(w, now=NOW)) for w in (40, 80, 200)},
    "plain.txt": ("plain", Screen()),
    "document.json": ("json", Screen()),
    "lines.jsonl": ("jsonl", Screen()),
    "data.csv": ("csv", Screen()),
}


def made(name: str) -> str:
    output, screen = CASES[name]
    shown = (PROJECT, SUMMARY, IMAGE, CHARTS)
    render = plugins.load("wandbwatch.renderers", output)
    return "".join(f"{text}\n" for text in render(shown, screen))


def kept(name: str) -> str:
    return (KEPT / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    for case in CASES:
        (KEPT / case).write_text(made(case), encoding="utf-8", newline="\n")
