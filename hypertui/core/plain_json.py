"""Values as plain JSON, for people and for a digest: amounts as decimal strings, without exponents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path

from hypertui.core.market import plain


def fit_for_json(value: object) -> object:
    """The same in dicts, lists and what JSON can say."""
    match value:
        case dict():
            return {str(name): fit_for_json(part) for name, part in value.items()}
        case list() | tuple():
            return [fit_for_json(part) for part in value]
        case Decimal():
            return plain(value)
        case Enum():
            return value.value
        case Path():
            return str(value)
        case _:
            return value


def digest(values: Mapping[str, object]) -> str:
    """The SHA-256 of their canonical JSON (sorted keys, no spaces), as hex digits."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
