"""One signal of one market in a running engine: candles in, rows for the journal out, and what it shows.

It goes on from the row that an earlier process has left: candles up to that one only tell the indicators how
things are, those since then are taken as ever. Without such a row all candles that there are already make
its state, as in a backtest, and none of them lets it want anything.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from hypertui.core.candles import Candle
from hypertui.core.market import Side
from hypertui.journal.signals import SignalRecord
from hypertui.port.markets import MarketFacts
from hypertui.port.signals import SignalView
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.recent_rates import RecentRates
from hypertui.signal_source.view import after, rounded, to_come
from hypertui.signals.codec import NoSignalState, decode, encode
from hypertui.signals.context import DayChange, SignalFacts
from hypertui.signals.names import Family, SignalPhase
from hypertui.signals.state import BEGINNING, SignalState
from hypertui.signals.watch import SignalRow, SignalWatch

_LOG = logging.getLogger(__name__)


class SignalWatcher:
    """`left` is what the journal has of it, None where that is nothing; `clock` gives ms. `changes` are the
    rows that are not written yet, oldest first."""

    def __init__(
        self, plan: SignalPlan, network: str, left: SignalRecord | None, clock: Callable[[], int]
    ) -> None:
        self.plan = plan
        self.changes: deque[SignalRecord] = deque()
        self.kept = left  # the newest row, written or about to be
        self._network = network
        self._clock = clock
        self._watch = SignalWatch(plan.rules, _resumed(plan, left))
        self._day = DayChange(plan.rules.interval)
        self._rates = RecentRates()
        self._row: SignalRow | None = None
        self._shown = to_come(plan)

    @property
    def needs_conditions(self) -> bool:
        """Whether its market has to be asked for its change or its funding."""
        rules = self.plan.rules
        counts = rules.context.block_red_day or rules.family is Family.RUNNER
        is_told = self._row is not None and self._row.facts.change_24h is not None
        return rules.context.max_funding is not None or (counts and not is_told)

    @property
    def needs_spread(self) -> bool:
        """Whether its market has to be asked for its spread."""
        return self.plan.rules.context.max_spread is not None

    def take(self, candle: Candle, market: MarketFacts) -> None:
        """Take the next closed candle; `market` is what was asked for at its end. The change in 24 h is that
        of the candles, as in a backtest, and the exchange's where these do not reach back as far."""
        before = self._watch.state
        change = self._day.add(candle)
        facts = SignalFacts(market.change_24h if change is None else change, market.spread, market.funding)
        self._row = row = self._watch.take(candle, facts)
        self._rates.add(row)
        if row.at <= before.at or self.kept is None:
            return  # an earlier process has taken it, or nobody was there to
        state = row.state
        moved = (state.phase, state.side, state.since) != (before.phase, before.side, before.since)
        if moved or (state.phase is SignalPhase.ARMED and _why(row) != self.kept.why):
            self._keep(row)
        else:
            self.kept = replace(self.kept, taken=row.at)
            if self.changes:
                self.changes[-1] = self.kept

    def caught_up(self) -> None:
        """Of the candles that there are none is left: the first ones have made the state that it begins
        with."""
        if self._row is None:
            return
        if self.kept is None:
            self._keep(self._row, is_news=False)
        self._shown = replace(after(self.plan, self._row, self._rates), last_intent=self._shown.last_intent)

    def shown(self, now: int, trouble: str, late_after: int, armed_until: int | None) -> SignalView:
        """As it stands at `now` (ms): a cooldown ends without a candle too."""
        shown = replace(self._shown, trouble=trouble, late_after=late_after, armed_until=armed_until)
        if self._row is not None:
            state = self._row.state.by(now)
            phase, since = state.phase.value, state.since or None
            shown = replace(shown, state=phase, side=state.side, since=since, cooldown_until=state.until)
        if shown != self._shown:
            self._shown = shown
        return self._shown

    def led_to(self, intent: str) -> None:
        """It has led to the intent of this id."""
        self._shown = replace(self._shown, last_intent=intent)

    def _keep(self, row: SignalRow, *, is_news: bool = True) -> None:
        plan, state = self.plan, row.state
        fired = row.fired if is_news else None
        verb = None if fired is None else plan.wants(fired)
        scores = {side: None if row.scores is None else rounded(row.scores[side].score) for side in Side}
        self.kept = SignalRecord(
            self._network,
            plan.name,
            plan.symbol,
            row.at,
            encode(state),
            fired is not None,
            _why(row),
            scores[Side.BUY],
            scores[Side.SELL],
            "" if state.side is None else ",".join(row.on(state.side)),
            row.close,
            "" if verb is None else verb.value,
            "" if verb is None or fired is None else f"{plan.symbol} {fired.value} {row.at}",
            row.at,
            self._clock(),
        )
        self.changes.append(self.kept)


def _why(row: SignalRow) -> str:
    return "" if row.suppressed is None else row.suppressed.value


def _resumed(plan: SignalPlan, left: SignalRecord | None) -> SignalState:
    if left is None:
        return BEGINNING
    try:
        return replace(decode(left.state), at=left.taken)
    except NoSignalState as error:
        _LOG.warning(
            "%s begins anew, and takes no candle up to the newest that it knew: %s", plan.title, error
        )
        return replace(BEGINNING, at=left.taken)
