"""Each fault of Discord, in each way to send: nothing is lost, nothing is posted twice
without its mark, and the log says what went wrong."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import replace

import pytest
from wandbwatch.model.delivery import Message, MessageFile, QueuedMessage

from tests.delivery.outbox.messages import queued
from tests.delivery.sender.harness import SenderHarness
from tests.servers.discord import Fault
from tests.servers.discord.faults import AFTER, BEFORE

PICTURE = MessageFile("a.png", b"\x89PNG\r\n\x1a\n")
EMBED = {"image": {"url": "attachment://a.png"}}
MARK = "(possible duplicate) "
OPENED = {"bad_json", "drip", "empty", "endless", "html", "no_id", "truncated"}
"""The answers that are good by their status, whatever their body is."""
SAID = {
    "301": "it redirects; use the final URL; retrying in 1 s",
    "400_html": "refused: 400 Bad Request; retrying as plain text",
    "400_link": "harmful links filter; retrying as plain text",
    "401_token": "channel lab is stopped: 50027 Invalid Webhook Token; fix it",
    "403_access": "channel lab is stopped: 50001 Missing Access; fix it",
    "403_agent": "rate limit (edge); retrying in 120 s",
    "404_html": "404 Not Found; retrying in 1 s",
    "404_message": "gave up: 10008 Unknown Message; see `wandbwatch outbox`",
    "404_webhook": "channel lab is stopped: 10015 Unknown Webhook; fix it",
    "archived": "gave up: 50083 Tried to perform an operation on an archived thread",
    "413": "refused: 40005 Request entity too large; retrying as plain text",
    "429_edge_html": "rate limit (edge); retrying in 120 s",
    "429_edge_json": "rate limit (edge); retrying in 120 s",
    "429_edge_text": "rate limit (edge); retrying in 120 s",
    "429_global": "rate limit (global); retrying in 33 s",
    "429_nonsense": "rate limit (edge); retrying in 120 s",
    "429_old_edit": "rate limit (user); retrying in 120 s",
    "429_shared": "rate limit (shared); retrying in 33 s",
    "429_user": "rate limit (user); retrying in 33 s",
    "500_after": "500: Internal Server Error; retrying in 1 s",
    "500_html": "500 Internal Server Error; retrying in 1 s",
    "500_json": "500: Internal Server Error; retrying in 1 s",
    "502_after": "502 Bad Gateway; retrying in 1 s",
    "502_empty": "502 Bad Gateway; retrying in 1 s",
    "502_html": "502 Bad Gateway; retrying in 1 s",
    "503_overloaded": "API resource is currently overloaded.; retrying in 1 s",
    "504_html": "504 Gateway Timeout; retrying in 1 s",
    "close_after": "connection closed without an answer; retrying in 1 s",
    "drip_headers": "no complete answer in 0.7 s; retrying in 1 s",
    "gone": "channel lab is stopped: 10015 Unknown Webhook; fix it",
    "hang": "no answer in 0.45 s; retrying in 1 s",
    "hang_after": "no answer in 0.45 s; retrying in 1 s",
    "reset_after": "connection reset; retrying in 1 s",
    "reset_before": "connection reset; retrying in 1 s",
}
"""What the log says of a fault, in one line; nothing of an answer that is good."""


class Cell:
    """A message sent into a fault: a new one, an edit, or a report that a newer one
    replaces while it waits."""

    def __init__(self, harness: SenderHarness, mode: str, *, picture: bool) -> None:
        self.harness, self.mode, self.picture = harness, mode, picture

    def run(self, fault: Fault) -> None:
        if self.mode == "edit":
            self.harness.enqueue(self._message("old", 0))
            self.harness.deliver()
        self.harness.server.faults.append(fault)
        if self.mode == "replace":
            self.harness.enqueue(self._message("old", 0))
            self._enqueue_at_the_first_wait(self._message("new", 1))
        else:
            self.harness.enqueue(self._message("new", 1))
        self.harness.deliver()

    def end(self) -> None:
        """Do what the log asks for, and deliver what is left."""
        if self.harness.admin.resume("lab"):
            board = self.harness.server.board
            board.put(replace(board.hooks["11"], gone=False))
        self.harness.admin.retry()
        self.harness.deliver()
        if self.mode == "replace" and not self.copies("new"):
            self.harness.enqueue(self._message("new", 2))
            self.harness.deliver()

    def copies(self, text: str) -> list[str]:
        return [each for each in self.harness.texts if text in each]

    def _message(self, text: str, hour: int) -> QueuedMessage:
        made = queued(text, hour=hour, edit=self.mode == "edit")
        if not self.picture:
            return made
        body = json.dumps({"content": text, "embeds": [EMBED]})
        return replace(made, message=Message(body, (PICTURE,)))

    def _enqueue_at_the_first_wait(self, newer: QueuedMessage) -> None:
        clock, wait = self.harness.clock, self.harness.clock.wait

        def waiting(seconds: float) -> None:
            clock.wait = wait
            wait(seconds)
            self.harness.enqueue(newer)

        clock.wait = waiting


@pytest.mark.parametrize("picture", [False, True], ids=["text", "picture"])
@pytest.mark.parametrize("mode", ["send", "edit", "replace"])
@pytest.mark.parametrize("kind", sorted(BEFORE | AFTER))
def test_a_fault_loses_and_doubles_nothing_and_is_logged(
    harness, caplog, kind, mode, picture
):
    caplog.set_level(logging.WARNING)
    cell = Cell(harness, mode, picture=picture)
    cell.run(Fault(kind, seconds=33.0))
    said = [record.getMessage() for record in caplog.records]
    # Discord says that the message is gone: the edit becomes a new message.
    posted_anew = mode == "edit" and kind in ("404_message", "archived")
    if posted_anew or kind.removesuffix("_after") in OPENED:
        assert said == []
    else:
        (line,) = said
        assert "lab" in line
        assert SAID[kind] in line
    cell.end()
    assert harness.admin.waiting() == harness.admin.failed() == ()
    assert cell.copies("new"), "lost"
    unmarked = Counter(text for text in harness.texts if MARK not in text)
    assert set(unmarked.values()) <= {1}
    if mode == "edit" and not posted_anew:
        assert len(harness.texts) == 1
    for record in harness.server.messages:
        plain = record["payload"]["content"].startswith("plain: ")
        assert len(record["files"]) == (picture and not plain)
    assert harness.server.warnings == []
