"""What must never be written anywhere, taken out of text that may hold it: keys and passwords.

Nothing here knows the secrets. A private key is 64 hex digits, a decimal number of more than seventy digits,
or nothing; whatever looks so is taken out, signatures and hashes with it.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64,}|[0-9]{70,}")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s\"']+@")
_NAMED_PASSWORD = re.compile(r"(password=)[^\s&\"']+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """`text` with every private key, and every password of a URL, as `***`."""
    if len(text) >= 64:
        text = _KEY.sub(HIDDEN, text)
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\g<1>{HIDDEN}@", text)
    return _NAMED_PASSWORD.sub(rf"\g<1>{HIDDEN}", text) if "=" in text else text
