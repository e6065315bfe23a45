"""A stop that a process sent before it died, and had not written down: its fill is the trade's own."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from hypertui.core.market import Fill, IngestVia, Order, OrderType, Side
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.protocol import Filled
from hypertui.execution.orders import ClientIds
from hypertui.execution.trade_inputs import FillsCompared, ProcessStarted
from hypertui.port.snapshot import Mode
from hypertui.strategy.exits.native import STOP
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from tests.support.by_hand import placed_beside
from tests.support.exits import closed, start
from tests.support.ladders import ladder_of
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

_SLOT = 1


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": D(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def restarted(trade: LiveTrade) -> int:
    """As if another process had taken the trade up, and compared everything just now; returns when (ms)."""
    now = trade.context.clock()
    trade.recorder.take(ProcessStarted(now, 1))
    trade.recorder.take(FillsCompared(now, now))
    return now


def unwritten(trade_id: int, start: int, number: int, code: int = _SLOT) -> str:
    """The id of an order in the slot by that start, of which nobody has written anything down."""
    client_id = ClientIds(trade_id).entry(start << 32 | number)
    return f"{client_id[:18]}{code:04x}{client_id[22:]}"


def held(trade: LiveTrade) -> list[D]:
    """The coins of each slot."""
    return [slot.coins for slot in ladder_of(trade.tracker).slots]


def sells(live: LiveEngine, size: D, number: int) -> None:
    """Such a stop of the first start fires."""
    trade_id = live.on_engine(lambda trade: trade.context.ids.trade, 0)
    order = Order(unwritten(trade_id, 0, number), "SOL", Side.SELL, size, OrderType.IOC, D(100))
    assert isinstance(placed_beside(live, order), Filled)


def test_it_is_booked_once_and_one_that_sells_more_than_is_there_is_for_the_operator_to_judge(
    live: LiveEngine,
) -> None:
    live.on_engine(restarted, 0)
    before = live.on_engine(held, [])
    sells(live, before[_SLOT], 98)
    live.wait_for(lambda: live.on_engine(held, [])[_SLOT] == 0, "the fill to be booked")
    assert live.on_engine(held, []) == [coins * (n != _SLOT) for n, coins in enumerate(before)]
    booked = live.on_engine(lambda trade: trade.tracker.fills_booked, 0)
    live.do(lambda trade: trade.account_sync.compare_once())
    assert live.on_engine(lambda trade: trade.tracker.fills_booked, 0) == booked
    live.wait_for(lambda: live.settled, "the target to work")
    assert live.mode() is Mode.RUNNING
    sells(live, before[_SLOT], 99)  # the coins of this slot are gone: it sells those of another
    live.wait_for(lambda: live.on_engine(lambda trade: trade.tracker.fills_booked, 0) > booked, "the fill")
    live.wait_for(lambda: live.settled, "the target to work")
    position = live.held()
    assert (live.mode(), sum(live.on_engine(held, []))) == (Mode.RUNNING, position)
    booked = live.on_engine(lambda trade: trade.tracker.fills_booked, 0)
    sells(live, position + 1, 100)
    live.wait_for(lambda: live.mode() is Mode.PAUSED, "the engine to pause")
    assert live.on_engine(lambda trade: trade.tracker.fills_booked, 0) == booked
    reason = live.on_engine(lambda trade: trade.context.reason, "")
    assert "unknown to the journal; adopt or flatten" in reason


def test_an_exit_that_nobody_wrote_down_ends_the_trade_by_the_rule_that_is_set() -> None:
    """Where the ladder's stops come first by now, nothing that is wanted says what it was for."""
    rules = ExitRules(trailing_stop=TrailingTerms(D("0.01"), D(1), D("0.5"), D("0.004"), D("0.02")))
    with LocalVenue({"SOL": D(150)}) as venue, start(venue, rules) as live:
        live.opened().go_to(4)
        live.wait_for(lambda: live.on_engine(lambda t: t.trade.exits.trailing.is_armed, False), "the stop")
        trade_id = live.on_engine(lambda trade: trade.context.ids.trade, 0)
        live.on_engine(restarted, 0)
        client_id = unwritten(trade_id, 0, 98, STOP.code)
        order = Order(client_id, "SOL", Side.SELL, live.held(), OrderType.IOC, D(100))
        assert isinstance(placed_beside(live, order), Filled)
        assert "fired at the exchange; armed" in closed(live, ExitRule.TRAILING_STOP).verdicts[0].text


@pytest.mark.parametrize(("by", "older"), [(1, 0), (0, 1)])
def test_this_process_writes_first_and_what_was_compared_has_no_second_telling(
    live: LiveEngine, by: int, older: int
) -> None:
    def act(trade: LiveTrade) -> None:
        at, before = restarted(trade), held(trade)
        name, coins = unwritten(trade.context.ids.trade, by, 99), before[_SLOT]
        fill = Fill("SOL", Side.SELL, coins, D(149), D(0), at - older, 77, 78, name)
        trade.bookkeeper.book(fill, IngestVia.FEED)
        assert trade.context.mode is Mode.RUNNING, "what came before it may be on its way"
        trade.bookkeeper.book(fill, IngestVia.COMPARISON)
        assert held(trade) == before
        assert trade.context.mode is Mode.PAUSED

    live.on_engine(act, None)
