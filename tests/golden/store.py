"""Where the golden files are, and how a tape compares with the decisions that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from tests.golden.decide import decide
from tests.golden.tape import Tape

DATA = Path(__file__).parent / "data"
_TAPE, _DECISIONS = ".tape.xz", ".txt"


def names() -> Sequence[str]:
    """Of all tapes that are kept."""
    return sorted(path.name.removesuffix(_TAPE) for path in DATA.glob(f"*{_TAPE}"))


def keep(name: str, tape: Tape) -> None:
    """Keep a tape and what the engine decides by it today. Raises ValueError for a tape that it does not play
    to its end as it was recorded."""
    lines = decide(tape)
    for line in lines:
        if "not asked then" in line or "outlives" in line:
            raise ValueError(f"{name}: {line}")
    placed = sum(" place #" in line for line in lines)
    then = max(row.data["placed"] for row in tape.rows if row.kind == "end")
    if placed != then:
        raise ValueError(f"{name}: {placed} orders, {then} then")
    tape.save(DATA / f"{name}{_TAPE}")
    write(name, lines)


def write(name: str, lines: Sequence[str]) -> None:
    """Keep these decisions."""
    (DATA / f"{name}{_DECISIONS}").write_text("\n".join(lines) + "\n")


def difference(name: str) -> str:
    """The first decision that is another one than was kept, or nothing."""
    kept = (DATA / f"{name}{_DECISIONS}").read_text().splitlines()
    for number, (then, now) in enumerate(zip_longest(kept, decided(name)), 1):
        if then != now:
            return f"{name}, line {number}: {now!r} instead of {then!r}"
    return ""


def decided(name: str) -> Sequence[str]:
    """What the engine decides today by a tape that is kept."""
    return decide(Tape.load(DATA / f"{name}{_TAPE}"))
