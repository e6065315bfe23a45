"""The command line of what is done once: a key, a look at the settings, a shell's completion."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from hypertui.cli.values import file_path

SHELLS = ("bash", "zsh", "fish")


def add_key(parser: argparse.ArgumentParser) -> None:
    """What `hypertui key` understands."""
    what = parser.add_subparsers(dest="key_command", metavar="new", required=True)
    new = what.add_parser("new", help="make a key, keep it in a private file, print its address")
    new.description = (
        "Make a key for an API wallet. It is written to a file that only you can read and shown nowhere; "
        "a file that is there already is never touched."
    )
    new.add_argument("--file", type=file_path, metavar="FILE", help="default: ~/.config/hypertui/key")


def add_config(parser: argparse.ArgumentParser) -> Sequence[argparse.ArgumentParser]:
    """What `hypertui config` understands; returns the parsers that take the flags of a trade too."""
    what = parser.add_subparsers(dest="config_command", metavar="show|check", required=True)
    show = what.add_parser("show", help="every setting, its value and where that comes from")
    show.description = "Every setting with its value and its source. Of secrets only whether they are set."
    show.add_argument("--json", action="store_true", help="print one JSON object")
    check = what.add_parser("check", help="whether the settings contradict each other")
    check.description = (
        "Look for settings of the trades that cannot be meant beside each other, without asking anybody. "
        "Exit status 2 where there are any, each in a line."
    )
    return show, check


def add_completion(parser: argparse.ArgumentParser) -> None:
    """What `hypertui completion` understands."""
    parser.description = "Print a completion script; each begins with how it is installed."
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
