"""The files of reports: what their name asks for, and that nothing is overwritten by a slip."""

from __future__ import annotations

import sys
from pathlib import Path

from hypertui.charts.picture import require_pictures
from hypertui.cli.output import new_file, refuse_old
from hypertui.core.redaction import printable

_KINDS = (".html", ".png")


def check_report(path: Path, prices: Path, *, force: bool) -> None:
    """Raise ValueError where the report could not be written after all the work."""
    if path.suffix.lower() not in _KINDS:
        raise ValueError(f"report {printable(str(path))} is neither .html nor .png")
    if path.exists() and path.samefile(prices):
        raise ValueError(f"report {printable(str(path))} is the price file")
    refuse_old(path, f"report {printable(str(path))}", force=force)
    if is_picture(path):
        require_pictures()


def is_picture(path: Path) -> bool:
    """Whether the report is to be a picture."""
    return path.suffix.lower() == ".png"


def write_report(path: Path, content: bytes, *, force: bool, aside: bool = False) -> None:
    """Write it, and say so; to standard error where standard output is for programs (`aside`)."""
    with new_file(path, f"report {printable(str(path))}", force=force) as file:
        file.buffer.write(content)  # as it is, whatever ends a line here
    print(f"wrote {printable(str(path))} ({size(len(content))})", file=sys.stderr if aside else sys.stdout)


def size(length: int) -> str:
    """How long a file of so many bytes is, in whole kB, and never 0."""
    return f"{max(1, round(length / 1000)):,} kB"
