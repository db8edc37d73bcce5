"""Keep the hours of watch.toml. No typer, rich, wandb or matplotlib: it stays small."""
