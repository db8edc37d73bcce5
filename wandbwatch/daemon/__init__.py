"""The scheduler process. No typer, rich, wandb or matplotlib: it stays small."""
