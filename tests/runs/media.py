"""Log one run with all that W&B calls media, by the real SDK, in this directory."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import wandb
from PIL import Image

STEPS = 3
CAPTION = "a [bold]cat[/] \x1b[31m@everyone **x** \u202eevil"
HTML = (
    "<html><title>t</title><script>evil()</script><p>Hello &amp; <b>bye</b></p></html>"
)
ROWS = [[i, f"row {i}", i / 4] for i in range(30)]


class Plotly:
    """Passes for a figure of plotly's, which is not installed."""

    def __init__(self, traces: list[dict[str, Any]]) -> None:
        self._traces = traces

    def to_plotly_json(self) -> dict[str, Any]:
        return {"data": self._traces, "layout": {"title": {"text": "A figure"}}}


Plotly.__module__ = "plotly.graph_objs._figure"
Plotly.__name__ = "Figure"


def gif(path: str, colours: tuple[str, ...] = ("red", "blue")) -> str:
    first, *rest = (Image.new("RGB", (32, 24), colour) for colour in colours)
    first.save(path, save_all=True, append_images=rest, duration=200)
    return path


def sound(path: str) -> str:
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    return path


def picture(step: int, side: int = 16) -> Any:
    pixels = np.zeros((side, side, 3), dtype="uint8")
    pixels[:, : side // 2, step % 3] = 255
    return pixels


def masked() -> wandb.Image:
    names = {0: "sky", 1: "road"}
    mask = {"mask_data": np.ones((16, 16), dtype="uint8"), "class_labels": names}
    box = {"minX": 0.1, "maxX": 0.5, "minY": 0.1, "maxY": 0.5}
    found = {"position": box, "class_id": 1, "box_caption": "road 0.9"}
    return wandb.Image(
        picture(1),
        caption="masked",
        masks={"truth": mask},
        boxes={"guess": {"box_data": [found], "class_labels": names}},
    )


def row(step: int) -> dict[str, Any]:
    """Return what is logged at each step."""
    return {
        "loss": 1 / (step + 1),
        "eval/sample": wandb.Image(picture(step), caption=f"{CAPTION} {step}"),
        "eval/replay": wandb.Video(gif(f"episode {step}.gif"), caption="an episode"),
        "many samples": [
            wandb.Image(picture(i), caption=f"sample {i}") for i in range(5)
        ],
    }


def once() -> dict[str, Any]:
    """Return what is logged at the last step alone."""
    Path("clip.mp4").write_bytes(b"\0\0\0 ftypisom" + bytes(3000))
    Path("drug.pdb").write_text("HEADER\n")
    table = wandb.Table(columns=["n", "text", "share"], data=ROWS)
    points = wandb.Table(columns=["x", "y"], data=[[i, i * i] for i in range(10)])
    bars = wandb.Table(columns=["name", "count"], data=[["a", 3], ["b", 5]])
    values = wandb.Table(columns=["value"], data=[[i % 7] for i in range(50)])
    figure = Plotly([{"type": "bar", "x": ["a", "b"], "y": [1, 2], "name": "n"}])
    return {
        "eval/masked": masked(),
        "clip": wandb.Video("clip.mp4", caption="as it is"),
        "sound": wandb.Audio(sound("beep.wav"), caption="a beep"),
        "page": wandb.Html(HTML),
        "cloud": wandb.Object3D(np.zeros((9, 3))),
        "drug": wandb.Molecule("drug.pdb"),
        "grads": wandb.Histogram(list(range(9))),
        "predictions": table,
        "charts/line": wandb.plot.line(points, "x", "y", title="A line"),
        "charts/scatter": wandb.plot.scatter(points, "x", "y", title="A scatter"),
        "charts/bar": wandb.plot.bar(bars, "name", "count", title="A bar"),
        "charts/histogram": wandb.plot.histogram(values, "value", title="A histogram"),
        "charts/series": wandb.plot.line_series(
            xs=[0, 1, 2], ys=[[1, 2, 3], [3, 2, 1]], keys=["up", "down"], title="Two"
        ),
        "charts/confusion": wandb.plot.confusion_matrix(
            y_true=[0, 1, 1], preds=[0, 1, 0], class_names=["cat", "dog"]
        ),
        "figure": wandb.Plotly(figure),
    }


def drawn() -> wandb.Image:
    """Return a figure of matplotlib's as the SDK logs it."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - after wandb, as users do

    figure = Figure(figsize=(2, 1.5))
    figure.subplots().plot([1, 3, 2])
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return wandb.Image(Image.open(file))


def main() -> None:
    run = wandb.init(
        entity="acme",
        project="gpt",
        id="media",
        settings=wandb.Settings(console="off", x_disable_stats=True),
    )
    for step in range(STEPS):
        last = once() | {"plot": drawn()} if step == STEPS - 1 else {}
        run.log(row(step) | last)
    Path("ckpt").mkdir()
    Path("ckpt/model 1.pt").write_bytes(bytes(5000))
    Path("ckpt/config.json").write_text(json.dumps({"lr": 1}))
    run.save("ckpt/*", base_path=".")
    model = wandb.Artifact("policy", "model", description="the best")
    model.add_file("ckpt/model 1.pt")
    run.log_artifact(model, aliases=["best", "latest"])
    model.wait()
    data = wandb.Artifact("rollouts", "dataset")
    data.add_file("ckpt/config.json")
    run.log_artifact(data).wait()
    run.use_artifact(data)
    run.finish()


if __name__ == "__main__":
    main()
