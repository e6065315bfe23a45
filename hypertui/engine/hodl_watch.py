"""The coins that are held whatever happens, watched beside the trades of their account: nothing is done about
them, here or anywhere else, and what goes on with them is said."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import ExchangeError, OpenOrder
from hypertui.execution.trade_context import TradeContext
from hypertui.port.snapshot import Severity
from hypertui.port.views import GuardView
from hypertui.risk.guards import GuardState
from hypertui.risk.hodl import HodlVerdict, judge_hodl

_EVERY, _FIRST = 60.0, 5.0  # seconds


def watch_hodl(context: TradeContext) -> None:
    """Have what the account holds of them looked at each minute, where there are any."""
    if context.config.hodl:
        context.every("hodl", _EVERY, HodlWatch(context).look, _FIRST)


def hodl_views(verdicts: Sequence[HodlVerdict]) -> tuple[GuardView, ...]:
    """How they stand, as rows beside the guards."""
    return tuple(
        GuardView(
            f"hodl_{each.symbol}",
            (GuardState.WARN if each.is_low else GuardState.OK).value,
            each.used,
            each.text,
            "warn",
            "by itself",
        )
        for each in verdicts
    )


class HodlWatch:
    """Of one trade's account; where several trades run in it, one of them says it for all."""

    def __init__(self, context: TradeContext) -> None:
        self._context = context

    async def look(self) -> str:
        """Look once; returns what came in between."""
        context, account = self._context, self._context.account
        if not account.hodl_lead.is_taken_by(self, context.clock(), round(_EVERY * 1_000)):
            self._leave_it()
            return ""
        if not context.budget.allows_question():
            return "left out: requests are kept for stops"
        try:
            known = await context.exchange.instruments()
            purse = await context.exchange.funds.purse()
            orders = {
                symbol: await context.exchange.open_orders(symbol)
                for symbol in context.config.hodl
                if symbol in purse.held
            }
        except ExchangeError as error:
            return str(error)
        verdicts: list[HodlVerdict] = []
        for symbol in context.config.hodl:
            self._say_unknown(symbol, is_known=symbol in known)
            if symbol not in known:
                continue
            coins = purse.held.get(symbol)
            was_low = any(each.is_low for each in account.hodl if each.symbol == symbol)
            size, change = (ZERO, ZERO) if coins is None else (coins.size, coins.change)
            verdict = judge_hodl(symbol, size, change, was_low=was_low)
            verdicts.append(verdict)
            self._say(verdict)
            self._say_orders(symbol, size, orders.get(symbol, ()))
        account.hodl = tuple(verdicts)
        return ""

    def _leave_it(self) -> None:
        """Another trade says it for all by now."""
        for symbol in self._context.config.hodl:
            for key in _keys(symbol):
                self._context.alarms.clear(key)

    def _say(self, verdict: HodlVerdict) -> None:
        alarms, (key, _, _) = self._context.alarms, _keys(verdict.symbol)
        if verdict.is_low:
            text = f"{verdict.symbol} is on the HODL list: {verdict.text}. Nothing sells them"
            alarms.sound(key, Severity.WARNING, text)
        else:
            alarms.clear(key)

    def _say_orders(self, symbol: str, size: Decimal, orders: Sequence[OpenOrder]) -> None:
        """Orders that live there from before, or by another hand: they stay, and would do what nothing here
        does."""
        alarms, (_, key, _) = self._context.alarms, _keys(symbol)
        away = Side.SELL if size > 0 else Side.BUY
        count = sum(order.side is away for order in orders)
        if count and size:
            text = f"{symbol} is on the HODL list, and {counted(count, 'order')} at the exchange would close "
            alarms.sound(key, Severity.WARNING, f"{text}coins of it: cancel them there")
        else:
            alarms.clear(key)

    def _say_unknown(self, symbol: str, *, is_known: bool) -> None:
        alarms, (_, _, key) = self._context.alarms, _keys(symbol)
        if is_known:
            alarms.clear(key)
        else:
            text = f"{symbol} is on the HODL list, and the exchange has no such market: nothing is watched"
            alarms.sound(key, Severity.WARNING, text)


def _keys(symbol: str) -> tuple[str, str, str]:
    """Of the alarms of a coin: its fall, the orders that would close it, and that there is no such market."""
    return f"hodl {symbol}", f"hodl {symbol} orders", f"hodl {symbol} unknown"
