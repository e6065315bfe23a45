"""The environment of a child process, which has no use for the settings: the key is among them."""

from __future__ import annotations

import os
import re

_OURS = "HYPERTUI_"
_OF_A_CONSOLE = ("HYPERTUI_CONSOLE", "HYPERTUI_STATE_DIR")
# Whatever else there is may be a secret, or hold one: an address of a proxy does.
_OF_A_DOOR = re.compile(r"PATH|HOME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|VIRTUAL_ENV|PYTHON\w+|(DY)?LD_\w+")


def child_environment() -> dict[str, str]:
    """This process's environment without anything of `HYPERTUI_…`, whatever its case."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}


def environment_of_a_console() -> dict[str, str]:
    """The same with what a console needs of it: how it looks, and where its engine keeps its state."""
    wanted = {name: value for name, value in os.environ.items() if name.upper().startswith(_OF_A_CONSOLE)}
    return child_environment() | wanted


def environment_of_a_door() -> dict[str, str]:
    """What Python needs to be found and to run, and nothing else: that process faces the world."""
    return {name: value for name, value in child_environment().items() if _OF_A_DOOR.fullmatch(name)}
