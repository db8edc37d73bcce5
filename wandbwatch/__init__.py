"""Watch W&B runs from a terminal, a script or a Discord channel."""

__version__ = "0.1.0"
