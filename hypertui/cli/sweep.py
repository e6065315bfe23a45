"""`hypertui sweep`: many settings over one price file, and what the best of them is worth."""

from __future__ import annotations

import argparse

from hypertui.core.extras import require


def sweep(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    require("numpy", "fast", "hypertui sweep")
    from hypertui.cli.sweep_run import run_sweep

    return run_sweep(arguments)
