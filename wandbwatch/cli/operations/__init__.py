"""Terminal commands that manage wandbwatch itself; not allowed in lists of lines."""

SHARED = {
    "history": "outbox",
    "projects": "login",
    "retry": "experiments",
    "stop": "experiments",
    "unmute": "mute",
    "unsubscribe": "subscribe",
    "whoami": "login",
}
"""Operations that are a function of another one's file."""
