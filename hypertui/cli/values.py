"""Figures from the command line."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

from hypertui.market import parse_amount


def amount(name: str, text: str) -> Decimal:
    """A decimal amount; raises ValueError naming it."""
    try:
        return parse_amount(text)
    except ValueError:
        raise ValueError(f"{name} {text} is not a number") from None


def integer(name: str, text: str) -> int:
    """A whole number; raises ValueError naming it."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} {text} is not a whole number") from None


def state_home(given: Path | None) -> Path:
    """The state folder of all networks: the one that was given, or the user's own."""
    if given is not None:
        return given
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "hypertui"
