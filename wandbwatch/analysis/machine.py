"""A run's machine and code as the SDK records them: accelerators, origin. Pure.

``gpu.0.temp`` is one metric of one device; where several nodes log to one run, each
adds its label: ``gpu.0.temp/l:node-0``.
https://github.com/wandb/wandb/blob/main/core/internal/leet/systemmetricsdefs.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from wandbwatch.model.run_details import Provenance

_DEVICE = re.compile(r"(gpu|tpu|trn|ipu)\.(\d+)\.(.+)")
_LABEL = re.compile(r"/l:(.+)", re.DOTALL)
BUSY: Mapping[str, tuple[str, ...]] = {
    "gpu": ("gpu",),
    "tpu": ("tensorcoreUtilization", "dutyCycle"),
    "trn": ("neuroncore_utilization",),
    "ipu": ("ipu utilisation (%)",),
}
"""The metrics of each kind of device that say how busy it is, in percent."""
MEMORY: Mapping[str, tuple[str, ...]] = {
    "gpu": ("memoryAllocated",),
    "tpu": ("hbmMemoryUsage", "runtimeHbmUtilization", "memoryUsage"),
}
"""The metrics of each that say how full its memory is, in percent."""
NAMES: Mapping[str, str] = {"gpu": "GPU", "tpu": "TPU", "trn": "Trainium", "ipu": "IPU"}
"""The usual name of each kind."""


class Device(NamedTuple):
    kind: str
    """``gpu``, ``tpu``, ``trn`` (Trainium) or ``ipu``."""
    node: str
    """The label of its node; empty where the run has one node."""
    number: int

    def __str__(self) -> str:
        return of_node(f"{self.kind} {self.number}", self.node)


def of_node(name: str, node: str) -> str:
    return f"{name} of {node}" if node else name


def split(name: str) -> tuple[str, str]:
    """Split a system metric into its name and the label of its node."""
    found = _LABEL.search(name)
    return (name[: found.start()], found[1]) if found else (name, "")


def device_metric(name: str) -> tuple[Device, str] | None:
    """Split a metric such as ``gpu.0.temp`` into its device and ``temp``."""
    plain, node = split(name)
    if plain == "tpu":  # an older SDK: one number for all of them
        return Device("tpu", node, 0), BUSY["tpu"][0]
    found = _DEVICE.fullmatch(plain)
    return (Device(found[1], node, int(found[2])), found[3]) if found else None


def device_metrics(metrics: Mapping[str, float]) -> dict[Device, dict[str, float]]:
    """Return the values of each device in a run's system metrics."""
    found: dict[Device, dict[str, float]] = {}
    for name, value in metrics.items():
        if of := device_metric(name):
            device, metric = of
            found.setdefault(device, {})[metric] = value
    return found


def devices(names: Iterable[str]) -> set[Device]:
    """Return the devices that the system metrics *names* belong to."""
    return {of[0] for name in names if (of := device_metric(name))}


def gpus(names: Iterable[str]) -> set[Device]:
    return {device for device in devices(names) if device.kind == "gpu"}


def busiest(metrics: Mapping[str, float]) -> float | None:
    """Return how busy the busiest device is, in percent; None if unknown."""
    every = device_metrics(metrics).items()
    found = [v for d, values in every for k, v in values.items() if k in BUSY[d.kind]]
    return max(found, default=None)


def globs(measures: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the globs of the system metrics *measures* of all devices and nodes."""
    plain = [f"{kind}.[0-9]*.{m}" for kind, named in measures.items() for m in named]
    return tuple(f"{name}{label}" for name in plain for label in ("", "/l:*"))


METADATA, REQUIREMENTS = "wandb-metadata.json", "requirements.txt"
LARGEST = 4 << 20
"""The most bytes read of such a file."""
_NAMED = {
    "program": "program",
    "codePath": "code",
    "os": "system",
    "python": "python",
    "host": "host",
    "gpu": "gpu",
    "gpu_count": "gpus",
    "cudaVersion": "cuda",
    "cpu_count": "cpu cores",
    "docker": "docker image",
}
_PACKAGE = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:==|@)\s*(\S+)")


def provenance(metadata: str, requirements: str) -> Provenance:
    """Read the texts of the SDK's two files; an empty one says nothing."""
    try:
        parsed = json.loads(metadata) if metadata else {}
    except (ValueError, RecursionError):
        parsed = {}
    facts = dict(_facts(parsed)) if isinstance(parsed, dict) else {}
    return Provenance(facts, packages(requirements))


def packages(requirements: str) -> Mapping[str, str]:
    """Read the lines of a ``pip freeze``."""
    found = map(_PACKAGE.match, requirements.splitlines())
    return {one[1].lower().replace("_", "-"): one[2] for one in found if one}


def _facts(parsed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    git = parsed.get("git")
    if isinstance(git, Mapping):
        for name in ("commit", "remote"):
            if value := _text(git.get(name)):
                yield name, value
    for name, ours in _NAMED.items():
        if value := _text(parsed.get(name)):
            yield ours, value
    arguments = parsed.get("args")
    if isinstance(arguments, list) and arguments:
        yield "arguments", " ".join(map(str, arguments))


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and value else ""
