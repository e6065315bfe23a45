"""Replay: a trade from its journalled inputs, or as much of it as can be read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal

from hypertui.execution.input_codec import JournalledInput, Undecodable, decode
from hypertui.execution.orders import ClientIds
from hypertui.execution.trade import Trade, Unsound
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import OrderSent, PriceMoved, ProcessStarted, TradeOpened, TradeRebuilt
from hypertui.execution.trade_snapshot import ids_in, load, price_in

_TURN = 0.002  # seconds for which a replay keeps the loop
_LOG = logging.getLogger(__name__)


async def take_up(opening: Callable[[], Trade], history: TradeHistory) -> Trade:
    """The trade that `opening` makes, with what is known of it since; the loop does other things in between.
    Raises Unsound for the first input that cannot be taken, and JournalError where they cannot be read."""
    trade = opening()
    if history.state is None:
        await _replay_in_turns(trade, history.since)
        return trade
    try:
        load(trade, history.state.state)
        await _replay_in_turns(trade, history.since)
    except Exception:  # noqa: BLE001 - it is a cache: whatever is wrong with it, the inputs tell the same
        _LOG.exception("the state that was kept cannot be used: every input is replayed")
        trade = opening()
        await _replay_in_turns(trade, await asyncio.to_thread(history.again))
    return trade


async def _replay_in_turns(trade: Trade, history: Iterable[JournalledInput]) -> None:
    """Replay, and let the loop do whatever else there is every few milliseconds: other trades may run."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _TURN
    for kept in history:
        _apply(trade, kept)
        if loop.time() >= until:
            await asyncio.sleep(0)
            until = loop.time() + _TURN


def replay(trade: Trade, history: Iterable[JournalledInput]) -> None:
    """Take up what was journalled since the trade was opened. Raises Unsound for the first input that cannot
    be taken."""
    for kept in history:
        _apply(trade, kept)


def _apply(trade: Trade, kept: JournalledInput) -> None:
    """An input that failed once is tried like any other: a later version may know better."""
    try:
        trade.apply(decode(kept))
    except Exception as error:
        raise Unsound(kept.kind, kept.at, error) from error


def newest_price(history: TradeHistory) -> Decimal | None:
    """The last price (USD) that a history tells of; None where it tells of none that can be read."""
    for kept in reversed(history.since):
        if kept.kind == "price":
            with suppress(Undecodable):
                given = decode(kept)
                assert isinstance(given, PriceMoved), "its kind says so"
                return given.price
    if history.state is not None and (price := price_in(history.state.state)) is not None:
        return price
    with suppress(Undecodable):
        opened = None if history.opened is None else decode(history.opened)
        if isinstance(opened, TradeOpened) and opened.fills:
            return opened.fills[0].price
    return None


def learn_ids(ids: ClientIds, history: TradeHistory) -> None:
    """Learn which ids the trade has given, as far as that can be read at all, without asking the journal: it
    may be out of reach."""
    if history.state is not None:
        trade, start = ids_in(history.state.state)
        ids.trade = ids.trade if trade is None else trade
        ids.begin(max(start, ids.start))
    for kept in history.since:
        if kept.kind not in ("sent", "started", "rebuilt"):
            continue
        with suppress(Undecodable, ValueError):
            match decode(kept):
                case OrderSent(_, order):
                    ids.used(order.client_id)
                case ProcessStarted(_, start):
                    ids.begin(max(start, ids.start))
                case TradeRebuilt(_, number):
                    ids.trade = int(number, 16)
