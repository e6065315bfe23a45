"""One word for one thing: phrases that nobody may read on the screen, in the log or on the command line."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
# What is said instead stands behind each.
_BANNED = {
    r"\bvenue\b": "exchange",
    r"\b(orders?|stops?|buys?|none) works?\b|\bworking\b": "live",
    r"\borphans?\b": "unknown order at the exchange",
    r"\bnot ours\b": "not by this engine",
    r"\b(takes?|took|taken) (it |them |that |the \w+ )?up\b|\btakes over\b": "goes on with, imports",
    r"\bgoes on trying\b": "tries again",
    r"\bnotty\b": "no terminal",
    r"\bbell is silent\b|\brings again\b": "bell muted, bell on",
    r"\basked never\b|\bnever yet\b": "not checked yet",
    r"\bmiddle \d|\b99 %": "median, p99",
    r"\brows queued\b": "queued for the journal",
    r"\ballowance\b": "budget",
    r"\bliq\b|\bpos\b|\btrips\b(?<!round trips)": "liquidation, position, round trips",
    r"\bfragment\b": "buy size",
    r"\bnobody has acknowledged\b": "not acknowledged",
    r"\blets others at\b": "readable by others",
    r"\bspeak to it\b": "use hypertui ctl",
    r"\bdoes not mind\b": "trading continues",
    r"\bholds new risk\b": "no new buys",
    r"\bbare\b": "unprotected",
    r"\bcomparison\b": "check",
}
# Names for programs, which no sentence holds: of a command, files, and fields of rows.
_NAMES = ("venue", "venue.json", "venue.log", "orphans", "fragment", "comparison")
_CLASSES = ("Allowance",)
# The local exchange has that name, and so has its command.
_ABOUT_IT = re.compile(r"hypertui venue")


@cache
def _texts(path: Path) -> tuple[tuple[int, str], ...]:
    """The string constants of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, described) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return tuple(
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    )


def _modules() -> list[Path]:
    return [path for path in (_ROOT / "hypertui").rglob("*.py") if "venue" not in path.parts]


@pytest.mark.parametrize("banned", _BANNED)
def test_no_text_of_the_program_says(banned: str) -> None:
    pattern = re.compile(banned, re.IGNORECASE)
    found = [
        f"{path.relative_to(_ROOT)}:{number}: {text!r}"
        for path in _modules()
        for number, text in _texts(path)
        if pattern.search(_ABOUT_IT.sub("", text)) and text not in (*_NAMES, *_CLASSES)
    ]
    assert not found, f"say {_BANNED[banned]!r} instead"


@pytest.mark.parametrize("banned", _BANNED)
def test_no_screen_says(banned: str) -> None:
    pattern = re.compile(banned)
    found = [
        f"{grid.name}: {row.strip()}"
        for grid in sorted((_ROOT / "tests" / "console" / "grids").glob("*.txt"))
        for row in grid.read_text(encoding="utf-8").splitlines()
        if pattern.search(row)
    ]
    assert not found, f"say {_BANNED[banned]!r} instead"
