"""`hypertui sweep`: many settings over one price file, and what the best of them is worth."""

from __future__ import annotations

import argparse

from hypertui.core.extras import require


def sweep(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    require("numpy", "fast", "hypertui sweep")
    from hypertui.cli.sweep_run import run_sweep

    return run_sweep(arguments)


def swept(arguments: argparse.Namespace) -> int:
    """What a sweep has found, by its file. Raises ValueError with one line for bad input."""
    require("numpy", "data", "hypertui swept")
    from hypertui.cli.sweep_pages import show_results

    return show_results(arguments)
