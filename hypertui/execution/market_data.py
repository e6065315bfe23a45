"""Prices, feed state and latencies of the market, each with its age."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from itertools import islice

from hypertui.exchange.protocol import Quote
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.snapshot import Dependency, Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.price_history import PriceHistory

_FEED_LIMIT = 35_000
_REST_LIMIT = 30_000
_ENGINE_LIMIT = 2_000
_LATENCIES_KEPT = 240
_ROUND_TRIPS = 15
_BLIND = 60_000  # ms without a price: what it was meanwhile is worth a question


class MarketData:
    """Prices, feed and account with their ages (ms), and the alarms that their absence raises."""

    def __init__(
        self, config: TradeConfig, clock: Callable[[], int], alarms: Alarms, tally: HealthTally
    ) -> None:
        self.quote: Quote | None = None
        self.quote_at: int | None = None
        self.by_rest = False  # the newest price was asked for, because the feed is down
        self.feed_up = False
        self.knowledge = Knowledge()
        self.history = PriceHistory()
        # From when to when (ms) no price was heard, while nobody has asked what it was. Before the first one
        # that is so since ever (0).
        self.unheard: tuple[int, int] | None = None
        self._config = config
        self._clock = clock
        self._alarms = alarms
        self._tally = tally
        self._began_at = clock()
        self._feed_at: int | None = None
        self._rest_at: int | None = None
        self._latency: int | None = None
        self.latencies: deque[int] = deque(maxlen=_LATENCIES_KEPT)  # ms from question to answer, newest last
        self.round_trip = 0  # ms from question to answer, lately
        self.answers = 0
        self.connections = 0  # of the feed, so far

    @property
    def feed_heard_at(self) -> int | None:
        """When the feed last said anything (ms); None before it did, and while it is down."""
        return self._feed_at if self.feed_up else None

    @property
    def now(self) -> int:
        """The time (ms)."""
        return self._clock()

    @property
    def price(self) -> Decimal | None:
        """The price that moves the strategy."""
        return None if self.quote is None else self._config.price_source.of(self.quote)

    @property
    def heard_at(self) -> int | None:
        """When the venue last said anything at all (ms)."""
        return max((at for at in (self._feed_at, self._rest_at) if at is not None), default=None)

    def on_quote(self, quote: Quote, *, by_rest: bool = False) -> None:
        """A new price has come, by the feed or to a question."""
        self.by_rest = by_rest
        since, now = self.quote_at or 0, self._clock()
        if now - since > _BLIND:
            self.unheard = (since if self.unheard is None else self.unheard[0], now)
        self.quote, self.quote_at = quote, now
        self.history.add(now, quote.mark)

    def on_feed(self) -> None:
        """Something that the venue says has come by the feed."""
        self._feed_at = self._clock()

    def on_malformed(self, reason: str) -> None:
        """Something has come, and was dropped, that the venue cannot mean."""
        self._alarms.sound("garbage", Severity.WARNING, f"dropped, and compared instead: {reason}")

    def on_feed_state(self, up: bool, reason: str = "") -> None:
        """The feed was connected, or broke."""
        self.feed_up = up
        self._tally.feed(up, self._clock())
        if up:
            self.connections += 1
            self._alarms.clear("feed")
        else:
            self._alarms.sound("feed", Severity.WARNING, f"the feed broke: {reason}")

    def on_answer(self, sent_at: int) -> None:
        """The venue has answered something that was sent at `sent_at`."""
        self._rest_at = self._clock()
        self._latency = self._rest_at - sent_at
        self.latencies.append(self._latency)
        newest = sorted(islice(reversed(self.latencies), _ROUND_TRIPS))
        self.round_trip = newest[len(newest) // 2]
        self.answers += 1

    def holds_risk(self) -> str:
        """Why no new risk may be taken now, in words; empty when it may."""
        age = self._clock() - (self.quote_at or self._began_at)
        if age <= self._config.stale_after:
            self._alarms.clear("stale")
            if self.by_rest:
                return "the price feed is down; prices come by REST, and the stops follow them"
            return "" if self.feed_up else "the price feed is down"
        outage = age > self._config.outage_after
        limit = self._config.outage_after if outage else self._config.stale_after
        severity = Severity.CRITICAL if outage else Severity.WARNING
        self._alarms.sound("stale", severity, f"no price for more than {limit // 1000} s")
        return f"price is {age // 1000} s old"

    def sources(self) -> tuple[Dependency, ...]:
        """One for each thing that the engine depends on."""
        return (
            Dependency("mark", self.quote_at, self._config.stale_after, by_rest=self.by_rest),
            Dependency("ws", self._feed_at, _FEED_LIMIT, connected=self.feed_up),
            Dependency("rest", self._rest_at, _REST_LIMIT, self._latency),
            Dependency("engine", self._clock(), _ENGINE_LIMIT),
        )
