"""The examples as messages, kept beside this file.

``python -m tests.renderers.discord.golden`` writes them anew; look at them in Discord,
or read the difference, before you commit it.
"""

from __future__ import annotations

import json
from pathlib import Path

from wandbwatch.model.cell import Level
from wandbwatch.model.report import Note, Report
from wandbwatch.renderers.discord import render

from tests.renderers.discord.pictures import png
from tests.renderers.examples import CHARTS, IMAGE, PROJECT, SUMMARY

KEPT = Path(__file__).parent / "golden"
_FAILURE = Report("failure", "summary acme/gpt/x", (Note("no such run"),), Level.BAD)
CASES = {
    "project": (PROJECT,),
    "summary": (SUMMARY,),
    "image": (IMAGE,),
    "charts": (CHARTS,),
    "list": (PROJECT, _FAILURE, SUMMARY, IMAGE),
}


def made(name: str) -> str:
    messages = [
        {"body": json.loads(m.body), "files": [file.name for file in m.files]}
        for m in render(CASES[name], png)
    ]
    return json.dumps(messages, indent=2, ensure_ascii=False) + "\n"


def kept(name: str) -> str:
    return (KEPT / f"{name}.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    for case in CASES:
        (KEPT / f"{case}.json").write_text(made(case), encoding="utf-8", newline="\n")
