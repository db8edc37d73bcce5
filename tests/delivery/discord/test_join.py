from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.delivery.discord import join
from wandbwatch.model.delivery import Message, MessageFile

from tests.servers.discord.embeds import look
from tests.servers.discord.limits import POST, check


def post(text: str = "", *embeds: dict[str, Any], **files: bytes) -> Message:
    body = {
        "content": text,
        "embeds": embeds,
        "attachments": [{"id": i, "description": n} for i, n in enumerate(files)],
    }
    return Message(
        json.dumps(body), tuple(MessageFile(f"{n}.png", c) for n, c in files.items())
    )


def plot(title: str, name: str = "plot", **more: Any) -> dict[str, Any]:
    return {"title": title, "image": {"url": f"attachment://{name}.png"}, **more}


def bodies(*messages: Message, heading: str = "held") -> list[dict[str, Any]]:
    return [json.loads(m.body) for m in join(messages, heading)]


def test_it_is_one_message_under_a_heading():
    (body,) = bodies(post("one"), post("", {"title": "two"}), heading="Held: 2 posts")
    assert body["content"] == "Held: 2 posts\none"
    assert body["embeds"] == [{"title": "two"}]
    assert body["allowed_mentions"] == {"parse": []}


def test_plots_of_one_name_stay_apart():
    (message,) = join(
        [post("", plot("a"), plot=b"A"), post("", plot("b"), plot=b"B")], "held"
    )
    body = json.loads(message.body)
    urls = [embed["image"]["url"] for embed in body["embeds"]]
    names = [file.name for file in message.files]
    assert urls == [f"attachment://{name}" for name in names]
    assert len(set(names)) == 2
    assert [file.content for file in message.files] == [b"A", b"B"]
    listed = [
        {"id": i, "filename": name, "description": "plot"}
        for i, name in enumerate(names)
    ]
    assert body["attachments"] == listed


def test_embeds_of_one_url_are_not_merged_by_readers():
    run = {"title": "x", "url": "https://wandb.ai/e/p/runs/1"}
    assert [len(b["embeds"]) for b in bodies(post("", run), post("", run))] == [1, 1]


def test_a_message_with_unknown_keys_stays_as_it_is():
    odd = Message('{"content": "x", "poll": {}}')
    broken = Message("{")
    whole = join([post("one"), odd, broken, post("two")], "held")
    assert whole[1:3] == (odd, broken)
    assert [json.loads(whole[i].body)["content"] for i in (0, 3)] == [
        "held\none",
        "two",
    ]


POSTS = st.builds(
    lambda text, sizes, files: post(
        text,
        *({"title": "t", "description": "d" * size} for size in sizes),
        **{f"p{i}": b"x" for i in range(files)},
    ),
    st.text("ab ", max_size=1900).filter(lambda t: t.strip()),
    st.lists(st.integers(0, 1200), max_size=5),
    st.integers(0, 5),
)


@given(st.lists(POSTS, min_size=1, max_size=12))
def test_nothing_is_lost_and_every_message_is_within_the_limits(posts):
    before = [json.loads(p.body) for p in posts]
    whole = join(posts, "held")
    after = [json.loads(message.body) for message in whole]
    for body, message in zip(after, whole, strict=True):
        check(body, POST)
        assert len(message.files) <= 10
        look(
            body["embeds"], [{"id": "1", "filename": f.name} for f in message.files], []
        )
    assert [e for b in after for e in b["embeds"]] == [
        e for b in before for e in b["embeds"]
    ]
    assert sum(len(m.files) for m in whole) == sum(len(p.files) for p in posts)
    texts = "\n".join(["held", *(b["content"] for b in before)])
    assert "\n".join(filter(None, (b["content"] for b in after))) == texts
