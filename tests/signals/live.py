"""Signals in a running engine on the local venue, which has past candles: what their tests drive by a clock
of their own, that lags behind the venue's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from hypertui.core.candles import SETTLES, Candle, ClosedCandles, Interval, closed
from hypertui.core.intents import IntentVerb
from hypertui.core.market import SourceKind
from hypertui.engine.engine import OpenTrade
from hypertui.execution.trade_config import TradeConfig
from hypertui.intents.arming import Arming
from hypertui.intents.desk import IntentDesk
from hypertui.intents.gate import SourceRules
from hypertui.intents.host import SourceHost
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.journal.signals import SignalJournal, SignalRecord
from hypertui.port.markets import MarketFacts, MarketSource, NotAnswered
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Alarm
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.source import SignalSource
from hypertui.signals.context import ContextLimits
from hypertui.signals.names import Family, Indicator
from hypertui.signals.rules import SignalRules
from tests.support.live_engine import SOL, LiveEngine, wait_until, wall_clock
from tests.support.local_venue import LocalVenue, VenueClock

MINUTE = Interval.MINUTE
NAME = "dip"
TOUCH = SignalRules(
    Family.REVERSION,
    MINUTE,
    ((Indicator.BOLLINGER, D(1)),),
    D("0.6"),
    D("0.54"),
    1,
    2 * MINUTE,
    ContextLimits(block_red_day=False),
)


def past_venue(closes: Sequence[float], holes: Sequence[int] = ()) -> tuple[LocalVenue, Callable[[], None]]:
    """A venue, and what gives it, once it runs, a past of so many candles of a minute in SOL, the last of
    them over; without trades in those whose numbers are `holes`."""
    clock = VenueClock()
    clock.ahead = -(len(closes) + 1) * MINUTE
    venue = LocalVenue({"SOL": D(150)}, clock)

    def live_through() -> None:
        for number, close in enumerate(closes):
            clock.ahead += MINUTE
            if number not in holes:
                venue.core.set_price("SOL", D(str(close)))
        clock.ahead = 0
        venue.core.set_price("SOL", D(str(closes[-1])))

    return venue, lambda: venue.call(live_through)


def wandering(seed: int, count: int) -> list[float]:
    """Prices that go somewhere and come back."""
    chance, price, found = random.Random(seed), 150.0, []
    for _ in range(count):
        price *= 1 + chance.gauss(0, 0.002)
        found.append(round(price, 2))
    return found


class LaggingClock:
    """Shows what the test sets (ms)."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def after(self, candle_ended: int) -> None:
        """The candle that ended then does not change any more, whatever the venue's clock shows."""
        self.now = candle_ended + SETTLES + 1_000


class VenueMarkets:
    """Fulfils `MarketSource` straight from the venue, for more questions than its exchange would answer."""

    def __init__(self, venue: LocalVenue) -> None:
        self._venue = venue
        self.wrong = ""  # why nothing is answered

    async def candles(self, symbol: str, interval: Interval, since: int, now: int) -> ClosedCandles:
        """As MarketSource has it."""
        if self.wrong:
            raise NotAnswered(self.wrong)
        told = self._venue.call(lambda: self._venue.core.books[symbol].candles.between("1m", since, now))
        found = [Candle(each["t"], D(each["l"]), D(each["h"]), D(each["c"])) for each in told]
        return closed(found, interval, interval.ended(now))

    async def facts(self, symbol: str, *, conditions: bool, spread: bool) -> MarketFacts:
        """As MarketSource has it: nothing is known."""
        return MarketFacts()


class SignalledEngine:
    """A context manager: an engine and its signal, whose process may be begun anew (`again`). Candles are
    asked for through the engine, or by `markets`."""

    def __init__(
        self,
        venue: LocalVenue,
        folder: Path,
        config: TradeConfig = SOL,
        journal: OpenTrade | None = None,
        rules: SignalRules = TOUCH,
        verbs: frozenset[IntentVerb] = frozenset(),
        markets: MarketSource | None = None,
        **of_source: Any,
    ) -> None:
        self.venue = venue
        self.live = LiveEngine(venue, config, journal)
        self.url = f"sqlite:///{folder / 'journal.db'}"
        self.clock = LaggingClock()
        acts = SourceRules(NAME, config.title, verbs, kind=SourceKind.SIGNAL, **of_source) if verbs else None
        self.plan = SignalPlan(NAME, "SOL", "1m", rules, "both" if verbs else "", acts)
        self._markets = self.live.engine.markets if markets is None else markets
        self._host: SourceHost | None = None
        self._reader: SignalJournal | None = None

    def __enter__(self) -> SignalledEngine:
        self.live.key = self.live.key  # its oracle looks at the books before anything is in them
        self.live.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.leave()
        if self._reader is not None:
            self._reader.close()
        self.live.__exit__(*exception)

    def again(self) -> None:
        """A process begins, by what the journal has. Nothing is written on the way out of the one before."""
        self.leave()
        arming = Arming([self.plan.acts] if self.plan.acts is not None else [], self.clock)
        self.desk = IntentDesk(
            self.live.engine, lambda: IntentJournal.open(self.url, "paper"), "paper", arming, self.clock
        )
        self.source = SignalSource(
            [self.plan],
            self._markets,
            self.desk,
            lambda: SignalJournal.open(self.url, "paper"),
            "paper",
            self.clock,
            every=0.003,
        )
        self._host = SourceHost(self.desk, [("signals", self.source.run)])
        self._host.__enter__()
        self.live.engine.sources, self.live.engine.signals = self.desk, self.source

    def leave(self) -> None:
        """The process ends, and nobody looks."""
        if self._host is not None:
            self._host.__exit__(None, None, None)

    def candles(self) -> ClosedCandles:
        """Those of the venue that are over."""
        return asyncio.run(VenueMarkets(self.venue).candles("SOL", MINUTE, 0, wall_clock()))

    def ends(self) -> list[int]:
        """When they ended."""
        return [each.at + MINUTE for each in self.candles().candles]

    def reach(self, ended: int) -> None:
        """The candle that ended then is the newest, and what it changes is in the journal."""
        self.clock.after(ended)
        wait_until(lambda: self.shown.candle_at == ended, "the candle to be taken")
        wait_until(lambda: self.rows()[-1].taken == ended, "the candle to be written down")

    @property
    def shown(self) -> SignalView:
        """As the engine's view has it."""
        (view,) = self.live.engine.view.signals
        return view

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those of the sources, as the engine's view has them."""
        return self.live.engine.view.intents.alarms

    def rows(self) -> list[SignalRecord]:
        """What the journal has of the signal, oldest first."""
        if self._reader is None:
            self._reader = SignalJournal.read(self.url, "paper")
        return list(reversed(self._reader.newest(10_000)))

    def intents(self) -> list[IntentRecord]:
        """Those of the journal, oldest first."""
        journal = IntentJournal.read(self.url, "paper")
        try:
            return list(reversed(journal.newest(10_000)))
        finally:
            journal.close()

    def ends_as(self, key: str, state: str) -> IntentRecord:
        """Wait until an intent of this key is in this state."""

        def found() -> list[IntentRecord]:
            return [each for each in self.intents() if (each.key, each.state) == (key, state)]

        wait_until(lambda: bool(found()), f"the intent {key} to be {state}", every=0.02)
        return found()[0]


def without_times(rows: Sequence[SignalRecord]) -> list[SignalRecord]:
    """But for when they were written."""
    return [replace(row, written_at=0) for row in rows]
