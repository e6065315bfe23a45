"""`--trace`: the file of a backtest's steps."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from typing import TextIO

from hypertui.cli.output import new_file


def trace_file(arguments: argparse.Namespace) -> AbstractContextManager[TextIO]:
    """The file that is named, to be written. Raises ValueError where it cannot be."""
    file = arguments.trace
    if file.exists() and file.samefile(arguments.prices):
        raise ValueError(f"trace file {file} is the price file")
    return new_file(file, f"trace file {file}", force=arguments.force)
