"""Read watch.toml and what it depends on: paths, secrets, time zones."""
