"""What must stay quick never imports what is slow."""

from __future__ import annotations

import subprocess
import sys

import pytest
from wandbwatch import plugins

from tests.runs.synthetic import write_long

HEAVY = {"wandb", "matplotlib", "discord_webhook", "plotext", "pydantic", "requests"}


def imported(*words: str) -> set[str]:
    code = (
        "import sys; from wandbwatch.cli import main; main.answer(sys.argv[1:]);"
        "print('MODULES', *sys.modules)"
    )
    return modules(code, *words)


def modules(code: str, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["fly"],
        ["project", "--help"],
        ["project", "--nope"],
        ["project", "--topk", "-1"],
        ["/summary", "filters:a"],
    ],
)
def test_help_and_usage_errors_import_nothing_heavy(words):
    assert not HEAVY & imported(*words)


LIGHT = {
    "wandbwatch.cli": {"main", "output", "grammar"},
    "wandbwatch.cli.grammar": {"app", "command", "typer_patches"},
    "wandbwatch.config": {"redaction"},
    "wandbwatch.model": {"errors"},
    "wandbwatch": {"cli", "commands", "config", "model", "plugins"},
}
"""Our own modules that help may import, by package: all of them are quick."""


def test_help_imports_only_our_light_modules():
    names = {f"{package}.{name}" for package in LIGHT for name in LIGHT[package]}
    ours = {name for name in imported("--help") if name.startswith("wandbwatch.")}
    assert ours == names | {"wandbwatch.cli.operations"}


FOR_HELP = LIGHT | {
    "wandbwatch.cli": {*LIGHT["wandbwatch.cli"], "demo", "operations", "watchfile"},
    "wandbwatch.cli.grammar": {*LIGHT["wandbwatch.cli.grammar"], "lists"},
    "wandbwatch.commands.events": {"kinds"},
    "wandbwatch.commands.image": {"parse"},
    "wandbwatch.model": {"address", "errors", "ports"},
    "wandbwatch": {*LIGHT["wandbwatch"], "options"},
}
"""Our own modules that the help of a command may import beside its own one."""
INTERNAL = {"keep", "worker"}


def test_help_of_a_command_imports_only_our_light_modules():
    light = {f"{package}.{name}" for package in FOR_HELP for name in FOR_HELP[package]}
    code = (
        "import sys; from wandbwatch import plugins; from wandbwatch.cli import main;"
        "main.answer(['--help']); [plugins.load(*a.split(':')) for a in sys.argv[1:]];"
        "print('MODULES', *sys.modules)"
    )
    wanted = {
        (package, name)
        for package in ("wandbwatch.commands", "wandbwatch.cli.operations")
        for name in set(plugins.names(package)) - INTERNAL
    }
    seen = modules(code, *(f"{package}:{name}" for package, name in wanted))
    own = {f"{package}.{name}" for package, name in wanted}
    ours = {name for name in seen if name.startswith("wandbwatch.")}
    assert ours <= light | own


@pytest.mark.parametrize("output", ["terminal", "plain", "json"])
@pytest.mark.parametrize("command", ["summary", "project"])
def test_a_local_answer_imports_nothing_heavy(command, output, tmp_path):
    file = write_long(tmp_path / "run-a.wandb", 3, keys=1)
    seen = imported(command, str(file), "-o", output)
    assert "wandbwatch.sources.local.source" in seen
    assert not HEAVY & seen


def test_check_imports_no_runs(tmp_path):
    (tmp_path / "watch.toml").write_text(
        '[channels.a]\nwebhook = { env = "HOOK" }\n'
        '[[subscriptions]]\nname = "x"\nchannel = "a"\ncron = "0 9 * * *"\n'
        'commands = ["project acme/gpt"]\n'
    )
    seen = imported("check", str(tmp_path / "watch.toml"))
    assert "wandbwatch.config.load" in seen
    slow = {"wandbwatch.model.run", "wandbwatch.model.report", "croniter", "json"}
    assert not (HEAVY | slow) & seen
