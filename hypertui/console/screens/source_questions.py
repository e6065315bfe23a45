"""The questions about sources of intents: which is armed, or disarmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hypertui.console import format as fmt
from hypertui.console.frame import NONE_ARMED
from hypertui.console.lines import BLANK, Line, Span, Tone, line
from hypertui.console.screens.question import CANCEL, Choice, Question
from hypertui.port.commands import Verb
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Snapshot

_NAME = 24  # columns


class ArmedSource(Protocol):
    """A signal or a webhook, as far as its arming goes."""

    @property
    def name(self) -> str: ...

    @property
    def needs_arming(self) -> bool: ...

    @property
    def armed_until(self) -> int | None: ...

    def is_armed(self, now: int) -> bool: ...


def armable(view: EngineView) -> tuple[ArmedSource, ...]:
    """Those that have to be armed; a signal of several markets is one."""
    every: Iterable[ArmedSource] = (*view.signals, *view.intents.sources)
    return tuple({each.name: each for each in every if each.needs_arming}.values())


def arm(sources: Sequence[ArmedSource], now: int, snapshot: Snapshot) -> Question:
    """Which source is armed or disarmed; the answer is the verb and its name. Of no one trade."""
    if len(sources) == 1:
        return _arm_one(sources[0], now)
    choices = [
        Choice(str(number), f"{_verb(source, now)} {source.name}", f"{_verb(source, now)} {source.name}")
        for number, source in enumerate(sources, 1)
    ]
    return Question("ARM a source", (*_body(sources, now),), (*choices, CANCEL), _basis(sources))


def _arm_one(source: ArmedSource, now: int) -> Question:
    verb = _verb(source, now)
    choice = Choice("y", f"{verb} {source.name}", f"{verb} {source.name}")
    title = f"{verb.upper()} {source.name}"
    return Question(title, (*_body((source,), now),), (choice, CANCEL), _basis((source,)), focus=1)


def _verb(source: ArmedSource, now: int) -> Verb:
    return Verb.DISARM if source.is_armed(now) else Verb.ARM


def _basis(sources: Sequence[ArmedSource]) -> tuple[object, ...]:
    return tuple((source.name, source.armed_until) for source in sources)


def _body(sources: Sequence[ArmedSource], now: int) -> Iterable[Line]:
    for source in sources:
        yield line(Span(source.name.ljust(_NAME), Tone.STRONG), Span(_armed(source, now)))
    yield BLANK
    yield line("While armed, it may do what its table in the settings says.")


def not_armable(view: EngineView, name: str = "") -> str:
    """Why no source can be armed, or not the one that is named, in words; empty where one can."""
    found = {source.name for source in armable(view)}
    if not found:
        return NONE_ARMED
    return f"{name} needs no arming" if name and name not in found else ""


def _armed(source: ArmedSource, now: int) -> str:
    if not source.is_armed(now) or source.armed_until is None:
        return "not armed: what it wants is held"
    return f"armed for another {fmt.age(source.armed_until - now)}"
