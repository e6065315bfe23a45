"""The last words of a console that failed: where it happened, and nothing that it knew."""

from __future__ import annotations

import traceback
from pathlib import Path

from hypertui.console.format import redact


def last_words(error: BaseException) -> str:
    """The error and the places it came through, without source lines or local values, which may hold keys."""
    frames = [
        f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
    ]
    return "\n".join([f"the console failed: {type(error).__name__}: {redact(str(error))}", *frames])


def named(error: BaseException | None) -> str:
    """An error in one line, without what must not be shown."""
    text = redact(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
