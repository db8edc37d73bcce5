from __future__ import annotations

import pytest
from wandbwatch.config import redaction, secret
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import Secret, SecretKind

URL = "https://discord.com/api/webhooks/1/tok-of-secrets"


def read(kind: SecretKind, place: str, **environ: str) -> str:
    return secret.read(Secret(kind, place), environ)


def test_a_secret_is_read_where_it_is_said_to_be(tmp_path):
    (tmp_path / "hook").write_text(f"{URL}\n")
    assert read(SecretKind.PLAIN, URL) == URL
    assert read(SecretKind.ENV, "HOOK", HOOK=f" {URL}\n") == URL
    assert read(SecretKind.FILE, str(tmp_path / "hook")) == URL
    directory = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read(SecretKind.CREDENTIAL, "hook", **directory) == URL
    assert redaction.redact(f"is {URL}") == "is …"


@pytest.mark.parametrize(
    ("kind", "place", "words"),
    [
        (SecretKind.ENV, "HOOK", "env HOOK: not set in the environment"),
        (SecretKind.FILE, "/nowhere", "file /nowhere: No such file"),
        (SecretKind.CREDENTIAL, "hook", "credential hook: no credentials here"),
        (SecretKind.PLAIN, "  ", "(hidden): it is empty"),
    ],
)
def test_a_missing_secret_says_where_it_was_looked_for(kind, place, words):
    with pytest.raises(ConfigError) as raised:
        read(kind, place)
    assert str(raised.value).startswith(words)


def test_a_credential_of_a_directory_has_the_name_of_its_file(tmp_path):
    (tmp_path / "wandbwatch_hook").write_text(URL)
    directory = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read(SecretKind.CREDENTIAL, "hook", **directory) == URL
    (tmp_path / "hook").write_text(f"{URL}-loaded-by-its-name")
    assert read(SecretKind.CREDENTIAL, "hook", **directory).endswith("by-its-name")


def test_a_credential_that_was_not_handed_over_is_said(tmp_path):
    with pytest.raises(
        ConfigError, match="hook: systemd has no credential of this name"
    ):
        read(SecretKind.CREDENTIAL, "hook", CREDENTIALS_DIRECTORY=str(tmp_path))


def test_root_reads_by_hand_what_systemd_hands_to_the_service(tmp_path):
    (tmp_path / "hook").write_text(URL)
    of_service = Secret(SecretKind.CREDENTIAL, "hook")
    assert secret.read(of_service, {}, machine=tmp_path) == URL
    empty = {"CREDENTIALS_DIRECTORY": str(tmp_path / "nothing")}
    with pytest.raises(ConfigError, match="no credential of this name"):
        secret.read(of_service, empty, machine=tmp_path)


def test_a_credential_leads_nowhere_else():
    with pytest.raises(ConfigError, match="a name, not a path"):
        read(SecretKind.CREDENTIAL, "../x", CREDENTIALS_DIRECTORY="/run")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_is_no_secret_is_refused(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(ConfigError, match=r"not text|too large"):
        read(SecretKind.FILE, str(tmp_path / "f"))
