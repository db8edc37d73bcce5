from __future__ import annotations

import json

import pytest
from wandbwatch.analysis.keys import expanded
from wandbwatch.analysis.machine import (
    BUSY,
    Device,
    busiest,
    device_metric,
    device_metrics,
    globs,
    gpus,
    provenance,
)
from wandbwatch.model.run_details import Provenance


def test_system_metrics_are_grouped_by_device():
    found = device_metrics(
        {"gpu.0.gpu": 1, "gpu.10.temp": 2, "gpu.process.3.gpu": 3, "cpu": 4}
    )
    ten = Device("gpu", "", 10)
    assert found == {Device("gpu", "", 0): {"gpu": 1}, ten: {"temp": 2}}


@pytest.mark.parametrize(
    ("name", "device", "metric"),
    [
        ("gpu.0.gpu/l:node-0", Device("gpu", "node-0", 0), "gpu"),
        ("gpu.0.gpu/l:a/b", Device("gpu", "a/b", 0), "gpu"),
        ("tpu.3.dutyCycle", Device("tpu", "", 3), "dutyCycle"),
        ("tpu/l:w", Device("tpu", "w", 0), "tensorcoreUtilization"),
        ("trn.1.neuroncore_memory_usage.tensors", Device("trn", "", 1), None),
        ("ipu.2.ipu utilisation (%)", Device("ipu", "", 2), "ipu utilisation (%)"),
    ],
)
def test_devices_of_every_kind_and_node(name, device, metric):
    found = device_metric(name)
    assert found
    assert found[0] == device
    assert metric in (None, found[1])


def test_a_device_is_named_with_its_node():
    assert str(Device("gpu", "", 3)) == "gpu 3"
    assert str(Device("gpu", "node-1", 0)) == "gpu 0 of node-1"


def test_gpus_of_several_nodes_are_counted_each():
    names = ["gpu.0.gpu/l:a", "gpu.0.gpu/l:b", "gpu.0.temp/l:b", "tpu.0.dutyCycle"]
    assert len(gpus(names)) == 2


def test_the_busiest_device_of_any_node():
    assert busiest({"gpu.0.gpu/l:a": 3.0, "gpu.0.gpu/l:b": 9.0, "gpu.0.temp": 50}) == 9
    assert busiest({"trn.0.neuroncore_utilization": 7.0}) == 7
    assert busiest({"gpu.process.0.gpu": 3.0, "cpu": 1.0}) is None


def test_globs_find_the_devices_and_not_their_processes():
    names = ["gpu.0.gpu", "gpu.12.gpu/l:a", "gpu.process.0.gpu", "trn.1.x", "cpu"]
    known = [f"system/{name}" for name in names]
    assert expanded([f"system/{glob}" for glob in globs(BUSY)], known) == known[:2]
    assert expanded(["b", "x[0]*", "b"], ["x0"]) == ["b", "x[0]*"]


METADATA = {
    "os": "Linux",
    "python": "3.11.7",
    "program": "train.py",
    "args": ["--lr", "0.1"],
    "git": {"remote": "git@example.org:a/b.git", "commit": "abc123"},
    "gpu": "NVIDIA H100",
    "gpu_count": 8,
    "host": "node1",
    "email": "me@example.org",
}
REQUIREMENTS = "torch==2.4.0\nMy_Pkg==1\n# no\nfoo @ git+https://x/y\n\nwandb==0.31.0\n"


def test_the_files_that_the_sdk_saves_are_read():
    assert provenance(json.dumps(METADATA), REQUIREMENTS) == Provenance(
        {
            "commit": "abc123",
            "remote": "git@example.org:a/b.git",
            "program": "train.py",
            "system": "Linux",
            "python": "3.11.7",
            "host": "node1",
            "gpu": "NVIDIA H100",
            "gpus": "8",
            "arguments": "--lr 0.1",
        },
        {"torch": "2.4.0", "my-pkg": "1", "foo": "git+https://x/y", "wandb": "0.31.0"},
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "[" * 100_000, '{"git": 3, "os": {}}']
)
def test_whatever_is_there_instead_says_nothing(text):
    assert provenance(text, "\x00 nothing") == Provenance()
