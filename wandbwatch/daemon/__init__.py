"""The daemon process. To stay small, it imports no typer, rich, wandb or matplotlib."""
