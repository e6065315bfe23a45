"""Margin, leverage, funding, liquidation, and what an account that was never seen looks like."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.orders import Tif
from tests.venue.helpers import ALICE, BOB, START, Venue, refused, resting

HOUR = 3_600_000


def info(venue: Venue) -> Info:
    return Info(venue.core, Gateway(venue.core).asked_about)


def state(venue: Venue, who: str = ALICE) -> dict[str, object]:
    answer = info(venue).answer({"type": "clearinghouseState", "user": who, "dex": ""})
    assert isinstance(answer, dict)
    return answer


def test_asking_does_not_store_an_account() -> None:
    venue = Venue()
    assert state(venue)["withdrawable"] == "10000.0"
    assert not venue.core.accounts
    assert info(venue).answer({"type": "userRole", "user": ALICE}) == {"role": "user"}
    empty = Venue(faucet=Decimal(0))
    assert state(empty)["withdrawable"] == "0.0"
    assert info(empty).answer({"type": "userRole", "user": ALICE}) == {"role": "missing"}


def test_the_identities_of_a_margin_summary() -> None:
    venue = Venue()
    venue.buy("100", "105", Tif.IOC)
    venue.sell("1", "2900", Tif.IOC, symbol="ETH")
    venue.price("101")
    answer = state(venue)
    summary = answer["marginSummary"]
    assert isinstance(summary, dict)
    positions = [each["position"] for each in answer["assetPositions"]]  # type: ignore[attr-defined]
    signed = sum(Decimal(p["positionValue"]) * (1 if Decimal(p["szi"]) > 0 else -1) for p in positions)
    assert Decimal(summary["accountValue"]) == Decimal(summary["totalRawUsd"]) + signed
    assert Decimal(summary["totalNtlPos"]) == sum(Decimal(p["positionValue"]) for p in positions)
    assert Decimal(summary["totalMarginUsed"]) == sum(Decimal(p["marginUsed"]) for p in positions)
    sol = next(p for p in positions if p["coin"] == "SOL")
    assert sol["entryPx"] == "100.01" and sol["unrealizedPnl"] == "99.0"
    assert sol["leverage"] == {"type": "cross", "value": 20}


@pytest.mark.parametrize("size", ["-900", "900"])
def test_liquidation_happens_at_the_price_that_was_announced(size: str) -> None:
    venue = Venue(faucet=Decimal(6_000))
    if Decimal(size) > 0:
        venue.buy("900", "105", Tif.IOC)
    else:
        venue.sell("900", "95", Tif.IOC)
    waiting = resting(venue.buy("1", "60")).order
    price = venue.core.liquidation_price(venue.account(), "SOL")
    assert price is not None
    step = Decimal("0.0002") if Decimal(size) > 0 else Decimal("-0.0002")
    venue.price(str(round(price + step, 4)))
    assert venue.account().positions and waiting.live
    venue.price(str(round(price - step, 4)))
    assert not venue.account().positions
    assert waiting.status == "liquidatedCanceled"
    assert venue.account().fills[-1]["liquidation"]["liquidatedUser"] == ALICE
    batch = venue.batches[-1]
    assert batch.cancels[ALICE] == [{"coin": "SOL", "oid": waiting.oid}]
    assert batch.liquidations[ALICE][0]["liquidated_user"] == ALICE


def test_a_loss_beyond_the_equity_is_not_the_accounts() -> None:
    venue = Venue(faucet=Decimal(1_000))
    venue.buy("190", "105", Tif.IOC)
    venue.price("80")
    account = venue.account()
    assert not account.positions and account.cash == 0
    assert account.ledger[-1]["delta"]["type"] == "liquidation"


def test_funding_is_paid_each_full_hour() -> None:
    venue = Venue()
    venue.buy("10", "105", Tif.IOC)
    venue.sell("10", "95", Tif.IOC, who=BOB)
    before = venue.account().cash
    venue.now = START + 2 * HOUR
    venue.core.tick()
    venue.core.tick()
    assert venue.account().cash == before - 2 * Decimal("0.0125")
    payments = info(venue).answer({"type": "userFunding", "user": BOB, "startTime": 0})
    assert [payment["delta"]["usdc"] for payment in payments] == ["0.0125", "0.0125"]
    assert payments[0]["time"] % HOUR == 0


def test_leverage_rules() -> None:
    venue = Venue(faucet=Decimal(1_000))
    market = venue.core.by_symbol["SOL"]
    for leverage in (0, 21):
        with pytest.raises(ActionError, match="Invalid leverage value"):
            venue.core.collateral.set_leverage(venue.account(), market, leverage, cross=True)
    venue.buy("100", "105", Tif.IOC)
    with pytest.raises(ActionError, match="Cannot switch leverage type"):
        venue.core.collateral.set_leverage(venue.account(), market, 5, cross=False)
    with pytest.raises(ActionError, match="does not have sufficient margin available to decrease"):
        venue.core.collateral.set_leverage(venue.account(), market, 5, cross=True)
    venue.core.collateral.set_leverage(venue.account(), market, 11, cross=True)
    assert venue.core.rules.leverage(venue.account(), "SOL") == 11
    assert "margin" in refused(venue.buy("20", "105", Tif.IOC)).text


def test_closing_needs_no_margin() -> None:
    venue = Venue(faucet=Decimal(1_000))
    venue.buy("180", "105", Tif.IOC)
    venue.price("97.5")
    assert "margin" in refused(venue.buy("5", "105", Tif.IOC)).text
    venue.sell("180", "95", Tif.IOC)
    assert not venue.account().positions


def test_entry_price_is_the_average_of_increases_only() -> None:
    venue = Venue()
    venue.buy("10", "105", Tif.IOC)
    venue.price("110")
    venue.buy("10", "115", Tif.IOC)
    entry = venue.account().positions["SOL"].entry_price
    assert entry == (Decimal("100.01") + Decimal("110.02")) / 2
    venue.sell("5", "100", Tif.IOC)
    assert venue.account().positions["SOL"].entry_price == entry


def test_fills_by_time_are_within_bounds_and_oldest_first() -> None:
    venue = Venue()
    for _ in range(3):
        venue.buy("1", "105", Tif.IOC)
        venue.now += 1_000
    body = {"type": "userFillsByTime", "user": ALICE, "startTime": START + 1_000, "endTime": START + 2_000}
    assert [fill["time"] - START for fill in info(venue).answer(body)] == [1_000, 2_000]
    assert [fill["time"] - START for fill in info(venue).fills(ALICE)] == [2_000, 1_000, 0]
