"""The arguments of what shows a backtest or a sweep: a report, and a page of the console."""

from __future__ import annotations

from typing import Any

from hypertui.cli.values import file_path


def add_pages(parser: Any, files: str) -> None:
    """The report, and the page; `files` are the flags whose files may be overwritten."""
    parser.add_argument("--tui", action="store_true", help="watch it on a page of the console")
    add_report(parser, files)


def add_report(parser: Any, files: str) -> None:
    """The report's file; `files` are the flags whose files may be overwritten."""
    parser.add_argument(
        "--report", type=file_path, metavar="FILE", help="a page with charts (.html), or a picture (.png)"
    )
    parser.add_argument("--force", action="store_true", help=f"let {files} overwrite a file")
