"""The entry when answers are lost: what may have been bought is never given up on."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as EthAccount
from hyperliquid.exchange import Exchange as SdkExchange

from hypertui.cli.journal import journals
from hypertui.core.market import Fill, Grouping, Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, paper
from hypertui.exchange.protocol import Exchange, FeedMessage, Filled, FillNotice, Unknown, Unreachable
from hypertui.execution import entry
from hypertui.execution.input_codec import JournalledInput, to_json
from hypertui.execution.orders import ClientIds
from hypertui.journal import Journal
from hypertui.port.snapshot import Mode
from tests.support.by_hand import placed_beside
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue, VenueClock


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


class Unlucky(HyperliquidExchange):
    """The real client on a bad day: fills never come by the feed, and questions about them fail at first."""

    lose_placement = False
    failures = 3
    looks_in_part = 0  # how many answers tell of the first fill alone

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        def without_fills(message: FeedMessage) -> None:
            if not isinstance(message, FillNotice):
                deliver(message)

        await super().feed(symbol, without_fills)

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        self._fail()
        fills = await super().fills_since(symbol, since)
        if fills and self.looks_in_part:
            self.looks_in_part -= 1
            return fills[:1]
        return fills

    async def order_report(self, client_id: str) -> Any:
        self._fail()
        return await super().order_report(client_id)

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Any:
        answer = await super().place(orders, expires_at, grouping)
        if self.lose_placement:
            self.lose_placement = False
            raise Unknown("the answer was lost")
        return answer

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unreachable("no route")


def unlucky(
    venue: LocalVenue, lose_placement: bool, looks_in_part: int = 0, history: Sequence[JournalledInput] = ()
) -> LiveEngine:
    live = LiveEngine(venue, history=history)

    async def connect(account: str | None) -> Exchange:
        exchange = Unlucky(paper(venue.base_url), live.key)
        exchange.lose_placement = lose_placement
        exchange.looks_in_part = looks_in_part
        await exchange.open()
        return exchange

    live.engine._connect = connect
    return live


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_FILLS_PATIENCE", 0.3)
    monkeypatch.setattr(entry, "_INSIST_PAUSE", 0.1)


def stops_cover_all(live: LiveEngine) -> bool:
    stops = [Decimal(order["sz"]) for order in live.working()]
    return len(stops) == 4 and sum(stops) == live.held() > 0


def sell_in_front(venue: LocalVenue, size: float) -> None:
    """Somebody offers coins at a price that the entry takes first."""
    other = SdkExchange(EthAccount.create(), venue.base_url)
    (status,) = other.order("SOL", False, size, 150.01, {"limit": {"tif": "Gtc"}})["response"]["data"][
        "statuses"
    ]
    assert "resting" in status


@pytest.mark.parametrize("lose_placement", [False, True])
def test_an_entry_is_seen_through(venue: LocalVenue, lose_placement: bool) -> None:
    with unlucky(venue, lose_placement) as live:
        live.opened()
        assert len(live.fills()) == 1
        assert stops_cover_all(live)


@pytest.mark.parametrize("lose_placement", [False, True])
def test_an_entry_waits_for_fills_that_are_told_of_late(venue: LocalVenue, lose_placement: bool) -> None:
    sell_in_front(venue, 3)
    with unlucky(venue, lose_placement, looks_in_part=2) as live:
        live.opened()
        assert len(live.fills()) == 2
        assert stops_cover_all(live)
        assert [event.data["role"] for event in live.events("fill")] == ["entry", "entry"]


def test_a_fill_of_the_entry_that_comes_after_the_opening_is_booked_and_covered(venue: LocalVenue) -> None:
    sell_in_front(venue, 3)
    with unlucky(venue, lose_placement=True, looks_in_part=4) as live:
        live.opened()
        held = live.held()
        assert held > 3
        booked = partial(live.on_engine, lambda trade: trade.book.held, None)
        live.wait_for(lambda: booked() == held and live.settled, "what came late, and its stops", 20)
        assert stops_cover_all(live)
        assert live.mode() == Mode.RUNNING
        fills = live.events("fill")
        assert {event.data["role"] for event in fills} == {"entry"}
        assert sum(Decimal(str(event.data["size"])) for event in fills) == held


def test_an_entry_is_written_down_before_it_is_sent_and_how_it_came_to_nothing(
    venue: LocalVenue, tmp_path: Path
) -> None:
    venue.fail("market-empty")
    venue.call(venue.server.step)  # the books are empty from the next tick on
    with (
        journals(tmp_path, None, wall_clock) as journal,
        LiveEngine(venue, journal=journal) as live,
    ):
        assert live.reason.status in (2, 3)
        sent, refused = live.events("order")
        assert (sent.data["role"], sent.data["status"]) == ("entry", "sent")
        assert refused.data["status"] == "rejected"
        assert refused.data["note"] in live.reason.text
    with Journal.open(f"sqlite:///{tmp_path}/journal.db") as reader:
        (trade,) = reader.trades()
        (order,) = reader.orders(trade.id)
        assert (order.role, order.size) == ("entry", Decimal(str(sent.data["size"])))
        assert [row.status for row in reader.statuses(trade.id)] == ["sent", "rejected"]


def test_an_entry_filled_in_part_is_found_however_long_the_engine_was_gone() -> None:
    clock = VenueClock()
    clock.ahead = -120_000
    order = Order(ClientIds(7).entry(1), "SOL", Side.BUY, Decimal("13.33"), OrderType.IOC, Decimal("151.5"))
    at = clock()
    sent = {"order": to_json(order), "expires_at": at + 5_000, "price": "150"}
    with LocalVenue({"SOL": Decimal(150)}, clock=clock) as venue:
        venue.fail("market-thin", share=0.0002)
        venue.call(venue.server.step)
        live = unlucky(venue, lose_placement=False, history=[JournalledInput("entering", at, sent)])
        filled = placed_beside(live, order)
        assert isinstance(filled, Filled)
        assert 4 < filled.size < order.size
        venue.call(lambda: venue.server.faults.off("market-thin"))
        clock.ahead = 0
        with live:
            live.opened()
            assert live.held() == filled.size
            assert stops_cover_all(live)
            # The start that made the entry may have given ids that it could not write down.
            assert {order["cloid"][22:26] for order in live.working()} == {"0001"}
