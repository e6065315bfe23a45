"""The arguments of what shows a backtest or a sweep: a report, and a page of the console."""

from __future__ import annotations

import argparse

from hypertui.cli.values import file_path


def add_pages(parser: argparse.ArgumentParser, files: str) -> None:
    """The report's file, the page, and whether the files that the flags `files` name are overwritten."""
    parser.add_argument(
        "--report", type=file_path, metavar="FILE", help="a page with charts (.html), or a picture (.png)"
    )
    parser.add_argument("--tui", action="store_true", help="watch it on a page of the console")
    parser.add_argument("--force", action="store_true", help=f"let {files} overwrite a file")
