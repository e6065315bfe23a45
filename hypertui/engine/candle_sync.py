"""Candle sync: asks for the closed candles of a trade's market, soon after each has ended, and again for one
that is missing."""

from __future__ import annotations

from hypertui.core.candles import ClosedCandles, Interval, closed
from hypertui.core.phrases import counted
from hypertui.core.volatility import CANDLES
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution.arrivals import CandlesRead, QuestionInVain
from hypertui.execution.trade_context import TradeContext
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Severity
from hypertui.strategy.exits.trailing import FREEZES_AFTER

_LOOK_EVERY = 30.0  # seconds
_PAUSE = 30_000  # ms until a candle is asked for again that was missing
_LONGEST_PAUSE = 600_000  # where it still is, for longer each time
_ALARM = "candles"


class CandleSync:
    """Of one trade. `known` is what was told last; it says nothing of a candle that still grows."""

    def __init__(self, context: TradeContext, interval: Interval = Interval.HOUR) -> None:
        self.known = ClosedCandles()
        self._context = context
        self._interval = interval
        self._began_at = context.clock()
        self._next = 0  # when something is asked again (ms)
        self._missed = 0  # questions in a row without the newest candle
        self._flat_until = 0  # what was made up is told once

    def begin(self) -> None:
        """Ask now, and whenever a candle has ended."""
        self._context.every("candles", _LOOK_EVERY, self.look, 0.0)

    async def look(self) -> str:
        """Ask if the newest candle is not known; returns what came in between, in words."""
        context, now = self._context, self._context.clock()
        if context.over:
            context.alarms.clear(_ALARM)
            return ""
        self._judge(now)
        there = context.clock_sync.at_venue(now)
        ended = self._interval.ended(there)
        if now < self._next or (self.known.until is not None and self.known.until >= ended):
            return ""
        if not context.budget.allows_question():
            return "left out: requests are kept for stops"
        try:
            since = ended - CANDLES * self._interval
            told = await context.exchange.candles(context.config.symbol, self._interval, since, there)
        except ExchangeError as error:
            context.queue.post(QuestionInVain("the candles could not be read", error))
            return str(error)
        context.queue.post(CandlesRead(tuple(told), ended))
        return ""

    def take(self, read: CandlesRead) -> bool:
        """An answer has come; whether it tells of a candle that was not known."""
        now = self._context.clock()
        found = closed(read.candles, self._interval, read.ended)
        is_newest = found.until == read.ended
        self._missed = 0 if is_newest else self._missed + 1
        self._next = now + min(_PAUSE * self._missed, _LONGEST_PAUSE)
        if found.until is None or (self.known.until is not None and found.until <= self.known.until):
            return False
        self.known = found
        self._tell_of_gaps(found)
        self._judge(now)
        return True

    def _tell_of_gaps(self, found: ClosedCandles) -> None:
        new = [at for at in found.flat if at >= self._flat_until]
        if new:
            self._flat_until = new[-1] + self._interval
            text = (
                f"{counted(len(new), 'hour')} without trades in the candles of {self._context.config.symbol}"
            )
            text += ": each counts as one at the close before"
            self._context.log.add(EventKind.STATE, text, {"flat": new})

    def _judge(self, now: int) -> None:
        """Sound the alarm where a stop that trails stands still for want of candles, or would."""
        alarms, until = self._context.alarms, self.known.until
        if now - (self._began_at if until is None else until) <= FREEZES_AFTER:
            alarms.clear(_ALARM)
            return
        hours = FREEZES_AFTER // 3_600_000
        text = f"no new candle for more than {hours} h: the trailing stop stands still until there is one"
        if until is None:
            text = f"no candle for more than {hours} h: the trailing stop goes at its widest distance"
        alarms.sound(_ALARM, Severity.WARNING, text)
