"""Command handling: from the first answer to the outcome confirmed at the exchange."""

from __future__ import annotations

import asyncio
from typing import Protocol

from hypertui.core.phrases import counted
from hypertui.engine.account_sync import AccountSync
from hypertui.engine.trade_entry import TradeEntry
from hypertui.engine.trade_exits import TradeExits
from hypertui.engine.trade_guards import TradeGuards
from hypertui.execution import operator_exits
from hypertui.execution.orders import Role
from hypertui.execution.trading_state import Posture
from hypertui.execution.wishes import Wish, Wishes
from hypertui.port.commands import Ack, Command, CommandState, Verb
from hypertui.port.snapshot import Mode
from hypertui.runtime.command_outcomes import Outcome

_SOON = 10_000
_RESUMED_WITHIN = 30_000
_COMPARED_WITHIN = 60.0
_CALLS_OFF = (Verb.RESUME, Verb.HALT)
_WHILE_EXITING = (Verb.FLATTEN, Verb.RECONCILE)
_WHEN_HALTED = (Verb.FLATTEN, Verb.CANCEL_ALL, Verb.RECONCILE, Verb.EXIT, Verb.REARM)
# What changes nothing that another command waits for.
_BESIDE = (Verb.RECONCILE, Verb.EXIT, Verb.OPEN, Verb.REARM)


class SteeredTrade(operator_exits.ExitedTrade, Protocol):
    """What the commands needs of the open trade."""

    wishes: Wishes
    closed_at: int | None

    account_sync: AccountSync
    entry_block: str
    entry: TradeEntry
    exits: TradeExits
    guards: TradeGuards

    @property
    def ends_by(self) -> str: ...


class CommandHandler:
    """Takes the commands of one trade."""

    def __init__(self, trade: SteeredTrade) -> None:
        self._trade = trade

    def take(self, command: Command) -> Ack:
        """Answer a command at once, and start what it asks for. The same id twice does it once."""
        trade = self._trade
        turned_away = trade.context.commands.turned_away(command, lambda _: self._refusal_of(command))
        if turned_away is not None:
            return turned_away
        if command.verb not in _BESIDE:
            trade.context.outcomes.overtaken(command)
        if command.verb in _CALLS_OFF:
            trade.wishes.call_off(command.verb)
        match command.verb:
            case Verb.PAUSE:
                trade.steering.pause(_by(command))
                trade.context.outcomes.expect(command, self._paused, _SOON, self._not_paused)
            case Verb.RESUME:
                trade.steering.resume(_by(command))
                trade.context.outcomes.expect(command, self._resumed, _RESUMED_WITHIN, self._not_resumed)
            case Verb.HALT:
                trade.steering.halt(_by(command))
                trade.context.outcomes.expect(command, self._halted, _SOON, self._not_halted)
            case Verb.EXIT:
                said = trade.exits.signal(command.who.partition(" ")[0])
                trade.context.commands.note(command, CommandState.CONFIRMED, said)
            case Verb.OPEN:
                said = trade.entry.tell(command.source, most=command.most)
                trade.context.commands.note(command, CommandState.CONFIRMED, said)
            case Verb.REARM:
                said = trade.guards.rearm(command.guard, command.who.partition(" ")[0], command.reason)
                trade.context.commands.note(command, CommandState.CONFIRMED, said)
            case Verb.RECONCILE:
                trade.context.queue.spawn(self._reconcile(command))
            case _:
                reason = f"{command.verb.value} {_by(command)}"
                trade.wishes.want(Wish(command.verb, reason, commands=[command]))
        return Ack(command.id, True)

    def refusal(self, verb: Verb) -> str:
        """Why this command would be refused now, in words; empty when it would be taken."""
        trade = self._trade
        if verb is Verb.START:
            return "the trade is open already"
        if trade.ends_by and verb not in _WHILE_EXITING:
            does = "closes the position" if trade.recorder.trade.strategy.reenters else "ends the trade"
            return f"the {trade.ends_by} {does}"
        wish = trade.wishes.current
        if wish is not None and wish.leaves and verb not in _WHILE_EXITING:
            return wish.reason  # with so few coins there is nothing to go on with
        if verb in (Verb.EXIT, Verb.OPEN, Verb.REARM) and trade.context.over:
            return "the trade has ended"
        if trade.context.mode is Mode.HALTED and verb not in _WHEN_HALTED:
            if trade.closed_at is not None:
                return "the trade is closed; q leaves, and the next start begins a new trade"
            return f"halted: {trade.context.reason}"
        if verb is Verb.REARM:
            return trade.guards.refusal()
        if verb is Verb.OPEN:
            return trade.entry.refusal()
        return trade.exits.refusal() if verb is Verb.EXIT else trade.wishes.refusal(verb)

    def _refusal_of(self, command: Command) -> str:
        """The same, with what the command says beside its verb."""
        refusal = self.refusal(command.verb)
        if refusal or command.verb is not Verb.REARM:
            return refusal
        return self._trade.guards.refusal(command.guard, command.reason)

    # What has to be seen before a command counts as done

    def _paused(self) -> Outcome:
        buys = self._trade.tracker.buys()
        if any(order.unproven for order in buys) or self._trade.gateway.busy:
            return None
        if self._trade.steering.state.posture is Posture.HANDS_OFF:
            return CommandState.CONFIRMED, "nothing is placed; what was cancelled stays cancelled"
        words = "no new buys"
        if buys:
            waiting = "the waiting buy" if len(buys) == 1 else f"one of the {len(buys)} waiting buys"
            words += f"; if {waiting} fills, it still gets a stop"
        return CommandState.CONFIRMED, words

    def _not_paused(self) -> str:
        buys = sum(order.unproven for order in self._trade.tracker.buys())
        return f"nothing new is sent, but the exchange has not answered for {counted(buys, 'buy')}"

    def _resumed(self) -> Outcome:
        if self._trade.context.mode not in (Mode.RUNNING, Mode.SELLING_OUT):
            return CommandState.FAILED, f"{self._trade.context.mode.value}: {self._trade.context.reason}"
        if not self._trade.tracker.settled:
            return None
        roles = [order.role for order in self._trade.tracker.alive]
        kinds = ((Role.STOP, "stop"), (Role.BUY, "buy"), (Role.EXIT, "exit"))
        found = [counted(roles.count(role), kind) for role, kind in kinds if role in roles]
        return CommandState.CONFIRMED, f"live: {' and '.join(found) or 'no orders'}"

    def _not_resumed(self) -> str:
        why = self._trade.entry_block or "not every order has been answered for"
        return f"resumed, but not all orders are live yet: {why}; the engine keeps trying"

    def _halted(self) -> Outcome:
        if self._trade.gateway.busy:
            return None
        return CommandState.CONFIRMED, "live orders stay as they are"

    def _not_halted(self) -> str:
        return "nothing more is sent, but the exchange has not answered for all that was"

    async def _reconcile(self, command: Command) -> None:
        work = asyncio.ensure_future(self._trade.account_sync.compare_once())
        try:
            await asyncio.wait([work], timeout=_COMPARED_WITHIN)
            if work.done():
                self._trade.context.commands.note(command, CommandState.CONFIRMED, work.result())
            else:
                text = f"the exchange has not answered for {_COMPARED_WITHIN:.0f} s"
                self._trade.context.commands.note(command, CommandState.FAILED, text)
        finally:
            work.cancel()


def _by(command: Command) -> str:
    """Who asked for it, without the way by which it came: that is in the audit."""
    return f"by {command.who.partition(' ')[0]}"
