from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.model import address_parsing
from wandbwatch.model.address import Address, Cloud, Local

SAAS = "https://api.wandb.ai"
FORGE = "https://api.forge.coreweave.com"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("gpt", Cloud(None, "gpt")),
        ("acme/gpt", Cloud("acme", "gpt")),
        ("acme/my first project", Cloud("acme", "my first project")),
        ("acme/gpt/sweeps/s1", Cloud("acme", "gpt", sweep="s1")),
        ("https://wandb.ai/acme/gpt", Cloud("acme", "gpt", server=SAAS)),
        ("wandb.ai/acme/gpt/table", Cloud("acme", "gpt", server=SAAS)),
        ("HTTPS://WandB.ai/acme/gpt?nw=x#y", Cloud("acme", "gpt", server=SAAS)),
        ("https://wandb.ai/acme/gpt/unheard", Cloud("acme", "gpt", server=SAAS)),
        (
            "https://wandb.ai/acme/gpt/sweeps/s1/workspace",
            Cloud("acme", "gpt", sweep="s1", server=SAAS),
        ),
        (
            "https://wandb.ai/acme/two%20words/workspace?nw=1",
            Cloud("acme", "two words", server=SAAS),
        ),
        (
            "https://forge.coreweave.com/wandb/acme/gpt/reportlist",
            Cloud("acme", "gpt", server=FORGE),
        ),
        (
            "http://localhost:8080/acme/gpt/workspace",
            Cloud("acme", "gpt", server="http://localhost:8080"),
        ),
        (
            "http://[::1]:8080/acme/gpt",
            Cloud("acme", "gpt", server="http://[::1]:8080"),
        ),
        (
            "https://me:secret@ml.corp.example/tools/wb/acme/gpt/table",
            Cloud("acme", "gpt", server="https://ml.corp.example/tools/wb"),
        ),
        (
            "https://app.corp.example/acme/gpt",
            Cloud("acme", "gpt", server="https://api.corp.example"),
        ),
        (".", Local(Path())),
        ("..", Local(Path(".."))),
        ("./wandb", Local(Path("wandb"))),
        ("/runs/with space", Local(Path("/runs/with space"))),
        ("~/x", Local(Path("~/x").expanduser())),
        ("old/run-1.wandb", Local(Path("old/run-1.wandb"))),
        ("wandb/", Local(Path("wandb"))),
        ("https://wandb.ai/acme/gpt/", Cloud("acme", "gpt", server=SAAS)),
    ],
)
def test_a_project_is_written_in_many_ways(text, address):
    assert address_parsing.project(text) == address
    assert address_parsing.project_or_run(text) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("abc", Cloud(None, None, "abc")),
        ("gpt/abc", Cloud(None, "gpt", "abc")),
        ("gpt:abc", Cloud(None, "gpt", "abc")),
        ("acme/gpt/abc", Cloud("acme", "gpt", "abc")),
        ("acme/gpt:abc", Cloud("acme", "gpt", "abc")),
        ("acme/gpt/runs/abc", Cloud("acme", "gpt", "abc")),
        ("acme/gpt/r/abc", Cloud("acme", "gpt", "abc")),
        ("https://wandb.ai/acme/gpt/r/abc", Cloud("acme", "gpt", "abc", server=SAAS)),
        (
            "https://wandb.ai/acme/gpt/runs/abc/overview?nw=nwuserme",
            Cloud("acme", "gpt", "abc", server=SAAS),
        ),
        (
            "https://forge.coreweave.com/wandb/acme/gpt/runs/abc",
            Cloud("acme", "gpt", "abc", server=FORGE),
        ),
        (
            "http://127.0.0.1:9/acme/runs/runs/runs",
            Cloud("acme", "runs", "runs", server="http://127.0.0.1:9"),
        ),
        ("../x/wandb/latest-run", Local(Path("../x/wandb/latest-run"))),
        ("wandb/latest-run", Local(Path("wandb/latest-run"))),
        (
            "wandb/offline-run-20260101_120000-abc",
            Local(Path("wandb/offline-run-20260101_120000-abc")),
        ),
    ],
)
def test_a_run_is_written_in_many_ways(text, address):
    assert address_parsing.run(text) == address
    if text.count("/") > 1:
        assert address_parsing.project_or_run(text) == address


def test_the_token_of_a_shared_report_is_not_shown():
    url = "https://wandb.ai/acme/gpt/reports/--Vm?accessToken=hush"
    with pytest.raises(ValueError, match="a W&B report") as raised:
        address_parsing.project(url)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("read", "text", "complaint"),
    [
        (address_parsing.project, "", "empty"),
        (address_parsing.project, "  ", "empty"),
        (address_parsing.project, "a//b", "'' is not a valid W&B name"),
        (address_parsing.project, "acme/gpt ", "'gpt ' is not a valid W&B name"),
        (address_parsing.project, "acme/gpt?", "'gpt\\?' is not a valid W&B name"),
        (address_parsing.project, "acme/g\u202ept", "is not a valid W&B name"),
        (
            address_parsing.project,
            "acme/g\x1b[31mpt",
            "'acme/g.x1b.*control characters",
        ),
        (address_parsing.project, "a/b/c/d/e", "too many parts"),
        (address_parsing.project, "acme/gpt/abc", "is a run, not a project"),
        (address_parsing.project, "a/b,c/d", "separate addresses by blanks: a/b c/d"),
        (address_parsing.project, "https://wandb.ai/acme", "does not name a project"),
        *(
            (address_parsing.project_or_run, f"https://{page}", f"is {kind}, not a pro")
            for page, kind in {
                "wandb.ai/registry/model": "a page of a registry",
                "wandb.ai/orgs/acme-org/registry": "a page of an organization",
                "docs.wandb.ai/guides/track": "a page of the documentation",
                "wandb.ai/acme/projects": "the list of an entity's projects",
                "api.wandb.ai/links/acme/x1y2": "a link to share a page",
                "wandb.corp/orgs/acme": "a page of an organization",
                "wandb.ai/acme/gpt/reports/A-title--Vmlldzox": "a W&B report",
                "forge.coreweave.com/wandb/a/gpt/reports/T--Vm": "a W&B report",
                "wandb.corp/w/acme/gpt/reports/T--Vmlldzox/edit": "a W&B report",
            }.items()
        ),
        (address_parsing.project, "https://", "not the URL"),
        (address_parsing.project, "ftp://wandb.ai/acme/gpt", "not the URL"),
        (address_parsing.project, "http://[::1/acme/gpt", "not a URL"),
        (address_parsing.project, "http://h:99999/acme/gpt", "not a URL"),
        (
            address_parsing.project,
            "https://wandb.ai/a%2Fb/gpt",
            "'a/b' is not a valid W&B name",
        ),
        (address_parsing.project, "https://wandb.ai/a/b%0a", "is not a valid W&B name"),
        (
            address_parsing.project,
            "https://wandb.ai/a/b/groups/g%201/workspace",
            """project a/b --filters '{"group": "g 1"}'` lists it""",
        ),
        (address_parsing.project, "./nul\0", "control characters"),
        (address_parsing.project, "~nobody-of-this-name/x", "no such user"),
        (address_parsing.run, "https://wandb.ai/acme/gpt", "is a project, not a run"),
        (address_parsing.run, "https://wandb.ai/a/b/sweeps/s", "is a sweep, not a run"),
        (address_parsing.run, "a:b:c", "is not a valid W&B name"),
        (address_parsing.run, "x" * 5000 + "?", "x{80}…' is not a valid W&B name"),
    ],
)
def test_nonsense_is_one_line_of_complaint(read, text, complaint):
    with pytest.raises(ValueError, match=complaint) as error:
        read(text)
    assert str(error.value).isprintable()


NAME = st.text("abcdefghij0123456789-_.", min_size=1).filter(
    lambda name: name[0] not in ".~" and not name.endswith(".wandb")
)


@given(
    st.builds(Cloud, NAME, NAME, NAME)
    | st.builds(Cloud, NAME, NAME, sweep=NAME)
    | st.builds(Local, st.builds(Path, st.just(".") | st.just("/"), NAME, NAME))
)
def test_the_text_of_an_address_reads_back(address):
    assert address_parsing.project_or_run(str(address)) == address


@given(
    st.sampled_from(
        [address_parsing.project, address_parsing.run, address_parsing.project_or_run]
    ),
    st.text() | st.text("a/.:~%?#[]@ \n\0", max_size=12).map("http://".__add__),
)
def test_any_text_is_an_address_or_one_line(read: Callable[[str], Address], text: str):
    found = _address_or_complaint(read, text)
    assert isinstance(found, Address) or found.isprintable()


def _address_or_complaint(read: Callable[[str], Address], text: str) -> Address | str:
    try:
        return read(text)
    except ValueError as e:
        return str(e)
