from __future__ import annotations

import os

import pytest
from wandbwatch.sources.cloud.wandb_core import bound, prepared


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        *[(None, 60), ("5", 5), ("0.5", 0.5)],
        *[(odd, 60) for odd in ("", "soon", "0", "-1", "nan", "inf")],
    ],
)
def test_the_bound_is_a_minute_or_what_the_user_says(monkeypatch, told, seconds):
    if told is not None:
        monkeypatch.setenv("WANDBWATCH_TIMEOUT", told)
    assert bound() == seconds


def test_an_attempt_may_take_the_whole_bound(monkeypatch):
    monkeypatch.setenv("WANDBWATCH_TIMEOUT", "120")
    with prepared():
        assert os.environ["WANDB_X_GRAPHQL_TIMEOUT_SECONDS"] == "120"
        assert os.environ["WANDB_X_GRAPHQL_RETRY_MAX"] == "1"
        assert os.environ["WANDB_ERROR_REPORTING"] == "false"


def test_what_the_user_set_stays(monkeypatch):
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "33")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "true")
    monkeypatch.setenv("WANDB_DIR", "/data")
    with prepared():
        assert "WANDB_X_GRAPHQL_TIMEOUT_SECONDS" not in os.environ
        assert os.environ["WANDB_ERROR_REPORTING"] == "true"
        assert os.environ["WANDB_DIR"] == "/data"


def test_everything_is_put_back(monkeypatch):
    monkeypatch.setenv("WANDB_CACHE_DIR", "/mine")
    monkeypatch.setenv("WANDB_DIR", "/mine")
    before = dict(os.environ)
    with prepared(private_runs=True):
        assert os.environ["WANDB_CACHE_DIR"] != "/mine"
        assert os.environ["WANDB_DIR"] != "/mine"
        os.environ["WANDB_SERVICE"] = "a sidecar of ours"
    assert dict(os.environ) == before
