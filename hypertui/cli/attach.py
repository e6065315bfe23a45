"""`hypertui attach`: the console of an engine that runs in another process."""

from __future__ import annotations

import argparse

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.defects import running
from hypertui.cli.shown import show
from hypertui.cli.which_engine import the_engine
from hypertui.console.keymap import remap
from hypertui.core.redaction import printable
from hypertui.port.commands import Stop
from hypertui.server.client import NoEngine
from hypertui.server.remote import AttachOptions, RemoteEngine
from hypertui.settings import load_settings

_NOT_REACHED = 4
_LAST_WORDS = 2_000  # characters


def attach(arguments: argparse.Namespace) -> int:
    """Show the engine until the operator leaves or the engine has; returns the exit status. Raises
    ValueError with one line for bad input."""
    if not (streams.are_watched() and streams.can_move_its_cursor()):
        raise ValueError("attach needs a terminal that shows a screen; without one use: hypertui ctl status")
    view = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES).console
    remap(view.keys)
    try:
        with the_engine(arguments) as found:
            path, hello, newest = found.path, found.hello, found.status()[0]
    except NoEngine as error:
        streams.complain(printable(str(error)))
        return _NOT_REACHED
    options = AttachOptions(max(view.refresh_hz, 1.0), arguments.read_only, arguments.takeover)
    engine = RemoteEngine(path, hello, newest, options)
    with running():
        reason = show(engine, Stop(), view, path.parent.parent)
    if reason.text:
        streams.complain(printable(reason.text, _LAST_WORDS))
    return reason.status
