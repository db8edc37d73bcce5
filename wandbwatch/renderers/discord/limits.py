"""The limits of one webhook post, in code points.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

CONTENT = 2000
HEADLINE = 160
"""Our limit for one headline: those of ten embeds fit a content."""
EMBEDS = 10
TITLE = 256
DESCRIPTION = 4096
NOTES = 1800
"""Our limit for a footer, so that a whole embed stays within `EMBEDDED`; Discord's is
2048."""
EMBEDDED = 6000
"""The text of all embeds of one message together."""

FILES = 10
FILE_BYTES = 10 << 20
REQUEST_BYTES = 24 << 20
"""Discord takes 25 MiB; the rest is for the JSON."""
ALT_TEXT = 1024
URL = 2048
BUTTON_URL = 512

PHONE = 29
"""Columns of a code block on a phone; a desktop shows about 55."""
PHONE_NAME = 31
"""Characters of a row's name and state in one line of a phone."""
PHONE_CUT = 26
"""Characters of a name that is cut to stay in one line of a phone, in bold."""
PHONE_PROJECT = 20
"""Characters of a project's name beside a time in such a line."""
PHONE_SMALL = 37
"""Characters of small text in one line of a phone."""
LINE = 1000
"""Our limit for a line, so that text can continue in the next embed."""
