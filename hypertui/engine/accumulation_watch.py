"""A share of each day's profit, put aside beside the trades of an account; what comes of it is said."""

from __future__ import annotations

from hypertui.core.accumulation import AccumulationState
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution.trade_context import TradeContext
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Severity
from hypertui.runtime.accumulating import Accumulated, Accumulation

_EVERY, _FIRST = 60.0, 15.0  # seconds
_KEY = "accumulate"
_PATIENCE = 3  # looks in a row that may wait for something before that is an alarm


def watch_accumulation(context: TradeContext) -> None:
    """Have it looked at, where the machine gives a way to."""
    accumulation = context.machine.accumulation
    if accumulation is not None and not context.config.protect_only:
        context.every(_KEY, _EVERY, AccumulationWatch(context, accumulation).look, _FIRST)


class AccumulationWatch:
    """Of one trade's account; where several trades run in it, one of them looks for all."""

    def __init__(self, context: TradeContext, accumulation: Accumulation) -> None:
        self._context = context
        self._accumulation = accumulation
        self._never = ""  # why nothing of this account can be put aside
        self._asked = False
        self._waited = 0  # looks in a row

    async def look(self) -> str:
        """Look once; returns what came in between."""
        context, account = self._context, self._context.account
        now, sync = context.clock(), context.clock_sync
        if not account.accumulation_lead.is_taken_by(self, now, round(_EVERY * 1_000)):
            self._leave_it()
            return ""
        if unsure := sync.unsure or (sync.in_words() if sync.too_far else ""):
            return unsure  # a clock that goes ahead would have a day end before it does
        if not context.budget.allows_question():
            return "left out: requests are kept for stops"
        if not self._asked:
            try:
                self._never = await self._accumulation.refusal(context.exchange)
            except ExchangeError as error:
                return str(error)
            self._asked = True
            if self._never:
                self._say(f"accumulate: nothing is ever moved: {self._never}", Severity.WARNING)
        if self._never:
            return self._never
        try:
            found = await self._accumulation.look(context.exchange, account.reserve(), sync.at_venue(now))
        except Exception as error:  # noqa: BLE001 - whatever it is, the trade goes on
            found = Accumulated(None, f"{type(error).__name__}: {error}")
        return "" if found is None else self._told(found)

    def _told(self, found: Accumulated) -> str:
        alarms, text = self._context.alarms, f"accumulate: {found.text}"
        if found.state is None or found.state is AccumulationState.SENDING:
            self._waited += 1
            if self._waited >= _PATIENCE:
                alarms.sound(_KEY, Severity.WARNING, text)
            return found.text
        self._waited = 0
        failed = found.state is AccumulationState.FAILED
        if failed:
            alarms.sound(_KEY, Severity.WARNING, text)
        else:
            alarms.clear(_KEY)
        self._say(text, Severity.WARNING if failed else Severity.INFO)
        return found.text if failed else ""

    def _leave_it(self) -> None:
        """Another trade's looks for all by now: what this one was waiting for it does not know any more."""
        if self._waited:
            self._waited = 0
            self._context.alarms.clear(_KEY)

    def _say(self, text: str, severity: Severity) -> None:
        self._context.log.add(EventKind.STATE, text, {"accumulate": text}, severity)
