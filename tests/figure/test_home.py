from __future__ import annotations

import re
from pathlib import Path

import wandbwatch

PACKAGE = Path(wandbwatch.__file__).parent
DRAWS = re.compile(
    r"^\s*(?:import|from) (?:matplotlib|mpl_toolkits|numpy|PIL)\b", re.MULTILINE
)


def test_what_draws_is_imported_at_home_alone():
    importers = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if DRAWS.search(path.read_text(encoding="utf-8"))
    }
    assert importers == {"figure"}
