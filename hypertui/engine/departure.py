"""The wind-down at the end of a run, and the report of how things were left."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from hypertui.core.shutdown import FAILED
from hypertui.engine import last_words
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution import operator_exits
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trading_state import Posture
from hypertui.execution.wishes import Wish
from hypertui.port.commands import CommandState, OnExit, Stop, StopReason, Verb
from hypertui.port.snapshot import Mode, Severity

_STAGE_PATIENCE = 6.0  # of a wind-down on the way out that does not get on, and of one that does
_LEAVE_PATIENCE = 20.0
_LOG = logging.getLogger(__name__)


class Departure:
    """Of one run."""

    def __init__(self, context: TradeContext) -> None:
        self._context = context

    async def by_defect(self, error: Exception, trade: LiveTrade | None, stop: Stop) -> StopReason:
        """Wind down as far as that goes, and say how things were left."""
        context = self._context
        cause = f"a defect: {type(error).__name__}: {error}"
        context.alarms.sound("defect", Severity.CRITICAL, f"{cause}; the trade winds down")
        _LOG.error("a defect ends the trade", exc_info=error)
        if trade is not None:
            try:
                await self.leave(trade, stop)
            except Exception:  # noqa: BLE001 - the first one is told of, and the rest of the way out is tried
                _LOG.exception("the wind-down met a defect too")
                await self._cancel_buys_at_least(trade)
        left = last_words.in_words(await last_words.exposed(context), context, trade)
        return StopReason(FAILED, f"{cause}; {left}")

    async def leave(self, trade: LiveTrade, stop: Stop) -> StopReason:
        """Wind down; says how things were left, in words that were true at the end."""
        context = self._context
        context.outcomes.leave()
        if trade.finished:
            context.set_mode(Mode.STOPPED, trade.finished.text)
            return trade.finished
        halted, why, on_exit = context.mode is Mode.HALTED, context.reason, stop.on_exit
        note = partial(context.commands.note_exit, on_exit, stop.by, context.clock())
        note(CommandState.ACKNOWLEDGED, "")
        failed = ""
        trade.exits.leave()
        trade.guards.leave()
        try:
            said = await self._wind_down(trade, on_exit)
        except operator_exits.NotDone as error:
            failed = str(error)
        if trade.finished:  # by an exit that was under way
            note(CommandState.CONFIRMED, trade.finished.text)
            context.set_mode(Mode.STOPPED, trade.finished.text)
            return trade.finished
        seen = await last_words.exposed(context)
        left = last_words.in_words(seen, context, trade)
        if not failed and (seen is None or not last_words.is_covered(seen, trade)):
            failed = "not all that is held is known to be protected"
        if failed:
            text = f"left in disorder: {failed}; {left}"
            context.alarms.sound("left over", Severity.CRITICAL, text)
            note(CommandState.FAILED, text)
            return StopReason(3, text)
        said = last_words.corrected(said, seen, trade)
        note(CommandState.CONFIRMED, said)
        if halted and on_exit is not OnExit.FLATTEN:
            return StopReason(3, f"{why}; left with {said}")
        context.set_mode(Mode.STOPPED, f"left with {said}")
        return StopReason(0, f"left with {said}")

    async def _wind_down(self, trade: LiveTrade, on_exit: OnExit) -> str:
        standing = trade.wishes.current
        if trade.ends_by and standing is not None and standing.verb is Verb.FLATTEN:
            return await self._see_through(trade, standing)
        if on_exit is OnExit.LEAVE or (standing is not None and standing.verb is not Verb.FLATTEN):
            trade.wishes.set_aside()
        match on_exit:
            case OnExit.FLATTEN:
                # Wanted like any other: what this process does not see done, the next one does.
                return await self._fulfil(trade, Wish(Verb.FLATTEN, "flatten on the way out"))
            case OnExit.BUYS:
                if (
                    self._context.mode is not Mode.HALTED
                    and trade.steering.state.posture is Posture.HANDS_OFF
                ):
                    # All orders were cancelled by hand; nobody stays to watch over the coins any more.
                    trade.steering.set_posture(Posture.PROTECT)
                reason = "leaving: the buys are cancelled"
                return await self._fulfil(trade, Wish(Verb.CANCEL_BUYS, reason, passing=True))
            case OnExit.LEAVE:
                if trade.steering.state.posture is Posture.TRADE:
                    trade.steering.set_posture(Posture.PROTECT)
                if not await self._context.queue.run_until(lambda: trade.tracker.quiet, _STAGE_PATIENCE):
                    raise operator_exits.NotDone("not every order has been answered for")
                return operator_exits.what_is_left(trade)

    async def _fulfil(self, trade: LiveTrade, wish: Wish) -> str:
        """Have a wish come true. Raises NotDone."""
        return await self._see_through(trade, trade.wishes.want(wish))

    async def _see_through(self, trade: LiveTrade, wish: Wish) -> str:
        """Work on a wish until it is done, for as long as it gets on. Raises NotDone."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _LEAVE_PATIENCE
        self._context.queue.wake()  # its first step waits for nothing
        seen: set[str] = set()
        while wish.outcome is None:
            seen.add(wish.waits)
            patience = min(_STAGE_PATIENCE, max(until - loop.time(), 0))
            if not await self._context.queue.run_until(partial(_gets_on, wish, seen), patience):
                trade.wishes.set_aside()
                raise operator_exits.NotDone(f"{wish.verb.value} is not done: it waits for {wish.waits}")
        if wish.outcome.failed:
            raise operator_exits.NotDone(wish.outcome.text)
        return wish.outcome.text

    async def _cancel_buys_at_least(self, trade: LiveTrade) -> None:
        """Where a defect keeps the wind-down from its end, no buy may fire with nobody there any more."""
        context = self._context
        buys = [order.client_id for order in trade.tracker.buys()]
        try:
            expires_at = context.clock_sync.expiry(context.clock() + context.config.timing.expires_after)
            await context.exchange.cancel(context.config.symbol, buys, expires_at)
            said = f"{len(buys)} buys were cancelled"
        except ExchangeError as error:
            said = f"{len(buys)} buys could not be cancelled: {error}"
        text = f"left in disorder by a defect: {said}; the stops stay live"
        context.alarms.sound("left over", Severity.CRITICAL, text)


def _gets_on(wish: Wish, seen: set[str]) -> bool:
    """Whether it is done or waits for something that it has not waited for yet."""
    return wish.outcome is not None or wish.waits not in seen
