"""Runs of a W&B server, read with the wandb package: the only place that imports it."""

from wandbwatch.sources.cloud.source import CloudSource

plugin = CloudSource
