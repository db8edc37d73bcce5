from __future__ import annotations

import pytest
from wandbwatch.sources.cloud import wandb_core

FORGE, OLDER = "api.forge.coreweave.com", "api.wandb.ai"


@pytest.mark.parametrize(
    ("saved_for", "asked_for", "found"),
    [
        (FORGE, FORGE, True),
        (OLDER, FORGE, True),
        (FORGE, OLDER, True),
        (FORGE, "wandb.mine.example", False),
        ("wandb.mine.example", FORGE, False),
        ("wandb.mine.example:8080", "wandb.mine.example:8080", True),
        ("wandb.mine.example", "wandb.mine.example:8080", False),
    ],
)
def test_a_key_is_found_for_its_own_server(
    saved_for, asked_for, found, tmp_path, monkeypatch
):
    path = tmp_path / "netrc"
    path.write_text(f"machine {saved_for}\n  login user\n  password k\n")
    monkeypatch.setenv("NETRC", str(path))
    assert wandb_core.netrc_key(f"https://{asked_for}") == ("k" if found else None)


def test_one_deployment_has_two_names():
    forge, older = f"https://{FORGE}", f"https://{OLDER}/"
    assert wandb_core.same_deployment(forge, older)
    assert not wandb_core.same_deployment(forge, "https://wandb.mine.example")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://wandb.corp", "https://api.wandb.corp", True),
        ("https://app.corp.io/", "https://api.corp.io", True),
        ("https://api.wandb.ai", "https://api.forge.coreweave.com", True),
        ("https://wandb.corp", "https://wandb.other", False),
        ("https://wandb.corp/a", "https://api.wandb.corp/b", False),
    ],
)
def test_the_pages_of_a_server_are_its_own(one, other, same):
    assert wandb_core.same_deployment(one, other) is same


def test_a_page_leads_to_the_server_that_has_a_key(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.wandb.corp login user password " + "k" * 40)
    monkeypatch.setenv("NETRC", str(netrc))
    assert wandb_core.with_key("https://wandb.corp") == "https://api.wandb.corp"
    assert wandb_core.with_key("https://wandb.other") == "https://wandb.other"
