"""A fixed environment for the console's tests, what is worked out once for all of them, and the text grids
beside the snapshots."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session", autouse=True)
def _style_sheets_are_parsed_once() -> Iterator[None]:
    """An app parses the same style sheets at every start, which is a third of all that a start does. What has
    come of them is shared by apps of the same colours, as an app shares it among its screens."""
    from textual.css.model import RuleSet
    from textual.css.stylesheet import Stylesheet

    known: dict[object, list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parsed(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
        key = (frozenset(sheet._variables.items()), given, frozenset(named.items()))
        if key not in known:
            known[key] = parse(sheet, *given, **named)
        return known[key]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Stylesheet, "_parse_rules", parsed)
        yield


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
