"""How reports look: what is linked, marked, split and aligned."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.delivery import Message
from wandbwatch.model.report import (
    Block,
    Fields,
    Line,
    Note,
    Plot,
    Report,
    Subject,
    Table,
    Text,
)
from wandbwatch.model.run import Series, State
from wandbwatch.renderers.discord import limits, markdown, render

from tests.fakes import NOW
from tests.renderers.discord.pictures import png
from tests.renderers.discord.reading import complaints

URL = "https://wandb.ai/acme/gpt"
PLOT = Plot("train/loss", "step", (Line("a1b2", "owl-7", Series("k", [0], [0.5])),))


def embeds(*reports: Report) -> list[dict[str, Any]]:
    return [e for m in render(reports, png) for e in json.loads(m.body)["embeds"]]


def embed(*blocks: Block, **rest: Any) -> dict[str, Any]:
    (only,) = embeds(Report("kind", "a report", blocks, **rest))
    return only


def description(*blocks: Block) -> str:
    text: str = embed(*blocks)["description"]
    return text


@pytest.mark.parametrize(
    ("level", "title"),
    [(Level.BAD, "✗ a report"), (Level.GOOD, "✓ a report"), (Level.INFO, "a report")],
)
def test_a_mark_says_what_the_colour_says(level, title):
    assert embed(level=level)["title"] == title


def test_a_headline_is_the_content_and_the_title():
    headline = "seed3 failed: CUDA out of memory (step 29,900, 2h 29m)"
    report = Report("events", "a_long_seed3 failed (a/p/x)", (), Level.BAD)
    (message,) = render([replace(report, headline=headline)], png)
    body = json.loads(message.body)
    assert body["content"] == f"✗ {markdown.text(headline)}"
    (embed,) = body["embeds"]
    assert embed["title"] == body["content"]
    assert embed["footer"] == {"text": "a_long_seed3 failed (a/p/x)"}
    (message,) = render(
        [replace(report, title="seed3 failed (a/p/x)", headline=headline)]
    )
    assert json.loads(message.body)["embeds"][0]["footer"] == {"text": "a/p/x"}
    subject = Subject("a/p/x", "a_long_seed3 (x)")
    of_run = replace(report, headline=headline, subject=subject)
    assert embeds(of_run)[0]["footer"] == {"text": "a_long_seed3 (a/p/x)"}
    alert = Report("alert", "seed 3: x > 5 (a/p/x)", headline="seed 3: x > 5: x 7")
    assert embeds(alert)[0]["footer"] == {"text": "a/p/x"}
    warning = replace(report, headline="lr is odd", level=Level.WARN)
    (message,) = render([warning], png)
    body = json.loads(message.body)
    assert body["content"] == "⚠ lr is odd"
    assert body["embeds"][0]["color"] == 0xF0B232


def test_what_happened_is_the_content_also_without_a_headline():
    report = Report("alert", "acme/gpt: no run has logged los", event=True)
    (message,) = render([report], png)
    assert json.loads(message.body)["content"] == report.title
    (message,) = render([replace(report, event=False)], png)
    assert "content" not in json.loads(message.body)


def test_no_note_says_what_its_headline_says():
    report = Report("alert", "owl", headline="owl: no longer x > 5; it held for 2 min")

    def shown(note: Note) -> dict[str, Any]:
        return embeds(replace(report, blocks=(note,)))[0]

    assert "description" not in shown(Note("it held for 2 min"))
    note = Note("median 3 of the 50 before; it held for 2 min")
    assert shown(note)["description"] == "median 3 of the 50 before"


def test_a_table_of_changes_that_the_headline_lists_is_left_out():
    table = Table("configuration", ("setting", "here", "last run"), (("lr", 3, 1),))
    start = Report(
        "events", "owl started", (table,), headline="owl started: lr 3 (was 1)"
    )
    assert "description" not in embeds(start)[0]
    more = replace(table, rows=(*table.rows, ("seed", 1, 0)))
    assert "seed" in embeds(replace(start, blocks=(more,)))[0]["description"]


def test_a_failure_in_a_channel_does_not_ask_to_try_again():
    error = "api.wandb.ai failed (503: upstream); try again later"
    report = Report("failure", "outage", event=True, headline=f"outage: {error}")
    (message,) = render([replace(report, blocks=(Note(error),))], png)
    body = json.loads(message.body)
    assert body["content"] == "outage: api.wandb.ai failed (503: upstream)"
    assert "description" not in body["embeds"][0]


def test_a_time_and_a_comparison_stay_as_they_are():
    said = "x > 5 and y < -1 since 12:02 UTC: y"
    assert markdown.text(said) == said
    for live in ("> x", ">>> x", " > x", ":owl: x", "<@5>", "https://a.example"):
        assert "\\" in markdown.text(live)


def test_headlines_of_one_message_are_lines():
    reports = [Report("e", f"t{i}", headline=f"{'run ' * 99}{i}") for i in range(12)]
    for message in render(reports, png):
        body = json.loads(message.body)
        lines = body["content"].split("\n")
        assert len(lines) == len(body["embeds"])
        assert max(map(len, lines)) == limits.HEADLINE


def test_a_table_wider_than_a_phone_has_its_names_above_its_values():
    columns = ("value", "last", "best", "prev")
    rows = (("validation/accuracy", 0.66, "-5.7%▼", "+2.1%▲"),)
    (message,) = render([Report("e", "t", (Table("values", columns, rows),))], png)
    (embed,) = json.loads(message.body)["embeds"]
    assert embed["description"].split("\n") == [
        *("```", "  last  best    prev"),
        *("validation/accuracy", "  0.66  -5.7%▼  +2.1%▲", "```"),
    ]


def test_names_of_a_table_are_what_differs():
    names = [f"resnet50_imagenet_bs256_seed{i}_ema2" for i in range(3)]
    links = tuple(f"https://wandb.ai/a/p/runs/{i}" for i in range(3))
    table = Table("runs", ("name", "loss"), tuple((n, 0.5) for n in names), links)
    (message,) = render([Report("e", "t", (table,))], png)
    (embed,) = json.loads(message.body)["embeds"]
    assert "**[seed1](https://wandb.ai/a/p/runs/1)**" in embed["description"]
    assert markdown.text("resnet50_imagenet_bs256_…_ema2") in embed["description"]


def test_a_title_links_to_its_run():
    assert embed(url=URL)["url"] == URL


def test_embeds_with_one_url_would_be_merged_so_only_one_title_has_it():
    first, second = embeds(*[Report("kind", "acme", url=URL)] * 2)
    assert first == {"color": 0x4F8EF7, "title": "acme", "url": URL}
    assert second == {"color": 0x4F8EF7, "author": {"name": "acme", "url": URL}}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://user:word@wandb.ai/x",
        "https://wandb.ai:port/x",
        "https://",
        "https://[::1",
        f"https://wandb.ai/{'x' * 2048}",
        "https://wandb.ai/\ud800",
    ],
)
def test_an_unsafe_address_is_not_linked(url):
    table = Table("runs", ("name",), (("owl",),), (url,))
    shown = embed(table, url=url)
    assert "url" not in shown
    assert shown["description"] == "**owl**"


def test_an_address_can_not_end_its_link():
    table = Table("runs", ("name",), (("owl",),), ("https://w.ai/a)**x [b](c d",))
    want = "**[owl](https://w.ai/a%29%2A%2Ax%20%5Bb%5D%28c%20d)**"
    assert description(table) == want


def test_a_host_without_a_dot_is_linked_in_the_text():
    shown = embed(url="http://localhost:8080/acme")
    assert "url" not in shown
    assert shown["description"] == "[open ↗](http://localhost:8080/acme)"


def test_a_name_with_brackets_has_its_link_beside_it():
    table = Table("runs", ("name",), (("a [b]",),), (URL,))
    assert description(table) == f"**a \\[b\\]** [open ↗]({URL})"


def test_a_row_is_a_card():
    columns = ("state", "id", "name", "group", "tags", "created", "loss")
    row = (State.FAILED, "a1b2", "owl_7", MISSING, (), NOW, 0.25)
    assert description(Table("runs", columns, (row,), (URL,))).split("\n") == [
        f"✗ **[owl\\_7]({URL})** (a1b2) **failed**",
        "-# loss **0.25** · created <t:1767268800:R>",
    ]


def test_the_id_of_a_run_is_not_repeated_where_it_is_its_name():
    row = (State.RUNNING, "owl", "owl", NOW)
    table = Table("runs", ("state", "id", "name", "created"), (row,))
    assert description(table).startswith("▸ **owl** running")


def test_the_page_of_the_only_report_has_a_button():
    (alone,) = render([Report("x", "1", url=URL), Report("x", "2", url=URL)])
    (row,) = json.loads(alone.body)["components"]
    (button,) = row["components"]
    assert (button["style"], button["url"]) == (5, URL)
    (two,) = render([Report("x", "1", url=URL), Report("x", "2", url=f"{URL}2")])
    assert "components" not in json.loads(two.body)


def test_a_digest_of_machines_without_gpus_has_no_gpu_hours():
    shown = description(Fields("", (("started", 0), ("GPU hours", 0.0))))
    assert "started" in shown
    assert "GPU" not in shown


def test_a_small_table_is_aligned_in_a_block_of_code():
    table = Table("best", ("id", "loss"), (("a1b2", 0.5), ("日本", MISSING)))
    assert description(table).split("\n") == [
        "```",
        "id    loss",
        "a1b2  0.5",
        "日本  –",
        "```",
    ]


def test_a_column_may_have_no_name():
    rows = (("exit code 1", 2, "owl"), ("no heartbeat", 1, "elk"))
    shown = description(Table("failures", ("reason", "failed", ""), rows))
    assert "reason        failed\n" in shown
    assert "exit code 1   2       owl\n" in shown


def test_a_value_too_wide_for_a_phone_goes_below_its_name():
    wide = (("name", "x" * 27), ("path", "y" * 30))
    fields = Fields("train", (("loss", 0.5), ("lr", 0.1), *wide))
    assert description(fields).split("\n") == [
        "**train**",
        "```",
        "loss  0.5",
        "lr    0.1",
        "name",
        f"  {'x' * 27}",
        "```",
        f"-# path {'y' * 30}",
    ]


def test_a_command_line_in_a_note_can_be_copied():
    told = description(Note("again: `wandbwatch retry B2 --best val_acc:max` *or not*"))
    assert told == "again: `wandbwatch retry B2 --best val_acc:max` \\*or not\\*"


def test_what_all_rows_share_is_said_once_below_them():
    columns = ("name", "id", "group", "last step", "why")
    rows = [(f"owl{i}", f"a{i}", "g", 9, f"loss {i} > 0 for 5 min") for i in "12"]
    table = Table("", columns, tuple(rows), ("https://w.example/a",) * 2)
    assert description(table).split("\n") == [
        "**[owl1](https://w.example/a)** (a1)",
        "-# why loss 1 > 0 for 5 min",
        "",
        "**[owl2](https://w.example/a)** (a2)",
        "-# why loss 2 > 0 for 5 min",
        "",
        "-# all: group g · last step 9",
    ]


def test_times_are_discord_timestamps_outside_code_blocks():
    assert "created <t:1767268800:R>" in description(Fields("run", (("created", NOW),)))


def test_a_plot_has_its_own_embed_with_notes_below():
    report = Report(
        "image", "acme", (PLOT, Note("3 of 9 runs"), Note("by *name*"), PLOT)
    )
    (message,) = render([report], png)
    first, second = json.loads(message.body)["embeds"]
    assert first["author"] == {"name": "acme"}
    assert first["title"] == second["title"] == "train/loss"
    assert first["description"] == "owl-7 (a1b2) **0.5**"
    assert first["footer"] == {"text": "3 of 9 runs · by *name*"}
    assert first["image"] == {"url": "attachment://train_loss.png"}
    assert second["image"] == {"url": "attachment://train_loss_2.png"}
    assert json.loads(message.body)["attachments"] == [
        {"id": i, "filename": name, "description": "train/loss over step: owl-7 0.5"}
        for i, name in enumerate(["train_loss.png", "train_loss_2.png"])
    ]


def test_the_eleventh_picture_starts_a_message_with_the_reports_name():
    first, second = render([Report("image", "acme", (PLOT,) * 11)], png)
    assert (len(first.files), len(second.files)) == (10, 1)
    assert json.loads(second.body)["embeds"][0]["author"] == {"name": "acme"}


def test_a_note_replaces_a_picture_that_is_too_large():
    (message,) = render([Report("image", "acme", (PLOT,))], lambda _: bytes(11 << 20))
    assert message.files == ()
    assert "too large for Discord" in message.body


def test_pictures_too_large_together_are_split_over_messages():
    big = b"\x89PNG\r\n\x1a\n" + bytes(9 << 20)
    messages = render([Report("image", "acme", (PLOT,) * 3)], lambda _: big)
    assert [len(message.files) for message in messages] == [2, 1]
    assert [complaints(message) for message in messages] == [[], []]


def test_notes_alone_are_not_small():
    assert description(Note("no runs here yet")) == "no runs here yet"
    assert description(Text("log", "x"), Note("cut")).endswith("```\n-# cut")


def test_a_long_text_continues_in_the_next_embed():
    lines = "\n".join(f"line {i:04}" for i in range(900))
    messages = render([Report("kind", "owl", (Text("console", lines),))], png)
    names = [
        e.get("title") or e["author"]["name"]
        for m in messages
        for e in json.loads(m.body)["embeds"]
    ]
    assert names == ["owl", "owl (continued 2/3)", "owl (continued 3/3)"]
    first, *others = [
        e["description"] for m in messages for e in json.loads(m.body)["embeds"]
    ]
    assert first.startswith("**console**\n```\nline 0000")
    assert all(o.startswith("**console** (continued)\n```\n") for o in others)
    assert all(d.endswith("\n```") for d in (first, *others))


def test_a_title_that_is_too_long_is_repeated_in_full_below():
    (shown,) = embeds(Report("kind", "*" * 300))
    assert len(shown["title"]) <= 256
    assert shown["title"].endswith("…")
    assert shown["description"] == "\\*" * 300


def test_reports_of_a_list_share_a_message():
    failed = Report("failure", "summary a/b/c", (Note("not found"),), Level.BAD)
    (message,) = render([Report("kind", "one"), failed, Report("kind", "two")], png)
    assert isinstance(message, Message)
    titles = [embed["title"] for embed in json.loads(message.body)["embeds"]]
    assert titles == ["one", "✗ summary a/b/c", "two"]


def test_hints_for_a_terminal_stay_out_of_discord():
    notes = (
        "12 runs left out; --topk 0 lists all",
        "no answer from w&b within 20 s; try again, or set WANDBWATCH_TIMEOUT to more",
        "stopped; `wandbwatch retry 3` starts it again",
        "--lr 0.1 differs; of 3 runs",
    )
    shown = embed(*map(Note, notes))["description"]
    assert "12 runs left out" in shown
    assert "w&b within 20 s" in shown
    assert "`wandbwatch retry 3` starts it again" in shown.replace("\\", "")
    assert "lr 0.1 differs; of 3 runs" in shown
    assert "topk" not in shown
    assert "TIMEOUT" not in shown


def test_an_edited_message_shows_its_time():
    table = Table("", ("k", "v"), tuple((f"k{i}", "x" * 3000) for i in range(3)))
    report = Report("kind", "t", (table,), edited=NOW)
    found = [json.loads(m.body)["embeds"] for m in render([report], png)]
    assert len(found) > 1
    assert {one[-1]["timestamp"] for one in found} == {NOW.isoformat()}
    assert "timestamp" not in embed(Note("n"))


def test_a_diff_names_the_runs_and_comes_largest_first():
    long = "model.encoder.attention.dropout"
    rows = (("lr", 0.1, 0.11), (long, 0.5, 0.1), ("opt", "adam", MISSING))
    also = (("Δ", ("-0.01 (-9.1%)", "+0.4 (+400.0%)", MISSING)),)
    table = Table(
        "",
        ("configuration", "here", "there"),
        rows,
        also=also,
        headings={"here": "resnet50-cosine-1", "there": "resnet50-cosine-2"},
    )
    assert embed(table)["description"].split("\n") == [
        "-# configuration: resnet50-cosine-1 · resnet50-cosine-2 · Δ",
        f"**{long}**: 0.5 · 0.1 · +0.4 (+400.0%)",
        r"**lr**: 0.1 · 0.11 · -0.01 (-9.1%)",
        "**opt**: adam · –",
    ]


def test_values_that_the_headline_has_are_not_repeated():
    ended = Fields("ended", (("finished", 1), ("failed", 15)))
    headline = "group a is done: 1 finished, 15 failed; best loss 0.5"
    assert "description" not in embed(ended, headline=headline)
    assert "description" in embed(ended, headline=headline.replace("1 ", "11 "))
    started = Fields("parameters", (("lr", 0.1), ("seed", 1)))
    assert "description" not in embed(started, headline="a started: lr 0.1, seed 1")
    assert "description" in embed(started, headline="a started: lr 0.1, seed 12")


@pytest.mark.parametrize("block", [Note("loss is NaN"), Text("error", "loss is NaN")])
def test_a_card_does_not_repeat_its_headline(block):
    rest = Fields("", (("step", 7),))
    shown = embed(block, rest, headline="owl failed: loss is NaN")
    assert "NaN" in shown["title"]
    assert "NaN" not in shown["description"]
    assert "NaN" in embed(block, rest, headline="owl failed")["description"]
    assert "description" not in embed(block, headline="owl: loss is NaN")


def test_a_secret_that_a_training_printed_is_left_out(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "k3y" * 14)
    printed = f"https://discord.com/api/webhooks/1/t0ken_t0ken and {'k3y' * 14}"
    rows = Table("runs", ("name", "why"), ((printed, printed),) * 50)
    line = Line("a1b2", printed, Series("loss", [0.0, 1.0], [1.0, 2.0]))
    plot = Plot(printed, "step", (line,))
    blocks = (Note(printed), Text("output", printed), rows, plot)
    report = Report("x", printed, blocks, headline=printed)
    sent = str(render([report], png))
    assert "webhooks" in sent
    assert "t0ken" not in sent
    assert "k3y" not in sent


def _listed(**spare: Any) -> list[list[str]]:
    """Return the lines of each row of a list of runs that differ in all columns."""
    names = ("gpt2-owt-124M", "resnet50-imagenet-cosine-ema", "sac-walker")
    rows = tuple(
        (state, name, f"i{n}d", f"group-{n}", NOW - timedelta(hours=n), n * 100, n / 7)
        for n, (state, name) in enumerate(zip(STATES, names, strict=True), 1)
    )
    columns = ("state", "name", "id", "group", "created", "last step", "val/acc")
    text = description(Table("", columns, rows, **spare))
    return [row.splitlines() for row in text.split("\n\n")]


STATES = (State.RUNNING, State.FAILED, State.FINISHED)


def test_a_row_of_a_list_of_runs_has_two_short_lines():
    rows = _listed(spare=("id", "last step", "group"))
    (above, name, values), (failed, why), (_, more, *below) = rows
    assert above == "-# in bold: val/acc"
    assert name == "▸ **gpt2-owt-124M** running"
    assert values == "-# **0.14286** · <t:1767265200:R>"
    assert failed == "✗ **resnet50-imagenet-cosine-ema**"
    assert why.startswith("-# **failed** · **0.28571** · ")
    assert more.startswith("-# **0.42857**")
    assert below == ["-# times: created", "-# left out: last step, group"]
    assert all("last step 100" in line for line in _listed()[0][1:])


def test_several_values_of_a_row_have_their_names_once():
    """Also where one is missing: the values keep their places."""
    values: list[tuple[Cell, ...]] = [(0.5, 0.25, 12.5), (0.75, MISSING, 11.5)]
    rows = tuple((f"r{n}", State.RUNNING, *row) for n, row in enumerate(values))
    columns = ("name", "state", "val/accuracy", "train/loss", "tokens/second")
    text = description(Table("", columns, rows, spare=("id",)))
    assert text.splitlines() == [
        "-# in bold: val/accuracy · train/loss · tokens/second",
        "▸ **r0** running",
        "-# **0.5** · **0.25** · **12.5**",
        "",
        "▸ **r1** running",
        "-# **0.75** · **–** · **11.5**",
    ]


def test_the_ids_of_runs_of_one_name_are_kept():
    rows = [(State.RUNNING, "a", f"id{n}", n / 7) for n in range(2)]
    links = ("https://wandb.ai/a/b/runs/1",) * 2
    table = Table("", ("state", "name", "id", "loss"), tuple(rows), links)
    assert "(id1)" in description(replace(table, spare=("id",)))


def test_a_long_name_of_a_run_or_file_takes_one_line():
    names = [f"resnet50-imagenet-lr{i}e-04-bs{64 * i}-cosine-seed{i}" for i in (1, 2)]
    rows = [(State.FINISHED, name, n / 7) for n, name in enumerate(names)]
    runs = Table("", ("state", "name", "loss"), tuple(rows), spare=("x",))
    assert "lr1e-04-bs64-cosine-seed1" in description(runs)
    assert "full names: resnet50-imagenet-…" in description(runs)
    path = "media/images/samples/gt_100_9a8b7c6d5e4f3a2b1c0d.png"
    files = Table("", ("path", "updated"), ((path, NOW), ("a.txt", NOW)), spare=("x",))
    assert markdown.text("…/gt_100_9a8b….png") in description(files)
    assert "9a8b7c6d5e4f3a2b1c0d" in description(replace(files, rows=files.rows[:1]))


def test_names_alone_stand_close_together():
    rows = [(f"run-{n}", "CUDA out of memory") for n in range(3)]
    links = ("https://wandb.ai/a/b/runs/1",) * 3
    lines = description(Table("", ("name", ""), tuple(rows), links)).splitlines()
    assert [line[:7] for line in lines[:3]] == ["**[run-"] * 3
    assert lines[-1] == "-# all: CUDA out of memory"


def test_a_long_name_in_a_note_is_cut_where_its_id_is_beside_it():
    name = "ppo-halfcheetah-v4__ppo_continuous_action__1__1764450012"
    best = Note(f"best of the others: {name} (a1b2c3d4), last loss 0.5")
    assert "ppo-halfcheetah-v4…" in description(best, Text("x", "y"))
    assert markdown.text(name) in description(Note(f"no file {name}"), Text("x", "y"))


@pytest.mark.parametrize("rank", ["", "[rank0]:"])
def test_the_underlines_of_a_traceback_are_left_out(rank):
    lines = ["  File 'a.py', line 1", "    f(x)", "    ~~~~^^^", "ValueError: x ^^^"]
    text = "\n".join(f"{rank} {line}" for line in lines)
    shown = description(Text("last output", text), Note("below"))
    assert "~~" not in shown
    assert "ValueError: x ^^^" in shown
    assert "~~~~^^^" in description(Text("", text))  # `logs` shows all


def test_rows_of_several_projects_have_two_lines():
    names = ("acme/vision-imagenet-ablations-2026", "acme/language-modelling")
    rows = tuple(
        (name, f"owl{i}", State.RUNNING, NOW - timedelta(hours=i))
        for i, name in enumerate(names)
    )
    columns = ("project", "name", "state", "created")
    table = Table("runs", columns, rows, ("https://w.example/a",) * 2, spare=("id",))
    small = [row for row in description(table).split("\n") if row.startswith("-# ")]
    *about, last = small
    assert last == "-# times: created"
    assert len(about) == len(rows)
    assert max(map(markdown.apparent, about)) <= limits.PHONE_SMALL
    assert not any("project" in line for line in about)


def test_values_of_which_each_row_has_one_need_no_places():
    rows = tuple(
        (f"acme/{name}", f"owl{name}", State.RUNNING, loss, acc)
        for name, loss, acc in (("gpt-pretrain", 0.5, MISSING), ("vit", MISSING, 0.25))
    )
    columns = ("project", "name", "state", "val/perplexity/c4_en", "test/top1")
    table = Table("runs", columns, rows, spare=("id",))
    assert description(table).splitlines() == [
        r"-# in bold: val/perplexity/c4\_en or test/top1",
        *("▸ **owlgpt-pretrain** running", "-# **0.5** · acme/gpt-pretrain", ""),
        *("▸ **owlvit** running", "-# **0.25** · acme/vit"),
    ]


def test_a_lone_run_has_its_id_in_its_link_alone():
    columns, row = ("name", "id", "created"), ("owl", "a1b2", NOW)
    table = Table("best", columns, (row,), spare=("id",))
    assert "(a1b2)" in description(table)
    linked = replace(table, links=("https://w.example/a1b2",))
    assert "(a1b2)" not in description(linked)
