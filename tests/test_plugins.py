from __future__ import annotations

import inspect

import pytest
from wandbwatch import plugins
from wandbwatch.cli.grammar.app import COMMANDS, OPERATIONS
from wandbwatch.model.errors import ConfigError

EVERY = [(p, n) for p in (COMMANDS, OPERATIONS) for n in plugins.names(p)]


@pytest.mark.parametrize(("package", "name"), EVERY)
def test_what_a_command_says_of_itself_is_read_without_importing_it(package, name):
    described = plugins.described(package, name)
    told = inspect.getdoc(plugins.load(package, name)) or ""
    assert described == told.partition("\n")[0]
    assert described.endswith(".")


def test_a_plugin_that_is_missing_is_reported_with_those_that_are():
    with pytest.raises(ConfigError, match=r"unknown operation 'fly'; known: .*login"):
        plugins.load(OPERATIONS, "fly")
