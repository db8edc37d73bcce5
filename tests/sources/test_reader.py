"""All that loggers of reinforcement learning record is found in some answer of ours."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.model.address import Cloud, Local
from wandbwatch.model.media import Attachment
from wandbwatch.model.ports import Source
from wandbwatch.model.report import Chart, Fields, Plot, Report, Table
from wandbwatch.sources.cloud import session, wandb_core

from tests.fakes import fake_env

SCRIPT = """
import numpy, wandb
from PIL import Image

def gif(path):
    frames = [Image.new("RGB", (16, 16), (i * 80, 0, 0)) for i in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    return path

draw = numpy.random.default_rng(0)
run = wandb.init(
    entity="acme", project="rl", id="ppo", name="CartPole-v1 __ ppo", group="seeds",
    tags=["di-engine", "sb3"], config={"policy": {"learn": {"lr": 3e-4}}, "seed": 0},
)
for step in range(4):
    run.log({
        "rollout/ep_rew_mean": 10.0 * step,
        "train/grad_norm": 0.5, "q_value": 1.0 + step, "target q_value": 2.0,
        "collect_iter/reward.mean, max": step, "训练/回报": step,
        "gradients/policy.0.weight": wandb.Histogram(draw.normal(size=50)),
        "return distribution": wandb.Histogram(draw.normal(size=50)),
        "actions/probabilities": wandb.Histogram(draw.random(50)),
    })
run.log({
    "replay": wandb.Video(gif("replay.gif"), caption="episode 4", format="gif"),
    "t-SNE/data set": wandb.Image(Image.new("RGB", (20, 20)), caption="t-SNE"),
    "episodes": wandb.Table(columns=["return", "length"], data=[[1.0, 9], [2.0, 8]]),
})
run.finish()
"""
SCALARS = [
    *("rollout/ep_rew_mean", "train/grad_norm", "q_value", "target q_value"),
    *("collect_iter/reward.mean, max", "训练/回报"),
]
DISTRIBUTIONS = [
    *("gradients/policy.0.weight", "return distribution", "actions/probabilities"),
]
MEDIA = {"replay": Attachment, "t-SNE/data set": Attachment, "episodes": Table}


@pytest.fixture(params=["cloud", "local"])
def source(request, wandb_server, log_run) -> Iterator[Source]:
    directory: Path = log_run(SCRIPT)
    assert wandb_server.store.run("acme/rl/ppo") is not None
    (one,) = directory.glob("run-*-ppo")
    wandb_core.kill()
    session.forget()
    address = Cloud("acme", "rl", "ppo") if request.param == "cloud" else Local(one)
    yield plugins.load("wandbwatch.sources", request.param)(address)
    wandb_core.kill()
    session.forget()


def test_every_panel_of_the_run_is_found(source):
    assert_values(source)
    assert_drawn(source, SCALARS, Plot)
    assert_drawn(source, DISTRIBUTIONS, Chart)
    assert_media(source)


def told(source: Source, *words: str) -> Report:
    line = shlex.join(words)
    (report,) = grammar.parse(line, fake_env(source)).reports
    messages = plugins.load("wandbwatch.renderers", "discord")([report])
    assert messages
    assert all(len(file.content) for message in messages for file in message.files)
    return report


def assert_values(source: Source) -> None:
    report = told(source, "summary", "acme/rl/ppo", "--config")
    values: Mapping[str, object] = {
        f"{block.title}/{name}": cell
        for block in report.blocks
        if isinstance(block, Fields)
        for name, cell in block.items
    }
    for key in SCALARS:
        assert any(name in (key, f"_default/{key}") for name in values), key
    assert values["config/policy.learn.lr"] == 3e-4


def assert_drawn(source: Source, keys: list[str], kind: type) -> None:
    wanted = ",".join(key.replace(",", r"\,") for key in keys)
    report = told(source, "image", "acme/rl/ppo", "--keys", wanted)
    drawn = [b for b in report.blocks if isinstance(b, kind)]
    titles = [getattr(b, "key", None) or getattr(b, "title", "") for b in drawn]
    assert titles == keys


def assert_media(source: Source) -> None:
    report = told(source, "media", "acme/rl/ppo")
    titles = {getattr(block, "title", ""): type(block) for block in report.blocks}
    for key, kind in MEDIA.items():
        assert titles[key] is kind, titles
