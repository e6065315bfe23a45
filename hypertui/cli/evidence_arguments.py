"""The arguments by which a result is judged."""

from __future__ import annotations

import argparse


def add_evidence(parser: argparse.ArgumentParser) -> None:
    """What is said of an edge, what is kept sealed, and where all tries are counted."""
    group = parser.add_argument_group("evidence", "whether the result can be believed; see docs/evidence.md")
    add = group.add_argument
    add("--evidence", action="store_true", help="compare it with simpler ways, and give a verdict")
    add("--holdout", metavar="PERCENT", help="with that: keep the last part of the file sealed: 20%%")
    add("--open-holdout", action="store_true", help="walk that part too, and write down that it was")
    add(
        "--state-dir",
        default=argparse.SUPPRESS,  # it may stand before the command as well
        metavar="DIR",
        help="where tries are counted and journals kept; default: the user's state folder",
    )
