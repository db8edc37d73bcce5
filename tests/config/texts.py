"""A small watch.toml to make wrong, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from wandbwatch.config.load import Config, ConfigFile, parse
from wandbwatch.model.errors import ConfigError, UsageError
from wandbwatch.model.experiment import ExperimentConfig

HOOK = "https://discord.com/api/webhooks/123456789012345678/s3cr3t-T0ken_x"
FILTRES = "summary: No such option: --filtres; did you mean --filters"
RESEARCH = "did you mean 'research'?"
FORMS = "a string or one of { env = … }, { file = … }, { credential = … }"
MORE = "; also *, */5, 1-4 and 1,3"
SPANS = "'5' is not a duration such as 90s, 1h30m or 2d"
SMALL = f"""\
[channels.research]
webhook = "{HOOK}"

[[subscriptions]]
name = "hourly"
channel = "research"
cron = "@hourly"
commands = ["project a/b"]
"""


def check(line: str, experiments: Mapping[str, ExperimentConfig]) -> None:
    del experiments
    if "--filtres" in line:
        raise UsageError(FILTRES)


def read(text: str, **about: object) -> Config:
    return parse(text, ConfigFile(**about), check)  # type: ignore[arg-type]


def complaints(text: str, **about: object) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as error:
        read(text, **about)
    assert error.value.exit_code == 78
    assert "s3cr3t" not in str(error.value)
    return error.value.complaints


def with_channel(settings: str) -> str:
    return SMALL.replace(f'webhook = "{HOOK}"', settings)


def with_subscription(settings: str) -> str:
    return SMALL + settings + "\n"
