"""Fixtures that every test directory may use."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings
from wandbwatch.config import redaction

from tests.delivery.outbox.opening import opened
from tests.runs.fixtures import _running, local_runs, running_run
from tests.runs.media_fixtures import _media_run, media_run
from tests.servers.discord.fixtures import discord_server
from tests.servers.wandb.fixtures import _wandb_server, log_run, wandb_server

__all__ = [
    "_media_run",
    "_no_cache_of_ours",
    "_no_secrets_of_other_tests",
    "_running",
    "_wandb_server",
    "discord_server",
    "local_runs",
    "log_run",
    "media_run",
    "opened",
    "running_run",
    "wandb_server",
]

# A busy machine is no failure: no example is timed. The same tree has the same
# examples, so a failure comes back; --hypothesis-profile=explore looks for new ones.
UNTIMED = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],
)
settings.register_profile("wandbwatch", UNTIMED, derandomize=True)
settings.register_profile("explore", UNTIMED, max_examples=1_000)
settings.load_profile("wandbwatch")

# Some machines say so: each of a thousand processes would compile the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell's background jobs, and all that they start, ignore Ctrl-C; tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch):
    monkeypatch.setattr(redaction, "_secrets", set())


@pytest.fixture(autouse=True)
def _no_cache_of_ours(monkeypatch, tmp_path_factory):
    """What is kept of runs is not kept beside that of the one who runs the tests.

    By systemd's variable: with another XDG_CACHE_HOME, matplotlib would list the
    machine's fonts again in each process.
    """
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("CACHE_DIRECTORY", str(cache))


def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than cores: tests wait for servers and processes of theirs."""
    return len(os.sched_getaffinity(0)) + 2
