"""Runs of this machine: their .wandb files, read with the standard library alone."""

from wandbwatch.sources.local.source import LocalSource

plugin = LocalSource
