"""What the journal says of why: for every order and every fill of a live trade, over the whole path."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from hypertui.cli.journal import journals
from hypertui.core.market import Reason, Side
from hypertui.journal import Journal
from hypertui.journal.records import FillRecord, OrderRecord
from hypertui.port.commands import OnExit, Verb
from hypertui.strategy.exits.rules import ExitRules
from tests.execution.test_adoption import order_taken
from tests.ledger.test_trade_outages import START, trade_in, trading, trading_on
from tests.support.by_hand import by_hand
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue


def written(url: str) -> tuple[list[OrderRecord], list[FillRecord]]:
    trade = trade_in(url).id
    with Journal.open(url) as journal:
        return list(journal.orders(trade)), list(journal.fills(trade))


def reasons(url: str) -> dict[str, str]:
    """The reason of each order by client id."""
    return {order.client_id: order.reason for order in written(url)[0]}


def test_every_order_has_its_reason_and_every_fill_its_slippage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with trading(url, tmp_path) as live:
        for unit in (2, 0, -1, -5, -3, 0):
            live.go_to(unit)
        by_hand(live, Side.BUY, "1")
        live.wait_for(
            lambda: any("not by this engine" in e.text for e in live.events("alarm")), "the strange fill"
        )
        order_taken(live, Verb.ADOPT)
        order_taken(live, Verb.FLATTEN)
        live.stop.request(OnExit.LEAVE)
        assert live.ended or live.reason
    orders, fills = written(url)
    assert {order.reason for order in orders} == {"ENTRY", "LADDER_STOP", "LADDER_BUY", "MANUAL"}
    assert {Reason(order.reason) for order in orders if order.role == "stop"} == {Reason.LADDER_STOP}
    entry = orders[0]
    assert (entry.role, entry.reason, entry.key, entry.trigger) == ("entry", "ENTRY", "opening/0", None)
    assert entry.target == 150, "the middle of the book when it was decided"
    assert all(order.why and order.target for order in orders)
    assert {order.why for order in orders if order.role == "close"} == {"flatten by test@tty"}
    by_id = {order.client_id: order for order in orders}
    replaced = {order.replaces for order in orders} - {None}
    assert replaced
    assert replaced <= set(by_id)
    strange = [fill for fill in fills if fill.role == "adopted"]
    assert [(fill.reason, fill.slippage) for fill in strange] == [("MANUAL", None)]
    for fill in fills:
        if fill in strange:
            continue
        order = by_id[str(fill.client_id)]
        assert fill.reason == order.reason
        assert order.target is not None
        worse = fill.price - order.target if fill.side is Side.BUY else order.target - fill.price
        assert fill.slippage == worse
        assert fill.slippage_bps == (worse / order.target * 10_000).quantize(Decimal("0.0001"))
    assert any(fill.slippage and fill.slippage > 0 for fill in fills), "half the spread at least"


def test_a_restart_keeps_the_reason_of_an_order_that_works(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with LocalVenue(START) as venue:
        with trading_on(venue, url, tmp_path) as live:
            lost = venue.call(lambda: _cancel_the_lowest(live))
            live.command(Verb.RECONCILE)
            live.wait_for(
                lambda: live.settled and lost not in [row["oid"] for row in live.working()], "a repair"
            )
            repair = live.working()[0]["cloid"]
            assert reasons(url)[repair] == "REPAIR"
            live.stop.request(OnExit.LEAVE)
            assert live.reason.status == 0
        with journals(tmp_path, url, wall_clock) as found:
            again = LiveEngine(venue, journal=found)
            again.key = live.key
            with again:
                again.opened()
                assert repair in [row["cloid"] for row in again.working()]
                order = again.on_engine(lambda trade: trade.tracker.find(repair), None)
                assert order is not None
                assert order.decision.reason is Reason.REPAIR
                again.go_to(-4)
    (fill,) = [fill for fill in written(url)[1] if fill.client_id == repair]
    assert (fill.role, fill.level, fill.reason) == ("stop", -4, "REPAIR")


def _cancel_the_lowest(live: LiveEngine) -> int:
    core = live.venue.core
    account = core.account(live.key.address)
    assert account is not None
    lowest = min(account.open_orders, key=lambda oid: account.orders[oid].request.trigger.price)  # type: ignore[union-attr]
    core.cancel(account, core.by_symbol["SOL"], lowest)
    return lowest


def test_a_liquidation_is_called_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with (
        LocalVenue({"SOL": Decimal(150)}, faucet=Decimal(200)) as venue,
        journals(tmp_path, url, wall_clock) as journal,
        LiveEngine(venue, journal=journal, exits=ExitRules(liquidation_guard=False)) as live,
    ):
        live.opened()
        order_taken(live, Verb.CANCEL_ALL)
        venue.set_price("SOL", 120)
        liquidated = ": a liquidation by the exchange"
        live.wait_for(lambda: any(liquidated in e.text for e in live.events("alarm")), "the alarm")
        order_taken(live, Verb.ADOPT)
        assert live.held() == 0
    *_, last = written(url)[1]
    assert (last.role, last.reason, last.slippage) == ("adopted", "LIQUIDATION", None)
