"""What a sender adds, and what is left when Discord refuses a message."""

from __future__ import annotations

import json
from typing import Any

from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message
from wandbwatch.model.report import Fields, Note, Plot, Report, Table, Text
from wandbwatch.renderers.discord import duplicate, mention, plain, render

from tests.renderers.discord.pictures import png
from tests.renderers.discord.reading import complaints
from tests.servers.discord.embeds import pings

REPORT = Report("kind", "@everyone <@7>", (Note("@here <@&8>"),), Level.BAD)
(MESSAGE,) = render([REPORT], png)


def body(message: Message) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(message.body)
    return whole


def pinged(message: Message) -> list[str]:
    whole = body(message)
    return pings(whole.get("content", ""), whole["allowed_mentions"])


def test_no_one_is_pinged_unasked():
    assert pinged(MESSAGE) == pinged(plain(MESSAGE)) == pinged(duplicate(MESSAGE)) == []


def test_those_asked_for_are_pinged_and_no_one_else():
    asked = ["@everyone", "<@1>", "<@!2>", "<@&3>", "<@1>", "nobody"]
    message = mention(plain(MESSAGE), asked)
    assert body(message)["allowed_mentions"] == {
        "parse": ["everyone"],
        "users": ["1", "2"],
        "roles": ["3"],
    }
    assert pinged(message) == ["@everyone", "users:1", "users:2", "roles:3"]


def test_one_role_is_allowed_by_its_id_alone():
    allowed = body(mention(MESSAGE, ["<@&3>"]))["allowed_mentions"]
    assert allowed == {"parse": [], "roles": ["3"]}


def test_mentioning_no_one_changes_nothing():
    assert mention(MESSAGE, ()) is MESSAGE


def test_a_possible_duplicate_says_so_once_and_keeps_its_mention():
    marked = duplicate(mention(MESSAGE, ["<@1>"]))
    warning, mentioned = body(marked)["content"].split("\n")
    assert warning.startswith("-# possible duplicate")
    assert mentioned == "<@1>"
    assert duplicate(marked) == marked
    assert body(marked)["embeds"] == body(MESSAGE)["embeds"]


def test_plain_has_the_same_text_without_embeds_links_and_files():
    plot = Plot("loss", "step", ())
    table = Table("runs", ("name",), (("a*b",),), ("https://wandb.ai/a",))
    report = Report("kind", "owl", (table, plot, Note("a_b")), url="https://wandb.ai")
    (message,) = render([report], png)
    reduced = plain(message)
    assert reduced.files == ()
    assert body(reduced) == {
        "content": "**owl**\n**a\\*b**\n**loss**\nno run has values for it\n-# a\\_b\n"
        "-# 1 file left out",
        "allowed_mentions": {"parse": []},
    }


def test_plain_counts_what_it_leaves_out_and_closes_its_code_block():
    text = Text("console", "\n".join(f"line {i}" for i in range(400)))
    reduced = plain(render([Report("kind", "owl", (text,))], png)[0])
    content = body(reduced)["content"]
    *_, last, fence, said = content.split("\n")
    left = int(said.split()[1])
    embedded = body(render([Report("kind", "owl", (text,))], png)[0])["embeds"][0]
    lines = embedded["description"].count("\n") + 1
    assert fence == "```"
    assert said.endswith("lines left out")
    assert content.count("\n") - 2 + left == lines
    assert last.startswith("line ")
    assert complaints(duplicate(mention(reduced, ["@everyone"] * 99))) == []


def test_content_is_within_its_limit_whoever_is_pinged():
    whom = [f"<@{10**17 + i}>" for i in range(100)]
    fields = Fields("many", tuple((f"key{i}", i) for i in range(400)))
    (first, *_) = render([Report("kind", "owl", (fields,))], png)
    assert len(body(mention(plain(first), whom))["content"]) <= 2000
