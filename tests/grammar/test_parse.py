from __future__ import annotations

import pytest
from wandbwatch import grammar
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource, fake_env

OWL = Run("a1", "owl", State.FINISHED)


def test_checking_a_line_reads_nothing():
    source = FakeSource([OWL])
    line = grammar.parse("project me/p --topk 3 -o json", fake_env(source))
    assert source.asked == 0
    assert line.output == "json"
    assert [r.title for r in line.reports] == ["me/p"]
    assert source.asked == 1


def test_the_output_may_stand_before_the_command():
    env = fake_env(FakeSource())
    assert grammar.parse("-o csv project me/p", env).output == "csv"
    assert grammar.parse("-o csv project me/p -o json", env).output == "json"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("fly", "No such command 'fly'"),
        ("projec me/p", "Did you mean 'project'"),
        ("project me/p --topk -1", "--topk"),
        ("project me/p --nope", "project: No such option: --nope"),
        ("project me/p -o xml", "'xml' is none of"),
        ("project --help", "makes no report"),
        ("project 'me/p", "No closing quotation"),
    ],
)
def test_a_wrong_line_is_one_line_of_complaint(line, complaint):
    with pytest.raises(UsageError, match=complaint) as error:
        grammar.parse(line, fake_env(FakeSource()))
    assert "\n" not in str(error.value)
