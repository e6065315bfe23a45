"""`hypertui completion`: the script that a shell completes this command by."""

from __future__ import annotations

import argparse

import shtab

from hypertui.cli.arguments import parser

# The values of what the settings check, and argparse therefore does not.
_VALUES = {
    "reinvest": ("recovery", "continuous", "off"),
    "on_exit": ("buys", "leave", "flatten"),
    "symbol": ("BTC", "ETH", "SOL"),
    "preset": ("usual", "calm", "trending", "crash", "whipsaw"),
}
_KINDS = {"FILE": shtab.FILE, "PRICES": shtab.FILE, "DIR": shtab.DIRECTORY}


def completion(arguments: argparse.Namespace) -> int:
    """Run the command."""
    top = parser()
    _describe(top)
    print(shtab.complete(top, arguments.shell))
    return 0


def _describe(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _describe(command)
        elif action.metavar in _KINDS:
            action.complete = _KINDS[str(action.metavar)]  # type: ignore[attr-defined]
        elif action.choices is None and action.dest in _VALUES:
            action.choices = _VALUES[action.dest]
