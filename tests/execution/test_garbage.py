"""What cannot be meant is dropped, told, and made good by a comparison; it is no sign of life either."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.protocol import FeedAlive, FeedDown, FeedMessage, Malformed
from hypertui.port.snapshot import Dependency
from tests.hostile.proxy import Proxy
from tests.hostile.storm import HostileEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture
def live() -> Iterator[HostileEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, Proxy(venue.base_url, 1) as proxy:
        live = HostileEngine(venue)
        live.proxy = proxy
        with live:
            yield live.opened()


def changed(field: str, value: object) -> Callable[[str], str]:
    """A feed whose fills have this in one of their fields."""

    def change(text: str) -> str:
        message = json.loads(text)
        if message["channel"] == "userFills":
            message["data"]["fills"] = [{**fill, field: value} for fill in message["data"]["fills"]]
        return json.dumps(message)

    return change


def test_a_fill_that_cannot_be_is_found_by_a_comparison(live: HostileEngine) -> None:
    cannot_be: list[tuple[str, object, str]] = [
        ("sz", "0", "not above zero"),
        ("tid", 2**63, "not an integer from 0"),
        ("cloid", "\x1b[2J", "not a client order id"),
    ]
    for below, (field, value, why) in enumerate(cannot_be, 1):
        live.proxy.rewrite = changed(field, value)
        live.go_to(-below)
        # What the fill did to the order may be told, and the fill found, before the fill itself comes.
        live.wait_for(lambda: told(live, "dropped", why), "the alarm")  # noqa: B023
        live.wait_for(lambda: told(live, "over: dropped", why), "its end with the comparison")  # noqa: B023
        assert live.held() == live.on_engine(lambda trade: trade.book.held, Decimal(0))


def told(live: HostileEngine, beginning: str, why: str) -> bool:
    """Whether an alarm was told of in words that begin so, and say so."""
    return any(event.text.startswith(beginning) and why in event.text for event in live.events("alarm"))


def test_only_what_the_venue_says_makes_the_feed_younger(live: HostileEngine) -> None:
    def feed() -> Dependency:
        return next(source for source in live.engine.runner.context.market.sources() if source.name == "ws")  # type: ignore[union-attr]

    def after(message: FeedMessage) -> bool:
        """Whether the feed's age has begun anew."""

        async def take(_: LiveTrade) -> bool:
            inputs = live.engine.runner.context.market  # type: ignore[union-attr]
            inputs._feed_at = 1
            live.engine.runner._on_feed(message)  # type: ignore[union-attr]
            return feed().seen_at != 1

        return live.do(take)

    assert after(FeedAlive())
    assert not after(FeedDown("cannot connect"))
    assert not after(Malformed("the feed: nonsense"))
