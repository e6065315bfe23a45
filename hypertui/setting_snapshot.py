"""The settings in force as JSON can say them, and a mark by which two of them are told apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path

from hypertui.core.market import plain


def digest(snapshot: Mapping[str, object]) -> str:
    """The SHA-256 of a snapshot's canonical JSON (sorted keys, no spaces), as hex digits."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain_values(value: object) -> object:
    """A setting, or a nest of them, as JSON can say it: amounts as plain decimal strings."""
    match value:
        case dict():
            return {str(name): plain_values(part) for name, part in value.items()}
        case list() | tuple():
            return [plain_values(part) for part in value]
        case Decimal():
            return plain(value)
        case Enum():
            return value.value
        case Path():
            return str(value)
        case _:
            return value
