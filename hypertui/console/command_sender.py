"""Operator commands: sends them, and keeps them until a snapshot reports them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypertui.port.commands import OF_SOURCES, Command, CommandState, CommandView, Verb
from hypertui.port.engine import EnginePort
from hypertui.port.snapshot import Snapshot

_MOST_KEPT = 8


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

    def create(self, verb: Verb, trade: str, **terms: Any) -> Command:
        """A new command of this operator for a trade, with such fields of `Command` as its verb has, recorded
        as sent."""
        command = Command(self._new_id(), verb, self._who, trade=trade, **terms)
        view = CommandView(command.id, verb, self._who, self._clock(), CommandState.SENT, 0)
        self._sent[command.id], self._meant[command.id] = view, trade
        while len(self._sent) > _MOST_KEPT:
            self._forget(next(iter(self._sent)))
        return command

    async def send(self, engine: EnginePort, command: Command) -> None:
        """Hand a command to the engine and record its answer; raises what the engine raises."""
        ack = await engine.command(command)
        if ack.accepted and command.verb in OF_SOURCES:
            self._forget(command.id)  # of no trade: the source itself shows what it came to
            return
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
