"""The map of the rooms in docs/architecture.md is the one that the imports draw."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import hypertui

_HOUSE = Path(hypertui.__file__).parent
_MAP = _HOUSE.parent / "docs" / "architecture.md"
_ROW = re.compile(r"^\| `(\w+)(?:/|\.py)` \| .* \| (.*) \|$", re.MULTILINE)


@cache
def parsed() -> dict[Path, ast.Module]:
    """What is in each file."""
    return {path: ast.parse(path.read_text()) for path in sorted(_HOUSE.rglob("*.py"))}


def modules() -> list[tuple[str, ast.Module]]:
    """The room of each file, and what is in it."""
    rooms = [(path.relative_to(_HOUSE).parts[0].removesuffix(".py"), tree) for path, tree in parsed().items()]
    return [(room, tree) for room, tree in rooms if not room.startswith("__")]


def imported(tree: ast.Module) -> set[str]:
    """The rooms that a file imports something from."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "hypertui":
            names |= {f"hypertui.{each.name}" for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
    return {name.split(".")[1] for name in names if name.startswith("hypertui.")}


def test_the_map_says_what_the_imports_say() -> None:
    drawn: dict[str, set[str]] = defaultdict(set)
    for room, tree in modules():
        drawn[room] |= imported(tree) - {room}
    told = {room: set(re.findall(r"`(\w+)`", rooms)) for room, rooms in _ROW.findall(_MAP.read_text())}
    assert told == drawn


def dotted(path: Path) -> str:
    """A file's name as it is imported."""
    parts = path.relative_to(_HOUSE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_no_file_imports_one_that_imports_it() -> None:
    """Counting also what is imported for its type alone."""
    names = {dotted(path): path for path in _HOUSE.rglob("*.py")}
    graph = {}
    for name, path in names.items():
        taken = set()
        for node in ast.walk(parsed()[path]):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = [f"{node.module}.{each.name}" for each in node.names]
                taken |= {part if part in names else node.module for part in parts}
        graph[name] = (taken & names.keys()) - {name}
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError


@pytest.mark.parametrize(
    ("library", "files"), [("apprise", {"sender.py"}), ("talipp", {"volatility.py", "studies.py"})]
)
def test_what_is_loaded_late_is_imported_where_it_is_known(library: str, files: set[str]) -> None:
    importers = {
        path.name
        for path, tree in parsed().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and (names := [each.name for each in node.names])
        and (names[0] if isinstance(node, ast.Import) else node.module or "").startswith(library)
    }
    assert importers == files


def test_an_engine_and_its_notices_load_nothing_of_apprise_or_talipp() -> None:
    program = (
        "import sys, hypertui.engine.engine, hypertui.cli.trade, hypertui.notices.daily\n"
        "print([name for name in ('apprise', 'markdown', 'yaml', 'talipp') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_no_class_is_named_as_another_one() -> None:
    named = Counter(
        node.name for _, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert len(named) > 400
    assert {name for name, count in named.items() if count > 1} == set()


def test_the_rules_of_every_source_say_whether_it_has_to_be_proven() -> None:
    """So that no table's `proven` is forgotten where its rules are made."""
    made = [
        (path.name, {each.arg for each in node.keywords})
        for path, tree in parsed().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SourceRules"
    ]
    assert made
    assert [name for name, given in made if "needs_proof" not in given] == []


def test_no_file_is_long() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in _HOUSE.rglob("*.py")}
    assert not {name for name, lines in lengths.items() if lines > 400}


def test_every_room_is_a_package() -> None:
    folders = {path.parent for path in _HOUSE.rglob("*.py")}
    assert {folder.name for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_no_constructor_takes_more_than_seven_arguments() -> None:
    """Values made of many fields are dataclasses, which write their constructors themselves."""
    long = [
        f"{path.name}: {owner.name} takes {count}"
        for path, tree in parsed().items()
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for made in owner.body
        if isinstance(made, ast.FunctionDef) and made.name == "__init__"
        if (count := len(made.args.args) + len(made.args.kwonlyargs) - 1) > 7
    ]
    assert not long
