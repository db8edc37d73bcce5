"""Fixtures that every test directory may use."""

from tests.servers.discord.fixtures import discord_server
from tests.servers.wandb.fixtures import _wandb_server, log_run, wandb_server

__all__ = ["_wandb_server", "discord_server", "log_run", "wandb_server"]
