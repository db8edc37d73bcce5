from __future__ import annotations

import logging
import subprocess
import sys
import textwrap

import pytest
from wandbwatch.config import redaction
from wandbwatch.config.redaction import redact


@pytest.mark.parametrize(
    "text",
    [
        "https://discord.com/api/webhooks/12/TOKEN",
        "POST /api/v10/webhooks/12/TOKEN?wait=True HTTP/1.1",
        "Max retries exceeded with url: /api/webhooks/12/TOKEN/messages/5",
        "'/webhooks/12/TOKEN'",
        "webhooks%2F12%2FTOKEN%2Fx",
    ],
)
def test_a_token_is_hidden_anywhere(text):
    assert "TOKEN" not in redact(text)
    assert redact(redact(text)) == redact(text)


def test_the_rest_stays():
    assert redact("webhooks/12/TOKEN/messages/5") == "webhooks/12/…/messages/5"
    assert redact("nothing to hide") == "nothing to hide"


def test_a_secret_that_was_read_is_hidden():
    redaction.hide("0123456789abcdef")
    redaction.hide("short")
    assert redact("key=0123456789abcdef short") == "key=… short"


def test_a_filter_redacts_message_arguments_and_traceback(caplog):
    handler, log = caplog.handler, logging.getLogger("redacted")
    handler.addFilter(redaction.redact_record)
    try:
        int("/webhooks/1/TOKEN")
    except ValueError:
        log.exception("at %s", "/webhooks/2/TOKEN", stack_info=True)
    log.error("does not %d fit", "/webhooks/3/TOKEN")
    assert "TOKEN" not in caplog.text
    assert "base 10: '/webhooks/1/…'" in caplog.text
    assert "at /webhooks/2/…" in caplog.text


def test_nothing_uncaught_shows_a_token():
    code = """
        import logging, threading, warnings
        from wandbwatch.config import redaction
        redaction.install()
        def fail():
            raise ValueError("/webhooks/1/TOKEN") from OSError("/webhooks/2/TOKEN")
        class Bad:
            def __del__(self):
                fail()
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        del (bad := [Bad()])[0]
        logging.basicConfig(level="DEBUG")
        logging.getLogger("later").debug("GET %s", "/webhooks/3/TOKEN")
        fail()
    """
    words = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "TOKEN" not in done.stdout + done.stderr
    assert done.stderr.count("ValueError: /webhooks/1/…") == 3
    assert done.stderr.count("OSError: /webhooks/2/…") == 3
    assert "DEBUG:later:GET /webhooks/3/…" in done.stderr


def test_a_secret_that_begins_a_url_leaves_no_token_behind():
    redaction.hide("https://discord.com/api/webhooks/1")
    assert "t0ken" not in redact("https://discord.com/api/webhooks/12345/s3cret-t0ken")
