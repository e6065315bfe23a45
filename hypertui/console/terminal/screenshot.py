"""Screenshots: an SVG of the screen that can be shown to others, without the account's address."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from hypertui.console.format import account, to_ascii

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def redact_svg(svg: str, address: str) -> str:
    """The SVG with every address replaced by x, cell for cell."""
    svg = _ADDRESS.sub(lambda match: "x" * len(match[0]), svg)
    for shown in {account(address), to_ascii(account(address))} - {""}:
        svg = svg.replace(shown, "x" * len(shown))
    return svg


def save(svg: str, folder: Path | None, now: int) -> str:
    """Write the SVG into `folder`, or into the working folder where that fails; returns the notice to show:
    the path, or the error."""
    try:
        return f"saved {_written(svg, folder, now)}"
    except OSError as error:
        return f"no screenshot: {error.strerror or error}"


def _written(svg: str, folder: Path | None, now: int) -> Path:
    moment = datetime.fromtimestamp(now / 1000, UTC)
    name = f"hypertui-{moment:%Y%m%d-%H%M%S}-{now % 1000:03d}.svg"
    for place in (folder, Path.cwd()):
        if place is None:
            continue
        path = place / name
        try:
            path.write_text(svg, encoding="utf-8")
        except OSError:
            if place == Path.cwd():
                raise
            continue
        return path
    raise OSError("no folder takes it")
