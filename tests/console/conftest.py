"""A fixed environment for the console's tests, and the text grids beside the snapshots."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# As in a real run; Textual reads it when it is imported, which the tests do after this.
os.environ["TEXTUAL_ANIMATIONS"] = "none"

GRIDS = Path(__file__).parent / "grids"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NO_COLOR", "COLUMNS", "LINES", "TEXTUAL_THEME", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TZ": "America/New_York", "TERM": "xterm-256color", "COLORTERM": "truecolor"}.items():
        monkeypatch.setenv(name, value)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def grid(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a screen's text with the committed one; --snapshot-update writes it."""

    def compare(name: str, text: str) -> None:
        path = GRIDS / f"{name}.txt"
        if request.config.getoption("update_snapshots"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text

    return compare
