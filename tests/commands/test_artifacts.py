"""Artifacts as an answer."""

from __future__ import annotations

from dataclasses import replace

from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.model.media import Artifact, Artifacts
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.renderers.discord import render

from tests.fakes import NOW, FakeSource, fake_env
from tests.renderers.discord.reading import complaints

MODEL = Artifact(
    *("policy", "model", "v3", ("best", "latest"), 12_345_678, 2, NOW),
    url="https://wandb.ai/acme/gpt/artifacts/model/policy/v3",
    run="a1",
)
DATA = Artifact("rollouts", "dataset", "v0", used=True, run="a1")
OWN = Artifact("run-a1-t", "run_table", "v0", run="a1")


def answer(found: Artifacts, words: str = "") -> Report:
    env = fake_env(FakeSource(artifacts=found))
    (report,) = grammar.parse(f"artifacts acme/gpt {words}", env).reports
    return report


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


def names(report: Report) -> list[str]:
    tables = (block for block in report.blocks if isinstance(block, Table))
    return [str(row[0]) for table in tables for row in table.rows]


def test_logged_and_used_without_the_sdks_own():
    report = answer(Artifacts((MODEL, DATA, OWN), left_out=4))
    assert names(report) == ["policy", "rollouts"]
    assert notes(report) == [
        "1 of the SDK's own is left out; --types run_table lists them",
        "4 older versions are left out",
    ]


def test_only_some_types():
    found = Artifacts((MODEL, DATA, OWN))
    assert names(answer(found, "--types 'run_*'")) == ["run-a1-t"]
    assert notes(answer(found, "--types modle,model")) == [
        "no artifact is of type 'modle'; there are: dataset, model, run_table"
    ]


def test_none_and_what_the_source_can_not_know():
    report = answer(Artifacts((), unknown="ask W&B"))
    assert notes(report) == ["no artifacts here yet", "ask W&B"]


def test_a_person_reads_sizes_and_a_program_bytes():
    report = answer(Artifacts((MODEL, replace(DATA, run="b2"))))
    seen = {
        output: "\n".join(
            plugins.load("wandbwatch.renderers", output)([report], Screen())
        )
        for output in ("terminal", "plain", "csv", "json")
    }
    assert "12.3 MB" in seen["terminal"]
    for output in ("plain", "csv", "json"):
        assert "12345678" in seen[output]
    assert "b2" in seen["csv"]


def test_hostile_names_are_posted_within_the_limits():
    nasty = replace(MODEL, name="@everyone `x` \x1b[31m" * 40, aliases=("**a**",) * 50)
    messages = render([answer(Artifacts((nasty,) * 40))])
    assert [complaints(message) for message in messages] == [[]] * len(messages)
