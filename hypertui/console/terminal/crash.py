"""Crash report of the console: the error and where it happened, without local values."""

from __future__ import annotations

import traceback
from pathlib import Path

from hypertui.console.format import redact


def crash_report(error: BaseException) -> str:
    """The error and its stack, without source lines or local values, which may hold secret keys."""
    frames = [
        f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
    ]
    return "\n".join([f"the console failed: {type(error).__name__}: {redact(str(error))}", *frames])


def named(error: BaseException | None) -> str:
    """An error in one line, redacted."""
    text = redact(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
