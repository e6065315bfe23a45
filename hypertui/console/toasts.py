"""Toasts: how far each operator's command has come, on every screen, whoever gave it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hypertui.port.commands import CommandState, CommandView

_SHOWN_FOR = {CommandState.CONFIRMED: 6_000, CommandState.REFUSED: 15_000, CommandState.FAILED: 15_000}
_MOST = 3


@dataclass(frozen=True, slots=True)
class Toast:
    """A command and the states that it was seen in, each with the ms after which it came to it."""

    command: CommandView
    course: tuple[tuple[CommandState, int], ...]


@dataclass(slots=True)
class _Seen:
    command: CommandView
    course: dict[CommandState, int] = field(default_factory=dict)
    until: int | None = None  # ms; None while it is under way


class Toasts:
    """Shows each command from when it is first seen until some seconds after its end, refusals and failures
    for longer. Times are ms."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] | None = None

    def current(
        self, commands: Sequence[CommandView], now: int, others: Iterable[CommandView] = ()
    ) -> tuple[Toast, ...]:
        """The newest first. `commands` are all there are, newest first, and `others` those of other trades:
        these are not shown, but what ends among them is no news when their trade is. What had ended before
        the first call is none either."""
        every = {each.id: each for each in (*commands, *others)}
        if self._seen is None:
            self._seen = {
                id: _Seen(each, until=now) for id, each in every.items() if each.state in _SHOWN_FOR
            }
        seen = {id: self._seen.get(id) or _Seen(each) for id, each in every.items()}
        for command in every.values():
            known = seen[command.id]
            known.command = command
            known.course.setdefault(command.state, command.took)
            if known.until is None and command.state in _SHOWN_FOR:
                known.until = now + _SHOWN_FOR[command.state]
        self._seen = seen
        mine = (seen[each.id] for each in commands)
        shown = [each for each in mine if each.until is None or now < each.until]
        return tuple(Toast(each.command, tuple(each.course.items())) for each in shown[:_MOST])
