"""Operator commands: sends them, keeps them until a snapshot reports them, and shows their outcomes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypertui.port.commands import Command, CommandState, CommandView, Verb
from hypertui.port.engine import EnginePort
from hypertui.port.snapshot import Snapshot

_MOST_KEPT = 8
_SHOWN_FOR = {CommandState.CONFIRMED: 6_000, CommandState.REFUSED: 15_000, CommandState.FAILED: 15_000}


class CommandSender:
    """Sends one operator's commands and keeps each until the engine reports it itself. `clock` gives ms."""

    def __init__(
        self,
        clock: Callable[[], int],
        who: str,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._new_id = new_id
        self._clock = clock
        self._who = who
        self._sent: dict[str, CommandView] = {}
        self._meant: dict[str, str] = {}  # the trade that a command is for, by its id

    def create(self, verb: Verb, trade: str, alarms: tuple[str, ...] = ()) -> Command:
        """A new command of this operator for a trade, or for `alarms` of it, recorded as sent."""
        command = Command(self._new_id(), verb, self._who, trade=trade, alarms=alarms)
        view = CommandView(command.id, verb, self._who, self._clock(), CommandState.SENT, 0)
        self._sent[command.id], self._meant[command.id] = view, trade
        while len(self._sent) > _MOST_KEPT:
            self._forget(next(iter(self._sent)))
        return command

    async def send(self, engine: EnginePort, command: Command) -> None:
        """Hand a command to the engine and record its answer; raises what the engine raises."""
        ack = await engine.command(command)
        state = CommandState.ACKNOWLEDGED if ack.accepted else CommandState.REFUSED
        self.record_answer(command.id, state, ack.text)

    def record_answer(self, id: str, state: CommandState, text: str) -> None:
        """Record that the engine accepted a command, refused it, or failed to answer."""
        sent = self._sent.get(id)
        if sent is not None:
            took = max(self._clock() - sent.at, 0)
            self._sent[id] = replace(sent, state=state, took=took, text=text)

    def unknown_to(self, snapshot: Snapshot) -> tuple[CommandView, ...]:
        """The commands for its trade that the snapshot does not report yet, newest first; drops those that it
        does."""
        for command in snapshot.commands:
            self._forget(command.id)
        mine = [view for id, view in self._sent.items() if self._meant[id] == snapshot.name]
        return tuple(reversed(mine))

    def _forget(self, id: str) -> None:
        self._sent.pop(id, None)
        self._meant.pop(id, None)


class OutcomeNotice:
    """Picks the command outcome to show on every screen, whoever gave the command: each once, for some
    seconds, refusals and failures for longer. Times are ms."""

    def __init__(self) -> None:
        self._known: dict[str, CommandState] | None = None  # what had ended before the first call is no news
        self._shown: CommandView | None = None
        self._until = 0

    def current(self, commands: Sequence[CommandView], now: int) -> CommandView | None:
        """The command that ended last, while its notice lasts. `commands` are all there are, newest first."""
        states = {command.id: command.state for command in commands}
        known = states if self._known is None else self._known
        for command in reversed(commands):
            if command.state in _SHOWN_FOR and known.get(command.id) is not command.state:
                self._shown, self._until = command, now + _SHOWN_FOR[command.state]
        self._known = states
        return self._shown if now < self._until else None
