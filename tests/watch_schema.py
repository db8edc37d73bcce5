"""The JSON schema of watch.toml as it is shipped; `python -m tests.renew` writes it.

A setting's description is its comment in watch.toml.example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from wandbwatch.config import json_schema

ROOT = Path(__file__).parents[1]
FILE = ROOT / "wandbwatch" / "config" / "watch.schema.json"
_TABLE = re.compile(r"\[+(\w+)[\w.]*\]+")
_SETTING = re.compile(r"(\w+) = .*?  # (.+)")
_CONTINUED = re.compile(r" +# (.+)")


def text() -> str:
    """Return the schema as it is shipped."""
    schema = json_schema.schema()
    for table, key, said in comments((ROOT / "watch.toml.example").read_text()):
        one = schema["properties"][table]
        one = one.get("items") or one.get("additionalProperties") or one
        if key in one["properties"]:
            one["properties"][key]["description"] = said
    return json.dumps(schema, indent=1) + "\n"


def comments(example: str) -> Iterator[tuple[str, str, str]]:
    """Find the comment beside each setting, as (table, setting, comment)."""
    table, key, said = "", "", ""
    for line in (*example.splitlines(), ""):
        if key and (more := _CONTINUED.fullmatch(line)):
            said += f" {more[1]}"
            continue
        if key:
            yield table, key, said
        found = _SETTING.match(line)
        key, said = (found[1], found[2]) if found else ("", "")
        if one := _TABLE.match(line):
            table = one[1]
