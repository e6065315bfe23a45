"""The environment of a child process, which has no use for the settings: the key is among them."""

from __future__ import annotations

import os
import re

_OURS = "HYPERTUI_"
_OF_A_CONSOLE = ("HYPERTUI_CONSOLE", "HYPERTUI_STATE_DIR")
_SECRET = re.compile("KEY|SECRET|TOKEN|PASS|CREDENTIAL|^PG|_URL$|_DSN$", re.IGNORECASE)


def child_environment() -> dict[str, str]:
    """This process's environment without anything of `HYPERTUI_…`, whatever its case."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}


def environment_of_a_console() -> dict[str, str]:
    """The same with what a console needs of it: how it looks, and where its engine keeps its state."""
    wanted = {name: value for name, value in os.environ.items() if name.upper().startswith(_OF_A_CONSOLE)}
    return child_environment() | wanted


def environment_of_a_door() -> dict[str, str]:
    """The same without whatever may be a secret by its name: that process faces the world."""
    return {name: value for name, value in child_environment().items() if not _SECRET.search(name)}
