"""A strict little Discord: webhooks and their messages, as its API answers.

Limits and codes: https://discord.com/developers/docs/resources/webhook,
https://discord.com/developers/docs/topics/opcodes-and-status-codes; request schemas:
https://github.com/discord/discord-api-spec. Where those are silent it does what was
seen in public threads, on the strict side.
"""

from tests.servers.discord.board import Hook
from tests.servers.discord.faults import Fault
from tests.servers.discord.rates import Limits
from tests.servers.discord.server import DiscordServer

__all__ = ["DiscordServer", "Fault", "Hook", "Limits"]
