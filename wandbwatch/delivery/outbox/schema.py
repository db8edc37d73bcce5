"""The tables of state.db, and how older ones are upgraded."""

from __future__ import annotations

import re

VERSION = 7
"""The version of the tables, stored in the file's ``user_version``."""

_EXPERIMENTS = """
CREATE TABLE experiment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,          -- the id of the first asked for together
    jobs INTEGER NOT NULL,           -- how many of its batch run at once
    plan TEXT NOT NULL,
    phase TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked REAL NOT NULL,
    detached INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    started REAL,
    ended REAL,
    code INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    pid INTEGER,
    born INTEGER,                    -- with the pid: one process for all time
    log TEXT NOT NULL DEFAULT '',
    directory TEXT NOT NULL DEFAULT '',
    score REAL,
    request TEXT NOT NULL DEFAULT '',  -- int, term, kill: what somebody asked for
    once TEXT                        -- of one key, only one batch is taken on
);
CREATE INDEX going ON experiment (batch) WHERE phase IN ('waiting', 'running');
"""
_JOBS = """
CREATE TABLE IF NOT EXISTS placement (
    experiment INTEGER PRIMARY KEY REFERENCES experiment (id) ON DELETE CASCADE,
    job TEXT NOT NULL DEFAULT '',    -- of an engine: NAME/INDEX/ID
    gpus TEXT NOT NULL DEFAULT ''    -- CUDA_VISIBLE_DEVICES
);
DROP INDEX IF EXISTS going;
CREATE INDEX going ON experiment (batch)
    WHERE phase IN ('waiting', 'pending', 'running');
"""

# Tables of their own, as a column can't be added where it is already there.
_WAITS = """
CREATE TABLE IF NOT EXISTS wait (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    since REAL NOT NULL              -- when its not_before was set
);
CREATE TABLE IF NOT EXISTS outage (
    channel TEXT NOT NULL,
    server TEXT NOT NULL,
    since REAL NOT NULL,
    lines TEXT NOT NULL,             -- JSON: the failing lines and their errors
    PRIMARY KEY (channel, server)
);
"""
_HISTORY = """
CREATE TABLE IF NOT EXISTS origin (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    origin TEXT NOT NULL             -- JSON of an Origin
);
-- What was posted, kept longer than its message.
CREATE TABLE IF NOT EXISTS posted (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    subscription TEXT NOT NULL,
    slot TEXT NOT NULL,
    origin TEXT NOT NULL,
    at REAL NOT NULL,
    edits INTEGER NOT NULL DEFAULT 0,
    edited REAL,                     -- the latest edit
    removed REAL,
    message_id TEXT,                 -- Discord's, where its answer could be read
    channel_id TEXT,
    muted TEXT                       -- the mute by which it was not posted
);
CREATE INDEX IF NOT EXISTS posted_at ON posted (at);
CREATE INDEX IF NOT EXISTS posted_id ON posted (message_id);
CREATE TABLE IF NOT EXISTS mute (
    target TEXT PRIMARY KEY,         -- a subscription, a rule or an address
    kind TEXT NOT NULL,
    since REAL NOT NULL,
    until REAL NOT NULL,
    reason TEXT NOT NULL,
    channels TEXT NOT NULL           -- JSON: where its end is reported
);
"""
_RUN_THREADS = """
CREATE TABLE IF NOT EXISTS run_thread (
    channel TEXT NOT NULL,
    run TEXT NOT NULL,               -- its path
    id TEXT NOT NULL,                -- Discord's, of the thread
    PRIMARY KEY (channel, run)
);
"""

TABLES = f"""
{_EXPERIMENTS}{_JOBS}CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of telling
    channel TEXT NOT NULL,
    subscription TEXT NOT NULL,
    slot TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    place TEXT NOT NULL,             -- in the subscription: what an edit edits
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    edit INTEGER NOT NULL,
    body TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL,
    state TEXT NOT NULL DEFAULT 'waiting',  -- delivered, superseded, failed, digested
    claimed REAL,                    -- a send was begun and its end not written
    attempts INTEGER NOT NULL DEFAULT 0,   -- in a row that never left
    ambiguous INTEGER NOT NULL DEFAULT 0,  -- sends of unknown fate
    reduced INTEGER NOT NULL DEFAULT 0,    -- it goes as plain text now
    held INTEGER NOT NULL DEFAULT 0,       -- quiet hours have kept it
    not_before REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    ended REAL
);
-- What has ended is kept for days and is most of the table: nothing reads it whole.
CREATE UNIQUE INDEX once ON message (subscription, slot, sequence, channel);
CREATE INDEX line ON message (channel, id) WHERE state = 'waiting';
CREATE INDEX ended ON message (ended);
CREATE TABLE file (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (message, position)
);
CREATE TABLE memory (
    subscription TEXT NOT NULL,
    line TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (subscription, line, key)
);
CREATE TABLE slot (job TEXT PRIMARY KEY, slot TEXT NOT NULL);
CREATE TABLE live (
    channel TEXT NOT NULL,
    subscription TEXT NOT NULL,
    place TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (channel, subscription, place)
);
CREATE TABLE thread (channel TEXT PRIMARY KEY, name TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE stopped (channel TEXT PRIMARY KEY, reason TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE sent (lane TEXT NOT NULL, at REAL NOT NULL);
{_WAITS}{_HISTORY}{_RUN_THREADS}"""

NAMES = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", TABLES))
"""Of all tables."""

CHANGES = {
    2: """
ALTER TABLE message ADD COLUMN place TEXT NOT NULL DEFAULT '';
UPDATE message SET place = CAST(sequence AS TEXT);
ALTER TABLE live RENAME TO live_1;
CREATE TABLE live (
    channel TEXT NOT NULL,
    subscription TEXT NOT NULL,
    place TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (channel, subscription, place)
);
INSERT INTO live SELECT channel, subscription, CAST(sequence AS TEXT), message_id
    FROM live_1;
DROP TABLE live_1;
""",
    3: _EXPERIMENTS,
    4: _WAITS,
    5: _JOBS,
    6: _HISTORY,
    7: _RUN_THREADS,
}
"""Statements that upgrade the tables of each earlier version."""
