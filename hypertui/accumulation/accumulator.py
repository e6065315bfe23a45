"""Puts a share of each day's profit aside: decided, written down, sent, and seen to have moved.

The row of a day is durable before anything is sent, with the number that the transfer has at the exchange.
Where no answer came, or the process was killed before one did, the account's own transfers are asked for
first; what is not among them is sent again under the same number, of which the exchange carries out one. So
nothing moves twice, whoever dies when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TypeVar

from hypertui.accumulation.amount import Portion, portion
from hypertui.accumulation.profit import DayProfit, MarketDay, day_profit
from hypertui.core.accumulation import DAY, AccumulationState, day_name, due_day
from hypertui.core.market import ZERO, parse_amount
from hypertui.core.phrases import counted, usd
from hypertui.exchange.protocol import Exchange, ExchangeError, RateLimited, Transfer, Unknown, Unreachable
from hypertui.journal.accumulations import AccumulationJournal, AccumulationRecord
from hypertui.journal.errors import JournalError, LedgerError
from hypertui.runtime.accumulating import Accumulated, Reserve
from hypertui.runtime.audit import in_a_thread

_T = TypeVar("_T")
_EARLIER = 60_000  # ms by which the exchange's clock may be behind the one that a row was written by
_GIVEN_UP = 3_600_000  # ms after which what was sent is not sent again
_UNSEEN = (Unknown, Unreachable, RateLimited)  # whether it moves, the account's transfers tell


@dataclass(frozen=True, slots=True)
class AccumulationRules:
    """The `share` (a fraction) of a day's profit that moves; nothing does where it is not `live`, and what
    would is said."""

    share: Decimal
    live: bool = True


class Accumulator:
    """Fulfils `Accumulation` for the accounts of a network, by the journal at `url`."""

    def __init__(self, url: str, network: str, rules: AccumulationRules) -> None:
        self._url = url
        self._network = network
        self._rules = rules
        self._settled: dict[str, str] = {}  # by account: the day that is done

    async def refusal(self, exchange: Exchange) -> str:
        return await exchange.funds.refusal()

    async def look(self, exchange: Exchange, reserve: Reserve | None, now: int) -> Accumulated | None:
        day, account = due_day(now), exchange.account
        if day is None or self._settled.get(account) == day_name(day):
            return None
        try:
            for row in await self._in_journal(lambda kept: kept.unfinished(self._network, account)):
                return await self._seen_through(exchange, row, reserve, now)
            if await self._in_journal(lambda kept: kept.find(self._network, account, day_name(day))):
                self._settled[account] = day_name(day)
                return None
            return await self._begun(exchange, day, reserve, now)
        except (ExchangeError, JournalError, LedgerError) as error:
            return Accumulated(None, str(error))

    # A day that is due

    async def _begun(
        self, exchange: Exchange, day: int, reserve: Reserve | None, now: int
    ) -> Accumulated | None:
        work = partial(day_profit, self._url, self._network, exchange.account, day)
        profit = await in_a_thread("accumulation", work)
        if trouble := profit.trouble or await _missing(exchange, profit, day):
            return Accumulated(None, trouble)
        wanted, refusal = portion(profit.net, self._rules.share), ""
        if wanted.amount and not (refusal := await self._held_back(exchange)):
            if reserve is None:
                return Accumulated(None, "what margin the trades need is not known yet")
            free = reserve.free((await exchange.funds.purse()).withdrawable)
            wanted = portion(profit.net, self._rules.share, free)
        if not wanted.amount or refusal:
            text = f"{_would(wanted)}: {refusal}" if wanted.amount else wanted.text
            row = self._row(exchange, day, AccumulationState.SKIPPED, profit.net, ZERO, None, text, now)
            return await self._written(row)
        row = self._row(
            exchange,
            day,
            AccumulationState.SENDING,
            profit.net,
            wanted.amount,
            exchange.funds.nonce(),
            wanted.text,
            now,
        )
        if not await self._in_journal(lambda kept: kept.begin(row)):
            return None  # another engine does it
        return await self._sent(exchange, row, now)

    async def _held_back(self, exchange: Exchange) -> str:
        """Why nothing moves although it could."""
        if not self._rules.live:
            return "mainnet needs accumulate.live = true"
        return await exchange.funds.refusal()

    def _row(
        self,
        exchange: Exchange,
        day: int,
        state: AccumulationState,
        net: Decimal,
        amount: Decimal,
        nonce: int | None,
        text: str,
        now: int,
    ) -> AccumulationRecord:
        names = self._network, exchange.account, day_name(day)
        return AccumulationRecord(*names, state.value, net, amount, nonce, text, now)

    async def _written(self, row: AccumulationRecord) -> Accumulated | None:
        """Write down a day on which nothing is sent."""
        if not await self._in_journal(lambda kept: kept.begin(row)):
            return None
        self._settled[row.account] = row.day
        return Accumulated(AccumulationState(row.state), f"{row.day}: {row.text}: nothing moves")

    # What is on its way

    async def _sent(self, exchange: Exchange, row: AccumulationRecord, now: int) -> Accumulated:
        """Send it, for the first time or again."""
        assert row.nonce is not None, "it was to be sent"
        try:
            await exchange.funds.to_spot(row.amount, row.nonce)
        except _UNSEEN as error:
            text = f"{usd(row.amount)} USD of {row.day} are on their way, and whether they moved is not known"
            return Accumulated(AccumulationState.SENDING, f"{text}: {error}")
        except ExchangeError as error:
            if await _has_moved(exchange, row):
                return await self._moved(row, now)
            return await self._ended(row, AccumulationState.FAILED, f"refused: {error}", now)
        return await self._moved(row, now)

    async def _seen_through(
        self, exchange: Exchange, row: AccumulationRecord, reserve: Reserve | None, now: int
    ) -> Accumulated:
        """See what has become of a row whose outcome is not known, and send it again if it has not moved."""
        if await _has_moved(exchange, row):
            return await self._moved(row, now)
        if now - row.changed_at > _GIVEN_UP:
            text = "it is not among the account's transfers, and too old to be sent again"
            return await self._ended(row, AccumulationState.FAILED, text, now)
        if refusal := await self._held_back(exchange):
            text = f"{usd(row.amount)} USD of {row.day} have not moved, and are not sent again: {refusal}"
            return Accumulated(AccumulationState.SENDING, text)
        if reserve is None or reserve.free((await exchange.funds.purse()).withdrawable) < row.amount:
            text = f"{usd(row.amount)} USD of {row.day} have not moved, and are not free now"
            return Accumulated(AccumulationState.SENDING, text)
        return await self._sent(exchange, row, now)

    async def _moved(self, row: AccumulationRecord, now: int) -> Accumulated:
        return await self._ended(row, AccumulationState.MOVED, row.text, now)

    async def _ended(
        self, row: AccumulationRecord, state: AccumulationState, text: str, now: int
    ) -> Accumulated:
        ended = replace(row, state=state.value, text=text, changed_at=now)
        stands = await self._in_journal(lambda kept: kept.end(ended))
        has_moved = stands.state == AccumulationState.MOVED
        verb = "moved" if has_moved else "did not move"
        text = f"{row.day}: {usd(row.amount)} USD {verb} to the spot wallet: {stands.text}"
        return Accumulated(AccumulationState(stands.state), text)

    async def _in_journal(self, work: Callable[[AccumulationJournal], _T]) -> _T:
        def do() -> _T:
            with AccumulationJournal.open(self._url) as kept:
                return work(kept)

        return await in_a_thread("accumulations", do)


def _would(wanted: Portion) -> str:
    return f"{usd(wanted.amount)} USD, {wanted.text}, would move"


async def _missing(exchange: Exchange, profit: DayProfit, day: int) -> str:
    """What of the day the exchange has and the journal lacks, in words. Raises an ExchangeError where that
    cannot be asked for."""
    for market in profit.markets:
        fills = await exchange.fills_since(market.symbol, day)
        lacking = sum(fill.key not in market.fills for fill in fills if _belongs(market, fill.time, day))
        if lacking:
            return f"{counted(lacking, 'fill')} of {market.symbol} of that day lack in the journal"
        paid = await exchange.funding_since(market.symbol, day)
        lacking = sum(each.time not in market.funding for each in paid if _belongs(market, each.time, day))
        if lacking:
            return f"{counted(lacking, 'funding payment')} of {market.symbol} of that day lack in the journal"
    return ""


def _belongs(market: MarketDay, at: int, day: int) -> bool:
    return day <= at < day + DAY and market.covers(at)


async def _has_moved(exchange: Exchange, row: AccumulationRecord) -> bool:
    """Whether it is among the account's transfers. Its number does not tell since when: that may be ahead of
    every clock, as others of the key have drawn theirs."""
    since = row.changed_at - _EARLIER
    return any(_is_it(each, row.amount, since) for each in await exchange.transfers_since(since))


def _is_it(moved: Transfer, amount: Decimal, since: int) -> bool:
    if moved.kind != "accountClassTransfer" or moved.delta.get("toPerp") is not False or moved.time < since:
        return False
    try:
        return parse_amount(moved.delta.get("usdc")) == amount
    except ValueError:
        return False
