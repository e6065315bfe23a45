"""The environment of a child process, which has no use for the settings: the key is among them."""

from __future__ import annotations

import os

_OURS = "HYPERTUI_"


def child_environment() -> dict[str, str]:
    """This process's environment without anything of `HYPERTUI_…`, whatever its case."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}
