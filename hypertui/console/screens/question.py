"""What a question to the operator is made of: its rows, the ways to answer it, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypertui.console import format as fmt
from hypertui.console.lines import Line, Span, Tone, line
from hypertui.port.snapshot import Network, Snapshot


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to answer: its key, its words, and the answer it gives. Where what the question rests on has
    changed, only an answer that `asks_anew` is asked for again."""

    key: str
    label: str
    answer: str
    role: Tone = Tone.TEXT
    asks_anew: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A dialog's content.

    `basis` is what it rests on: if that differs when the operator confirms, the question is put anew, once.
    With `phrase` the operator has to type it before the first choice counts; with `asks` a text of his own,
    called so, which is the answer.
    """

    title: str
    lines: tuple[Line, ...]
    choices: tuple[Choice, ...]
    basis: object
    phrase: str = ""
    asks: str = ""
    focus: int = 0
    danger: bool = False


Build = Callable[[Snapshot], Question]

CANCEL = Choice("escape", "change nothing", "")


def basis(snapshot: Snapshot) -> object:
    """What is held and whether it is traded. Prices and orders may move while the operator reads: in a fast
    market they always do, and a question that is put anew each time could never be answered."""
    return (snapshot.position, snapshot.mode)


def fact(label: str, value: str, role: Tone = Tone.TEXT) -> Line:
    """A row: what something is called, and what it comes to."""
    return line(Span(f"{label:<10}", Tone.DIM), Span(value, role))


def where(snapshot: Snapshot, markets: str = "") -> Line:
    """The row that says on which network, in which markets and for which account."""
    markets = markets or fmt.clean(snapshot.instrument.symbol, 12)
    return fact("on", f"{snapshot.network.upper()}  {markets}  {fmt.account(snapshot.account)}", Tone.STRONG)


def coins(snapshot: Snapshot) -> str:
    """What is held, in coins."""
    size = fmt.size(snapshot.position, snapshot.instrument)
    return f"{size} {fmt.clean(snapshot.instrument.symbol, 12)}"


def holding(snapshot: Snapshot) -> str:
    """The same with its value."""
    return f"{coins(snapshot)}, about {fmt.usd(snapshot.position_value)} USD"


def question(snapshot: Snapshot, title: str, body: list[Line], yes: str, phrase: str = "") -> Question:
    """About one trade; on mainnet it is answered by typing the `phrase`, where it has one."""
    typed = phrase if snapshot.network is Network.MAINNET else ""
    return Question(
        title,
        (where(snapshot), *body),
        (Choice("enter" if typed else "y", yes, "yes"), CANCEL),
        basis(snapshot),
        phrase=typed,
        focus=1,
        danger=bool(phrase),
    )
