from __future__ import annotations

import base64
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import lists
from wandbwatch.cli.grammar.app import COMMANDS, OPERATIONS
from wandbwatch.cli.grammar.lists import decoded
from wandbwatch.model.errors import UsageError

from tests.fakes import FakeSource, fake_env

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


@pytest.mark.parametrize(
    ("line", "modern"),
    [
        (
            "/summary run:e/p/id filters:train,validation/loss",
            "summary e/p/id --filters train,validation/loss",
        ),
        (
            '/project project:e/p topk:1 filters:{"group":"g"} order:-created_at',
            """project e/p --topk 1 --filters '{"group":"g"}' --order -created_at""",
        ),
        (
            "/image project:e/p runs:a,b keys:train/loss",
            "image e/p --runs a,b --keys train/loss",
        ),
        (
            "  /project filters:{%20}   project:e/my%20project",
            "project 'e/my project' --filters '{ }'",
        ),
        (
            "/summary run:https://wandb.ai/e/p/runs/id",
            "summary https://wandb.ai/e/p/runs/id",
        ),
        ("/project project:e/p topk:-1", "project e/p --topk 0"),
        ("/summary run:-x filters:a", "summary --filters a -- -x"),
        ("/summary run:x -o json --debug", "summary x -o json --debug"),
        ("project e/p --topk 3", "project e/p --topk 3"),
        ('project "e/my project"', "project 'e/my project'"),
    ],
)
def test_a_line_is_shown_in_todays_form(line, modern):
    assert grammar.modern(line) == modern


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            "/fly",
            (
                "'/fly' is not a command of the older bot;"
                " it had /summary, /project, /image"
            ),
        ),
        ("/summary", "/summary: run: is missing"),
        ("/summary filters:a", "/summary: run: is missing"),
        (
            "/summary run:a keys:b",
            "/summary, word 3: no key 'keys'; it had run, filters",
        ),
        (
            '/project project:a filters:{"a": 1}',
            "/project, word 4: '1}' is not KEY:VALUE (write a blank as %20)",
        ),
        ("/image project:a project:b", "/image, word 3: project: is given twice"),
    ],
)
def test_a_wrong_older_line_names_its_place(line, complaint):
    with pytest.raises(UsageError) as error:
        grammar.modern(line)
    assert str(error.value) == complaint
    with pytest.raises(UsageError):
        grammar.parse(line, fake_env(FakeSource()))


def test_the_terminal_reads_the_older_spelling_too():
    for words in (
        ["/project", "project:e/p", "topk:1"],
        ["/project project:e/p topk:1"],
        ["-o", "json", "/project", "project:e/p", "topk:1"],
        ["/project", "project:e/p", "topk:1", "-o", "json"],
    ):
        source = FakeSource()
        line = grammar.read(words, fake_env(source))
        assert isinstance(line, grammar.ParsedLine)
        list(line.reports)
        assert source.queries[0].limit == 1


VALUE = st.text(min_size=1).filter(lambda v: "%20" not in v and not v.startswith("-"))


@given(
    st.dictionaries(st.sampled_from(["topk", "filters", "order"]), VALUE),
    VALUE,
)
def test_any_value_survives_the_older_spelling(options, address):
    given_words = [f"{k}:{v}" for k, v in {**options, "project": address}.items()]
    spelled = [word.replace(" ", "%20") for word in given_words]
    words = lists.modern_words(["/project", *spelled])
    assert words[:2] == ["project", address]
    pairs = zip(words[2::2], words[3::2], strict=True)
    assert dict(pairs) == {f"--{k}": v for k, v in options.items()}
    assert shlex.split(shlex.join(words)) == words
