"""What must never be written anywhere, taken out of text that may hold it: keys and passwords, and whatever a
terminal would obey instead of showing it.

Nothing here knows the secrets. A private key is 64 hex digits, a decimal number of more than seventy digits,
or nothing; whatever looks so is taken out, signatures and hashes with it.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64,}|[0-9]{70,}")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s\"']+@")
# Commands to a terminal: ESC [ … letter, ESC ] … BEL (or ESC \), ESC and one more; or the same by one byte.
_COMMAND = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b."
)
_NAMED_PASSWORD = re.compile(r"(password=)[^\s&\"']+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """`text` with every private key, and every password of a URL, as `***`."""
    if len(text) >= 64:
        text = _KEY.sub(HIDDEN, text)
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\g<1>{HIDDEN}@", text)
    return _NAMED_PASSWORD.sub(rf"\g<1>{HIDDEN}", text) if "=" in text else text


def harmless(text: str) -> str:
    """Somebody else's `text` on one line, with nothing in it that moves a cursor, sets a title, turns the
    writing round or cannot be encoded."""
    if text.isprintable():
        return text
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in _COMMAND.sub("", text))
    return "".join(kept)


def printable(text: str, limit: int = 300) -> str:
    """The same without needless space, and of at most `limit` characters and a sign that there was more."""
    line = " ".join(harmless(text[: 8 * limit]).split())
    return line if len(line) <= limit else line[:limit] + "…"
