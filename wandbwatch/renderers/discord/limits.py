"""What Discord takes in one webhook post; it counts code points.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

CONTENT = 2000
EMBEDS = 10
TITLE = 256
AUTHOR = 256
DESCRIPTION = 4096
FOOTER = 2048
NOTES = 1800
"""What we put in a footer: with all else that stands in an embed it is within 6000."""
EMBEDDED = 6000
"""All that the embeds of one message say together."""

FILES = 10
FILE_BYTES = 10 << 20
REQUEST_BYTES = 24 << 20
"""Of 25 MiB: a part is left for what is not files."""
ALT_TEXT = 1024
URL = 2048

PHONE = 29
"""Columns of a code block on a phone; a desktop shows about 55."""
LINE = 1000
"""A longer line of ours is parted, so that it can go on in the next embed."""
