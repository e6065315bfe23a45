"""The helm: the operator's commands, from the first answer to the outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from hypertui.execution import winddown
from hypertui.execution.gate import Gate
from hypertui.execution.order_manager import Posture
from hypertui.execution.status import CommandLog
from hypertui.port import Ack, Command, CommandState, Mode, Severity, Verb


class SteeredTrade(winddown.Trade, Protocol):
    """What the helm needs of the trader."""

    commands: CommandLog
    mode: Mode
    reason: str
    opened: bool
    gate: Gate | None
    operation: Callable[[], Awaitable[None]] | None

    async def reconcile_now(self) -> str: ...

    def pause(self, reason: str) -> None: ...

    def resume(self) -> None: ...

    def halt(self, reason: str) -> None: ...

    def ended(self, how: str) -> None: ...

    def record_mode(self, mode: Mode, reason: str) -> None: ...


class Helm:
    """Takes the commands of one trade."""

    def __init__(self, trade: SteeredTrade) -> None:
        self._trade = trade

    def take(self, command: Command) -> Ack:
        """Answer a command at once, and start what it asks for. The same id twice does it once."""
        if command.id in self._trade.commands:
            return Ack(command.id, True, "known already")
        refusal = self._refusal(command.verb)
        if refusal:
            self._trade.commands.note(command, CommandState.REFUSED, refusal)
            return Ack(command.id, False, refusal)
        self._trade.commands.note(command, CommandState.ACKNOWLEDGED, "")
        if self._trade.gate is not None and not self._trade.opened:
            self._trade.gate.answer(command.verb)
            self._trade.commands.note(command, CommandState.CONFIRMED, "")
            return Ack(command.id, True)
        match command.verb:
            case Verb.PAUSE:
                self._trade.pause("paused by the operator")
                self._trade.commands.note(command, CommandState.CONFIRMED, self._pause_in_words())
            case Verb.RESUME:
                self._trade.resume()
                self._trade.commands.note(command, CommandState.CONFIRMED, "")
            case Verb.HALT:
                self._trade.halt("halted by the operator")
                self._trade.commands.note(command, CommandState.CONFIRMED, "working orders stay as they are")
            case Verb.CANCEL_BUYS | Verb.CANCEL_ALL | Verb.FLATTEN | Verb.ADOPT:
                self._trade.operation = partial(self._carry_out, command)
            case Verb.RECONCILE:
                self._trade.inbox.spawn(self._reconcile(command))
        return Ack(command.id, True)

    def _pause_in_words(self) -> str:
        if self._trade.manager.posture is Posture.HANDS_OFF:
            return "nothing is placed; what was cancelled stays cancelled"
        buys = len(self._trade.tracker.buys())
        return (
            f"nothing new is bought; {buys} working buys may still fire" if buys else "nothing new is bought"
        )

    def _refusal(self, verb: Verb) -> str:
        if not self._trade.opened:
            asked = self._trade.gate is not None and self._trade.gate.asks is verb
            return "" if asked else "the trade is not open yet"
        if verb is Verb.START:
            return "the trade is open already"
        if self._trade.operation is not None:
            return "another command is under way"
        if self._trade.mode is Mode.HALTED and verb not in (Verb.FLATTEN, Verb.CANCEL_ALL, Verb.RECONCILE):
            return f"halted: {self._trade.reason}"
        return ""

    async def _reconcile(self, command: Command) -> None:
        done = await self._trade.reconcile_now()
        self._trade.commands.note(command, CommandState.CONFIRMED, done)

    async def _carry_out(self, command: Command) -> None:
        # Whatever interrupts it, or keeps it from its end: a restart takes no new risk by itself.
        self._trade.record_mode(Mode.PAUSED, f"{command.verb.value} by the operator")
        try:
            done = await winddown.WAYS[command.verb](self._trade, f"{command.verb.value} by the operator")
        except winddown.NotDone as error:
            self._trade.alarms.sound("winddown", Severity.CRITICAL, f"{command.verb.value} failed: {error}")
            self._trade.commands.note(command, CommandState.FAILED, str(error))
        else:
            self._trade.alarms.clear("winddown")
            if command.verb is Verb.FLATTEN:
                self._trade.ended("flattened by the operator")
            self._trade.commands.note(command, CommandState.CONFIRMED, done)
