"""The JSON schema of watch.toml, made by the code that reads the file.

Each reader of a table runs once on a `_Recorder`, which answers that nothing is set and
writes down what it was asked for. So an editor knows each setting that `check` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from wandbwatch.config.channels import account, channel, settings
from wandbwatch.config.complaints import Complaints
from wandbwatch.config.experiments import experiment, parameter_rule
from wandbwatch.config.keep import keep
from wandbwatch.config.subscriptions import Around, subscription
from wandbwatch.config.table import TomlTable
from wandbwatch.model.channel import Secret, SecretKind

T = TypeVar("T")
JsonSchema = dict[str, Any]

_HERE = Path()
_TYPES: Mapping[type, JsonSchema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    list: {"type": "array"},
    dict: {"type": "object"},
}
_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_SECRET = {
    "anyOf": [
        _TEXT,
        *(
            {
                "type": "object",
                "properties": {kind.value: _TEXT},
                "required": [kind.value],
                "additionalProperties": False,
            }
            for kind in SecretKind
            if kind is not SecretKind.PLAIN
        ),
    ]
}


class _Recorder(TomlTable):
    """A table without any value that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__((), {}, Complaints("", {}, {}))
        self.properties: dict[str, JsonSchema] = {}
        self._required: list[str] = []

    def table(self) -> JsonSchema:
        """Return the schema of the table."""
        return {
            "type": "object",
            "properties": self.properties,
            "required": self._required,
            "additionalProperties": False,
        }

    def value(self, key: str) -> object:
        self.properties.setdefault(key, {})
        return None

    def of(self, kind: type[T], key: str) -> T | None:
        self.properties[key] = dict(_TYPES[kind])
        return None

    def read(self, key: str, reader: Callable[[str], T]) -> T | None:
        known = getattr(reader, "choices", None)
        self.properties[key] = {"enum": list(known)} if known else {"type": "string"}
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        self.properties[key] = dict(_TEXTS)
        return ()

    def required(self, *keys: str) -> None:
        self._required += keys

    def secret(self, key: str, base: Path) -> Secret | None:
        del base
        self.properties[key] = dict(_SECRET)
        return None


def schema() -> JsonSchema:
    """Return the schema as JSON values, in the words of draft 7."""
    named = {
        "channels": _table(lambda t: channel(t, "NAME", _HERE)),
        "accounts": _table(lambda t: account(t, "NAME", _HERE)),
        "experiments": _table(lambda t: experiment(t, "NAME", _HERE, ())),
    }
    around = Around((), (), "UTC", None)
    subscriptions = _table(lambda t: subscription(t, around))
    _refine(named, subscriptions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "watch.toml",
        "type": "object",
        "properties": {
            "timezone": {"type": "string"},
            **{name: _named(one) for name, one in named.items()},
            "subscriptions": {"type": "array", "items": subscriptions},
            "daemon": _table(lambda t: settings(t, _HERE)),
            "keep": _table(keep),
        },
        "additionalProperties": False,
        "definitions": {"parameter": _parameter()},
    }


def _table(read: Callable[[TomlTable], object]) -> JsonSchema:
    recorder = _Recorder()
    read(recorder)
    return recorder.table()


def _named(one: JsonSchema) -> JsonSchema:
    return {"type": "object", "additionalProperties": one}


def _refine(named: Mapping[str, JsonSchema], subscriptions: JsonSchema) -> None:
    """Say of some settings what a reader does not ask of its table."""
    named["channels"]["properties"]["thread_id"]["type"] = ["string", "integer"]
    parameters = {"$ref": "#/definitions/parameter"}
    variables = {"type": ["string", "number"]}
    experiments = named["experiments"]["properties"]
    experiments["schema"]["additionalProperties"] = parameters
    experiments["env"]["additionalProperties"] = variables
    commands = subscriptions["properties"]["commands"]
    commands |= {"items": _TEXT, "minItems": 1}


def _parameter() -> JsonSchema:
    """Return the rule of a parameter: its type alone, a table, or tables below it."""
    rule = _table(parameter_rule)
    rule["properties"] |= {"min": {"type": "number"}, "max": {"type": "number"}}
    group = {"$ref": "#/definitions/parameter"}
    below = {"type": "object", "additionalProperties": group}
    return {"anyOf": [rule["properties"]["type"], rule, below]}
