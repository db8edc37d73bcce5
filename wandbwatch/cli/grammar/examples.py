"""The command groups and the examples that `--help` shows."""

from __future__ import annotations

GROUPS = {
    "Look at runs": (
        *("project", "projects", "summary", "image", "top", "media", "system", "logs"),
        *("files", "artifacts", "diff", "sweep"),
    ),
    "See what happened": ("events", "alert", "digest", "why", "history"),
    "Train": ("experiment", "experiments", "wait", "stop", "retry"),
    "Post to Discord": (
        *("subscribe", "unsubscribe", "run", "lines", "daemon", "next", "status"),
        *("hello", "outbox", "mute", "unmute"),
    ),
    "Set up": ("init", "check", "login", "whoami", "doctor", "service", "demo"),
}
"""The commands by what one wants; internal ones are in none."""

EXAMPLES = {
    "project": (
        "project acme/gpt --keys val/loss,config.lr --topk 20",
        """project acme/gpt --filters '{"state": "failed"}'""",
        "project acme/gpt --order +summary_metrics.val/loss",
        "project ./wandb",
    ),
    "projects": ("projects", "projects acme"),
    "summary": (
        "summary acme/gpt/latest",
        "summary acme/gpt/best --keys val,config.lr --config",
        "summary ./wandb/latest-run",
    ),
    "image": (
        "image acme/gpt --keys train/loss,val/loss --smooth 0.9",
        "image acme/gpt/latest --since 2h",
        "plot acme/gpt --keys val/loss --group-by config.lr --log-y",
        "image acme/gpt --scatter config.lr,val/loss",
    ),
    "top": ("top acme/gpt", "top acme/gpt --keys train/loss --total config.steps"),
    "media": (
        "media acme/gpt/latest",
        "media acme/gpt/latest --keys 'eval/*' --step all --out ./media",
    ),
    "system": ("system acme/gpt/latest", "system acme/gpt/latest --since 30m"),
    "logs": (
        "logs acme/gpt/latest",
        "logs acme/gpt/latest --grep 'error|warning' --topk 0",
        "logs acme/gpt/latest --follow",
    ),
    "files": (
        "files acme/gpt/latest",
        "files acme/gpt/latest 'ckpt/*' --out ./ckpt",
    ),
    "artifacts": ("artifacts acme/gpt", "artifacts acme/gpt/latest --types model"),
    "diff": (
        "diff acme/gpt/latest best",
        "diff acme/gpt/abc123 def456 --ignore seed",
    ),
    "sweep": ("sweep acme/gpt", "sweep acme/gpt/s1w2e3 --best val/loss:min --topk 10"),
    "events": (
        "events acme/gpt",
        "events acme/gpt --on failed,crashed,stalled",
        "events acme/gpt --best val/loss:min --attach summary,plot:val/loss,log:20",
    ),
    "alert": (
        "alert acme/gpt --when 'nan(train/loss)' --when 'train/loss > 5'",
        "alert acme/gpt --when 'val/loss > 2' --for 10m --backtest",
        "alert acme/gpt --suggest",
    ),
    "digest": ("digest acme/gpt", "digest acme/gpt --since 7d --best val/loss:min"),
    "why": ("why acme/gpt/latest", "why ./wandb/latest-run"),
    "history": ("history", "history acme/gpt --since 24h"),
    "experiment": (
        "experiment --script train.py 'lr=[0.1,0.01]' 'seed=[1,2]' --grid --jobs 2",
        "experiment --script train.py --random 20 'lr=log_uniform(1e-5,1e-2)' --detach",
    ),
    "experiments": ("experiments", "experiments 7", "experiments B3"),
    "wait": ("wait acme/gpt/abc123 --timeout 8h", "wait 7 8 --any"),
    "stop": ("stop 7", "stop B3"),
    "retry": ("retry 7", "retry B3 --failed"),
    "subscribe": (
        "subscribe nightly 'project acme/gpt --topk 5' --cron '0 9 * * *'",
        "subscribe failures 'events acme/gpt --on failed,crashed' --every 2m",
    ),
    "unsubscribe": ("unsubscribe nightly",),
    "run": ("run", "run nightly --dry-run"),
    "lines": ("lines reports.txt", "lines --check old-list.txt"),
    "daemon": ("daemon", "daemon watch.toml --json-logs"),
    "next": ("next", "next --topk 10"),
    "status": ("status", "status --metrics"),
    "hello": ("hello", "hello alerts"),
    "outbox": ("outbox", "outbox --retry", "outbox 12 --drop"),
    "mute": ("mute acme/gpt --for 6h --reason 'cluster maintenance'",),
    "unmute": ("unmute acme/gpt", "unmute --all"),
    "init": (
        "init",
        "init --project acme/gpt --webhook-env DISCORD_WEBHOOK --cron '0 9 * * *' -y",
    ),
    "check": ("check", "check watch.toml --online"),
    "login": ("login", "login --server https://wandb.acme.com"),
    "whoami": ("whoami",),
    "doctor": ("doctor", "doctor acme/gpt"),
    "service": ("service install --user", "service status"),
    "demo": ("demo",),
}
"""The examples of each command, without the program's name; the tests run them."""
