"""Keys as RL frameworks' loggers write them, logged by the real SDK: both sources,
the terminal's grammar and the older one, and a Discord message, by every option."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.model.address import Cloud, Local
from wandbwatch.model.drawing import Heatmap, Scatter
from wandbwatch.model.ports import Source
from wandbwatch.model.report import Chart, Panels, Plot, Report
from wandbwatch.plots import png
from wandbwatch.renderers import discord
from wandbwatch.sources.cloud import session, wandb_core

from tests.fakes import fake_env

LOGS = """
    import random, wandb
    dice = random.Random(1)
    for one in ("a1", "b2"):
        run = wandb.init(project="rl", entity="acme", id=one, group="dqn",
                         tags=["x, y"], config={"lr": 0.1, "env id": "CartPole"},
                         reinit="finish_previous")
        run.define_metric("env step")
        run.define_metric("collect/*", step_metric="env step")
        for step in range(20):
            run.log({
                "q_value": dice.random(), "target q_value": step / 9,
                "train/grad_norm": step, "loss, raw": 1 / (step + 1),
                "损失 €": step, "a.b/c d": -step,
                "collect/return": step, "env step": step * 100,
                "gradients/fc 1.weight": wandb.Histogram(
                    [dice.gauss(0, 1 + step) for _ in range(50)]),
                "action, probs": wandb.Histogram([0.1, 0.2, 0.7]),
            })
        run.finish()
"""
NUMBERS = (
    *("q_value", "target q_value", "train/grad_norm", "loss, raw", "损失 €"),
    *("a.b/c d", "collect/return"),
)
SPREAD = ("gradients/fc 1.weight", "action, probs")
KEYS = ",".join(key.replace(",", "\\,") for key in (*NUMBERS, *SPREAD))
OLDER = KEYS.replace("\\,", "%2C").replace(" ", "%20")

LINES = [
    f"image acme/rl --keys '{KEYS}'",
    f"/image project:acme/rl keys:{OLDER}",
    f"image acme/rl --keys '{KEYS}' --x 'a.b/c d' --smooth 0.5 --log-y",
    f"image acme/rl --keys '{KEYS}' --x wall --last 1h",
    f"image acme/rl --keys '{KEYS}' --group-by group --band sem --clip 0.9",
    f"image acme/rl --keys '{KEYS}' --group-by 'config.env id' --mark 'a b=0.5,@3'",
    f"image acme/rl --keys '{KEYS}' --group-by tag --layout grid",
    f"image acme/rl --keys '{KEYS}' --best 'target q_value:max' --runs b2,a1",
    f"image acme/rl --keys '{KEYS}' --kind lines",
    f"image acme/rl --keys '{KEYS}' --kind last",
    r"image acme/rl --scatter 'config.lr,loss\, raw' --best 'loss, raw:min'",
]


@pytest.fixture
def sources(log_run) -> Iterator[tuple[Source, Source]]:
    directory = log_run(LOGS)
    wandb_core.kill()
    session.forget()
    cloud = plugins.load("wandbwatch.sources", "cloud")(Cloud("acme", "rl"))
    local = plugins.load("wandbwatch.sources", "local")(Local(directory))
    yield cloud, local
    wandb_core.kill()
    session.forget()


def answered(line: str, source: Source) -> Report:
    (report,) = grammar.parse(line, fake_env(source)).reports
    return report


def shown(report: Report) -> list[str]:
    """Name what is shown: keys, and titles of charts without the run."""
    found = []
    for block in report.blocks:
        match block:
            case Plot():
                found.append(block.key)
            case Chart(drawing=Panels(plots)):
                found += [plot.key for plot in plots]
            case Chart(drawing=Heatmap() as drawing):
                found.append(drawing.y)
            case _:
                pass
    return list(dict.fromkeys(found))


def test_every_key_is_selected_plotted_and_posted(sources, wandb_server):
    """All in one, since a run takes a few seconds to log."""
    cloud, local = sources
    for line in LINES:
        wandb_server.counts.clear()
        reports = [answered(line, source) for source in (cloud, local)]
        assert wandb_server.data_requests <= 4
        for report in reports:
            assert_shown(line, report)
            assert_posted(report)
        assert pictures(reports[1]) == pictures(answered(line, local))
    (plot,) = (
        b
        for b in answered(LINES[0], local).blocks
        if isinstance(b, Plot) and b.key == "collect/return"
    )
    assert plot.x == "env step"
    assert list(plot.lines[0].series.x) == [step * 100 for step in range(20)]


def assert_shown(line: str, report: Report) -> None:
    if "--scatter" in line:
        (chart,) = (b for b in report.blocks if isinstance(b, Chart))
        assert isinstance(chart.drawing, Scatter)
        assert len(chart.drawing.points) == 2
        assert chart.drawing.y == "loss, raw"
    else:
        assert set(shown(report)) == {*NUMBERS, *SPREAD}, line


def assert_posted(report: Report) -> None:
    messages = discord.render([report], lambda _: b"\x89PNG\r\n\x1a\n")
    files = [file for message in messages for file in message.files]
    drawn = [b for b in report.blocks if isinstance(b, Plot | Chart)]
    assert len(files) == len(drawn) == len({file.name for file in files})
    bodies: Any = [json.loads(message.body) for message in messages]
    titled = [e.get("title", "") for body in bodies for e in body["embeds"]]
    assert sum(map(bool, titled)) >= len(drawn)


def pictures(report: Report) -> list[bytes]:
    """Draw two of the blocks, to see that the same data make the same bytes."""
    drawn = [b for b in report.blocks if isinstance(b, Plot | Chart)]
    return [png(block) for block in (drawn[0], drawn[-1])]
