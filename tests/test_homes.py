"""Each library that we build on has one home, wherever in a file it is imported."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import pytest
import wandbwatch

PACKAGE = Path(wandbwatch.__file__).parent


@pytest.mark.parametrize(
    ("libraries", "homes"),
    [
        ({"wandb", "wandb_gql", "wandb_graphql"}, {"sources/cloud", "cli/demo.py"}),
        ({"matplotlib", "mpl_toolkits", "PIL", "fontTools"}, {"plots"}),
        ({"numpy"}, {"plots", "sources/local/large"}),
        ({"plotext"}, {"renderers/terminal"}),
        ({"discord_webhook"}, {"delivery/discord"}),
        ({"croniter"}, {"config"}),
    ],
)
def test_a_library_is_imported_at_home_alone(libraries, homes):
    found = {
        next((home for home in homes if name.startswith(f"{home}/")), name)
        for name, imports in imported()
        if imports & libraries
    }
    assert found == homes


def test_local_runs_are_read_with_the_standard_library_and_large_ones_with_numpy():
    ours, large = sys.stdlib_module_names | {"wandbwatch"}, "sources/local/large/"
    foreign = {
        name: imports - ours
        for name, imports in imported()
        if name.startswith("sources/local/") and imports - ours
        if not (name.startswith(large) and imports - ours == {"numpy"})
    }
    config_yaml = {"sources/local/beside.py": {"yaml"}}
    assert foreign == config_yaml, (
        "the SDK writes YAML beside a run, and brings its reader"
    )


@cache
def imported() -> tuple[tuple[str, set[str]], ...]:
    """Return each file of the package with the top-level modules that it imports."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module or "")
        name = path.relative_to(PACKAGE).as_posix()
        found.append((name, {module.partition(".")[0] for module in modules}))
    return tuple(found)
