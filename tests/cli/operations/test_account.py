"""`login` and `whoami`, on an account of ours."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from dataclasses import replace

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model import address_parsing
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import ExitCode, NotFoundError, UsageError
from wandbwatch.model.ports import ListedProject, Viewer
from wandbwatch.model.report import Fields, Note, Report, Table

from tests.fakes import NOW, FakeSource, fake_env

ADA = Viewer("https://w.example", "ada", "acme", ("acme", "labs"), "/home/ada/.netrc")
KEY = "0123456789abcdef0123456789abcdef01234567"


class FakeAccount:
    def __init__(self) -> None:
        self.asked: list[tuple[str | None, ...]] = []

    def login(self, key: str, server: str | None) -> Viewer:
        self.asked.append((key, server))
        return ADA

    def whoami(self, server: str | None) -> Viewer:
        self.asked.append((server,))
        return ADA

    def projects(
        self, entity: str, server: str | None, *, learn: bool = False
    ) -> tuple[ListedProject, ...]:
        assert not learn
        self.asked.append((entity, server))
        return () if entity == "empty" else (ListedProject("acme", "gpt", 7, NOW, NOW),)


def reports(words: list[str], account: FakeAccount) -> list[Report]:
    env = replace(fake_env(FakeSource()), account=lambda: account)
    line = grammar.read(words, env)
    assert isinstance(line, grammar.ParsedLine)
    return list(line.reports)


def test_whoami_shows_the_server_the_user_and_the_keys_place():
    account = FakeAccount()
    (told,) = reports(["whoami", "--server", "https://app.w.example/"], account)
    assert account.asked == [("https://api.w.example",)]
    assert told == Report(
        "whoami",
        "ada at https://w.example",
        (
            Fields(
                "",
                (
                    ("server", "https://w.example"),
                    ("user", "ada"),
                    ("entity", "acme"),
                    ("teams", ("acme", "labs")),
                    ("key from", "/home/ada/.netrc"),
                ),
            ),
        ),
    )


def test_what_the_server_does_not_say_is_left_out():
    class Quiet(FakeAccount):
        def whoami(self, server: str | None) -> Viewer:
            return Viewer(server or "s", "ada", "", (), "WANDB_API_KEY")

    (told,) = reports(["whoami"], Quiet())
    (fields,) = told.blocks
    assert isinstance(fields, Fields)
    assert [name for name, _ in fields.items] == ["server", "user", "key from"]


@pytest.mark.parametrize("words", [[], ["acme"], ["acme/*"], ["acme/"]])
def test_projects_lists_the_visible_projects(words):
    account = FakeAccount()
    (told,) = reports(["projects", *words], account)
    assert account.asked == [("acme" if words else "", None)]
    (table,) = told.blocks
    assert isinstance(table, Table)
    assert table.rows == (("acme/gpt", 7, NOW, NOW),)


def test_projects_of_nobody_and_of_a_project_are_errors():
    with pytest.raises(NotFoundError, match="no projects of 'empty' that you can see"):
        reports(["projects", "empty"], FakeAccount())
    with pytest.raises(UsageError, match="`wandbwatch project acme/gpt` lists"):
        reports(["projects", "acme/gpt"], FakeAccount())


@pytest.mark.parametrize(
    ("words", "stdin"), [([KEY], ""), ([], f"{KEY}\n"), (["-"], f" {KEY} \n")]
)
def test_login_takes_the_key_as_a_word_or_from_stdin(words, stdin, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    account = FakeAccount()
    (told,) = reports(["login", *words, "--server", "http://h:8080"], account)
    assert account.asked == [(KEY, "http://h:8080")]
    assert told == Report(
        "login",
        "logged in to https://w.example",
        (Fields("", (("user", "ada"), ("key saved in", "/home/ada/.netrc"))),),
        Level.GOOD,
    )


def test_login_says_when_the_saved_key_will_not_be_used(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "x")
    (told,) = reports(["login", KEY], FakeAccount())
    assert Note("WANDB_API_KEY is set and overrides the saved key") in told.blocks


def test_no_key_is_no_login(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    account = FakeAccount()
    with pytest.raises(UsageError, match="no API key given"):
        reports(["login"], account)
    assert account.asked == []


@pytest.mark.parametrize("url", ["w.example", "ftp://w.example", "https://", "h:1:2"])
def test_a_server_is_a_url(url):
    with pytest.raises(UsageError, match=r"--server: '.*' is not the URL"):
        reports(["whoami", "--server", url], FakeAccount())


@pytest.mark.parametrize(
    ("server", "page"),
    [
        (None, "https://forge.coreweave.com/wandb/authorize"),
        ("https://api.wandb.ai/", "https://forge.coreweave.com/wandb/authorize"),
        ("https://api.wandb.mine.example", "https://wandb.mine.example/authorize"),
        ("https://api.mine.example", "https://app.mine.example/authorize"),
        ("http://localhost:8080", "http://localhost:8080/authorize"),
    ],
)
def test_the_page_that_shows_the_key_is_named(server, page):
    assert address_parsing.authorize(server) == page


def test_a_terminal_is_asked_and_shows_no_key():
    ours, theirs = pty.openpty()
    code = (
        "import sys; from wandbwatch.cli.operations import login;"
        "sys.stderr.write('got ' + str(len(login._read(None).strip())))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={k: v for k, v in os.environ.items() if k != "WANDB_BASE_URL"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as child:
        os.close(theirs)
        shown = b""
        while b"API key" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, KEY.encode() + b"\n")
        while b"got" not in shown:
            shown += os.read(ours, 4096)
    os.close(ours)
    assert child.returncode == ExitCode.FINE
    assert b"https://forge.coreweave.com/wandb/authorize" in shown
    assert b"got 40" in shown
    assert KEY.encode() not in shown
