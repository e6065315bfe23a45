"""The ledger of a trade, checked once a day beside it: what is found becomes an alarm."""

from __future__ import annotations

import asyncio
from functools import partial

from hypertui.execution.trade_context import TradeContext
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Severity
from hypertui.runtime.audit import Audit, Audited, in_a_thread

_DAY = 86_400_000
_DUE = 20 * 60_000  # ms after midnight, UTC: when the daily report has been worked out
# Seconds after which what is wrong is looked at again: a fill may be on its way into the journal.
_AGAIN = 60.0


def watch_ledger(context: TradeContext) -> None:
    """Have it checked at 00:20 UTC, and 24 hours after each time, where the machine gives a way to."""
    if context.machine.audit is not None:
        watch = LedgerWatch(context, context.machine.audit)
        context.every("ledger check", _DAY / 1000, watch.look, first=seconds_until_due(context.clock()))


def seconds_until_due(now: int) -> float:
    """How long it is from `now` (ms) until the next 00:20 UTC."""
    return (_DAY - (now - _DUE) % _DAY) / 1000


class LedgerWatch:
    """Checks the accounts of one trade. The loop waits for nothing of it."""

    def __init__(self, context: TradeContext, audit: Audit, again: float = _AGAIN) -> None:
        self._context = context
        self._audit = audit
        self._again = again

    async def look(self) -> str:
        """Check them once; returns what is wrong, or why they could not be checked."""
        alarms = self._context.alarms
        try:
            found = await self._checked()
        except Exception as error:  # noqa: BLE001 - whatever it is, the trade goes on
            text = f"the ledger could not be checked: {type(error).__name__}: {error}"
            alarms.sound("ledger check", Severity.WARNING, text)
            return text
        alarms.clear("ledger check")
        words = f"ledger checked: {found.compared}; {found.wrong or 'nothing is wrong'}"
        self._context.log.add(EventKind.STATE, words, {"compared": found.compared, "wrong": found.wrong})
        if found.wrong:
            alarms.sound("ledger", Severity.CRITICAL, f"the ledger does not add up: {found.wrong}")
        else:
            alarms.clear("ledger")
        return found.wrong

    async def _checked(self) -> Audited:
        config = self._context.config
        names = (config.network.value, self._context.exchange.account, config.symbol)
        found = await in_a_thread("ledger check", partial(self._audit, *names))
        if found.wrong:
            await asyncio.sleep(self._again)
            found = await in_a_thread("ledger check", partial(self._audit, *names))
        return found
