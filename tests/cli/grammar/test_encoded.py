from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch import plugins
from wandbwatch.cli.grammar.app import COMMANDS, OPERATIONS
from wandbwatch.cli.grammar.lists import decoded

LIST = "# nightly\n\n/summary run:e/p/ü filters:a\r\n/project project:e/p\ttopk:1\n"
ENCODED = base64.b64encode(LIST.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        ENCODED,
        ENCODED.rstrip("="),
        f"\n{ENCODED[:20]}\n{ENCODED[20:]}\n",
        base64.urlsafe_b64encode(LIST.encode()).decode(),
        base64.b64encode(b"\xef\xbb\xbf" + LIST.encode()).decode(),
    ],
)
def test_a_list_in_base64_is_recognised(text):
    assert decoded(text) == LIST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "project me/p",
        "lists/nightly.txt",
        "A",
        LIST,
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"/summary run:a\x1b[2J").decode(),
        base64.b64encode(b"oneword").decode(),
        base64.b64encode(b"# only a comment").decode(),
    ],
)
def test_anything_else_is_not(text):
    assert decoded(text) is None


def test_no_command_alone_passes_for_base64():
    names = [*plugins.names(COMMANDS), *plugins.names(OPERATIONS)]
    assert [name for name in names if decoded(name)] == []


@given(st.text())
def test_any_text_is_a_list_or_is_not(text):
    assert decoded(text) is None or isinstance(decoded(text), str)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_any_list_survives_base64(value):
    line = f"/summary run:{value}"
    assert decoded(base64.b64encode(line.encode()).decode().rstrip("=")) == line
