"""Train small models and record their curves and the times of their rows.

``python -m tests.corpus.record`` renews ``recorded.npz``. Each training logs a row per
step: when (seconds since its start), the training loss, and now and then a validation
loss after a real evaluation; checkpoints reach the disk with an fsync.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

FILE = Path(__file__).with_name("recorded.npz")
STEPS = 900
Array = NDArray[np.float64]


@dataclass
class Net:
    """A perceptron with one hidden layer, trained by momentum SGD."""

    sizes: tuple[int, int, int]
    rate: float
    squared: bool = False
    drop: float = 0.0
    seed: int = 0
    weights: list[Array] = field(default_factory=list)
    speed: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = np.random.default_rng(self.seed)
        a, b, c = self.sizes
        shapes = ((a, b), (b,), (b, c), (c,))
        self.weights = [
            self.dice.normal(0, 1 / math.sqrt(s[0]), s) if len(s) == 2 else np.zeros(s)
            for s in shapes
        ]
        self.speed = [np.zeros(s) for s in shapes]

    def loss(self, x: Array, y: Array) -> float:
        return self._forward(x, y)[0]

    def step(self, x: Array, y: Array) -> float:
        loss, hidden, slope = self._forward(x, y, drop=self.drop)
        back = (slope @ self.weights[2].T) * (hidden > 0)
        found = (x.T @ back, back.sum(0), hidden.T @ slope, slope.sum(0))
        for n, slope in enumerate(found):
            self.speed[n] = 0.9 * self.speed[n] - self.rate * slope
            self.weights[n] = self.weights[n] + self.speed[n]
        return loss

    def _forward(
        self, x: Array, y: Array, drop: float = 0.0
    ) -> tuple[float, Array, Array]:
        hidden = np.maximum(x @ self.weights[0] + self.weights[1], 0)
        if drop:
            hidden *= self.dice.random(hidden.shape) > drop
        out = hidden @ self.weights[2] + self.weights[3]
        if self.squared:
            off = out - y
            return float((off**2).mean()), hidden, 2 * off / len(y)
        out = out - out.max(1, keepdims=True)
        chance = np.exp(out)
        chance /= chance.sum(1, keepdims=True)
        loss = -np.log((chance * y).sum(1) + 1e-12).mean()
        return float(loss), hidden, (chance - y) / len(y)


Data = tuple[Array, Array, Array, Array]


def digits(noise: float = 0.0, seed: int = 0) -> Data:
    """Return training and validation data; *noise* is the share of wrong labels."""
    dice = np.random.default_rng(seed)
    x, labels = load_digits(return_X_y=True)
    wrong = dice.random(len(labels)) < noise
    labels = np.where(wrong, dice.integers(0, 10, len(labels)), labels)
    return _parted(x / 16, np.eye(10)[labels], dice)


def tumours() -> Data:
    x, labels = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    return _parted(x, np.eye(2)[labels], np.random.default_rng(1))


def diabetes() -> Data:
    x, y = load_diabetes(return_X_y=True)
    y = ((y - y.mean()) / y.std())[:, None]
    return _parted(x / x.std(0), y, np.random.default_rng(2))


def _parted(x: Array, y: Array, dice: np.random.Generator) -> Data:
    order = dice.permutation(len(x))
    cut = len(x) * 4 // 5
    return x[order[:cut]], y[order[:cut]], x[order[cut:]], y[order[cut:]]


@dataclass(frozen=True)
class Training:
    data: Callable[[], Data]
    hidden: int
    rate: float
    batch: int
    every: int
    """Steps between evaluations."""
    passes: int = 40
    """How often the validation data is read in one evaluation."""
    decay: bool = False
    drop: float = 0.0
    squared: bool = False

    def rows(self, seed: int) -> Iterator[tuple[float, float, float]]:
        x, y, vx, vy = self.data()
        dice = np.random.default_rng(seed)
        net = Net(
            (x.shape[1], self.hidden, y.shape[1]),
            self.rate, self.squared, self.drop, seed,
        )  # fmt: skip
        start = time.perf_counter()
        for step in range(STEPS):
            if self.decay:
                net.rate = self.rate * 0.5 * (1 + math.cos(math.pi * step / STEPS))
            chosen = dice.integers(0, len(x), self.batch)
            loss = net.step(x[chosen], y[chosen])
            held = math.nan
            if step % self.every == self.every - 1:
                held = [net.loss(vx, vy) for _ in range(self.passes)][-1]
                _save(net)
            yield time.perf_counter() - start, loss, held


def _save(net: Net) -> None:
    with tempfile.TemporaryFile(dir=FILE.parent) as file:
        np.savez(file, *net.weights, *net.speed)
        file.flush()
        os.fsync(file.fileno())


TRAININGS = {
    "digits": Training(digits, 64, 0.05, 32, 100),
    "digits-small-batch": Training(digits, 32, 0.01, 4, 100),
    "digits-smooth": Training(digits, 64, 0.1, 1437, 50, passes=10),
    "digits-noisy-labels": Training(lambda: digits(0.2), 128, 0.02, 32, 90),
    "digits-dropout": Training(digits, 256, 0.05, 64, 120, drop=0.5),
    "digits-cosine": Training(digits, 128, 0.1, 64, 75, decay=True),
    "tumours": Training(tumours, 16, 0.003, 16, 60, passes=100),
    "tumours-smooth": Training(tumours, 32, 0.02, 455, 150, passes=100),
    "diabetes": Training(diabetes, 32, 0.002, 16, 80, passes=200, squared=True),
    "diabetes-cosine": Training(
        diabetes, 64, 0.005, 64, 100, passes=200, decay=True, squared=True
    ),
    "digits-slow": Training(lambda: digits(0.05), 512, 0.02, 128, 150, passes=20),
    "digits-hot": Training(digits, 48, 0.25, 32, 100),
}


def main() -> None:
    found: dict[str, NDArray[np.float32]] = {}
    for number, (name, training) in enumerate(TRAININGS.items()):
        rows = np.array(list(training.rows(number)), dtype=np.float32)
        found[name] = rows
    np.savez_compressed(FILE, allow_pickle=False, **found)


if __name__ == "__main__":
    main()
