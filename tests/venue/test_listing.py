"""Markets beyond the usual three: listed, priced, traded; and those of isolated margin alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.core.market import Side
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.market.sources import price_source
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.listing import LISTINGS, MARKETS, listed
from hypertui.venue.model.lock import StateError
from hypertui.venue.model.markets import Market
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Tif
from hypertui.venue.server import VenueServer
from hypertui.venue.state.store import StateFile
from tests.venue.helpers import ALICE, Venue, filled

ODD = listed(["DOGE:0:10:0.2", "CASH:1:3:1.1:onlyIsolated"])


def test_what_is_listed_stands_behind_the_usual_ones() -> None:
    venue = Venue(markets=ODD)
    meta, contexts = Info(venue.core, Gateway(venue.core).asked_about).answer({"type": "metaAndAssetCtxs"})
    doge, cash = meta["universe"][3:]
    assert doge == {"szDecimals": 0, "name": "DOGE", "maxLeverage": 10, "marginTableId": 10}
    assert (cash["name"], cash["onlyIsolated"], cash["marginTableId"]) == ("CASH", True, 3)
    assert [context["markPx"] for context in contexts[3:]] == ["0.2", "1.1"]
    assert [market.asset for market in ODD] == [0, 1, 2, 3, 4] and ODD[:3] == MARKETS


@pytest.mark.parametrize("market", LISTINGS["dozen"], ids=lambda market: market.symbol)
def test_every_market_of_the_dozen_can_be_traded(market: Market) -> None:
    venue = Venue(prices={"SOL": Decimal(150)}, markets=LISTINGS["dozen"])
    assert len(venue.core.markets) == 12
    instrument, symbol = market.instrument, market.symbol
    size = instrument.floor_size(100 / market.start)
    limit = f"{instrument.round_price(market.start * Decimal('1.05')):f}"
    bought = filled(venue.place(Side.BUY, f"{size:f}", limit, Tif.IOC, symbol=symbol))
    assert bought.size == size == venue.account().size(symbol)


def test_the_seeded_path_moves_all_of_them() -> None:
    source = price_source(VenueOptions(markets=ODD))
    assert {step.symbol for step in source.advance(3_000)} == {market.symbol for market in ODD}


def test_a_market_of_isolated_margin_alone() -> None:
    venue = Venue(markets=ODD)
    account, cash = venue.account(), venue.core.by_symbol["CASH"]
    with pytest.raises(ActionError, match="Cross margin is not allowed for this asset"):
        venue.core.collateral.set_leverage(account, cash, 2, cross=True)
    venue.core.collateral.set_leverage(account, cash, 2, cross=False)
    filled(venue.buy("100", "1.2", Tif.IOC, symbol="CASH"))
    info = Info(venue.core, Gateway(venue.core).asked_about)
    state = info.answer({"type": "clearinghouseState", "user": ALICE})
    (held,) = state["assetPositions"]
    assert held["position"]["leverage"]["type"] == "isolated"
    assert held["position"]["leverage"]["value"] == 2
    assert Decimal(state["crossMarginSummary"]["accountValue"]) < Decimal(9950), "its margin is set apart"


def test_a_state_of_other_markets_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "venue.json"
    with StateFile(path) as file:
        VenueServer(VenueOptions(markets=ODD), ManualPrices(markets=ODD), file=file)
    with (
        StateFile(path) as file,
        pytest.raises(StateError, match="is of the markets BTC, ETH, SOL, DOGE, CASH, not"),
    ):
        VenueServer(VenueOptions(), ManualPrices(), file=file)
    with StateFile(path) as file:
        again = VenueServer(VenueOptions(markets=ODD), ManualPrices(markets=ODD), file=file)
        assert again.core.books["DOGE"].mark == Decimal("0.2")
