"""Terminal commands that manage wandbwatch itself; not allowed in lists of lines."""

SHARED = {
    "hello": "doctor",
    "history": "outbox",
    "projects": "login",
    "retry": "experiments",
    "run": "daemon",
    "stop": "experiments",
    "unmute": "mute",
    "unsubscribe": "subscribe",
    "whoami": "login",
}
"""Operations that are a function of another one's file."""
