"""Signals beside an engine, as a source of intents: each change is written down before anything comes of it,
and what fires goes to the desk, with a key by which the same is known again."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from hypertui.core.candles import Candle
from hypertui.core.intents import IntentReason, IntentVerb
from hypertui.core.phrases import time_of_day
from hypertui.intents.desk import IntentDesk
from hypertui.intents.gate import Alert, not_of_now
from hypertui.intents.journal_thread import JournalThread
from hypertui.intents.received import NotWritten
from hypertui.journal import JournalError
from hypertui.journal.signals import SignalJournal, SignalRecord
from hypertui.port.markets import MarketFacts, MarketSource
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Severity
from hypertui.signal_source.candle_watch import CandleWatch
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.view import to_come
from hypertui.signal_source.watcher import SignalWatcher

_LOOK = 0.5
_AT_ONCE = 8  # candles that are taken in one turn, so that the engine is kept waiting for none of them
_REST = 0.002  # seconds between two turns
_AGAIN = 5.0  # seconds until the journal is tried again that cannot be read
_LOG = logging.getLogger(__name__)


class SignalSource:
    """Fulfils `SignalBoard`. To be used on the desk's loop, but for `view`; `clock` gives ms. `every` so many
    seconds it looks whether a candle is due."""

    def __init__(
        self,
        plans: Sequence[SignalPlan],
        markets: MarketSource,
        desk: IntentDesk,
        open_journal: Callable[[], SignalJournal],
        network: str,
        clock: Callable[[], int],
        every: float = _LOOK,
    ) -> None:
        self._plans = tuple(plans)
        self._markets = markets
        self._desk = desk
        self._journal = JournalThread("signals", open_journal)
        self._network = network
        self._clock = clock
        self._every = every
        self._written: dict[SignalWatcher, SignalRecord | None] = {}  # what the journal has of each
        self._wishes: dict[SignalWatcher, deque[SignalRecord]] = {}  # written down, and not at the desk yet
        self._shown = {(plan.name, plan.symbol): to_come(plan) for plan in self._plans}

    @property
    def view(self) -> tuple[SignalView, ...]:
        """The newest one of each, from any thread."""
        return tuple(self._shown.values())

    async def run(self) -> None:
        """Go on from what the journal has, and watch until cancelled."""
        try:
            watches = self._watches(await self._left())
            async with asyncio.TaskGroup() as group:
                for candles, watchers in watches:
                    group.create_task(self._watch(candles, watchers))
        finally:
            await self._journal.close()

    async def _left(self) -> dict[tuple[str, str], SignalRecord]:
        """What an earlier engine has left; nothing is watched before that is known."""
        while True:
            try:
                left = dict(await self._journal.do(lambda journal: journal.standing()))
            except JournalError as error:
                text = f"signals are not watched: the journal cannot be read: {error}"
                self._desk.warnings.sound("signals", Severity.WARNING, text)
                await asyncio.sleep(_AGAIN)
            else:
                self._desk.warnings.clear("signals")
                return left

    def _watches(
        self, left: dict[tuple[str, str], SignalRecord]
    ) -> list[tuple[CandleWatch, list[SignalWatcher]]]:
        """Those of one market and interval take the same candles."""
        found: dict[tuple[str, int], tuple[CandleWatch, list[SignalWatcher]]] = {}
        for plan in self._plans:
            interval, known = plan.rules.interval, left.get((plan.name, plan.symbol))
            key = plan.symbol, int(interval)
            if key not in found:
                found[key] = CandleWatch(plan.symbol, interval, self._markets, self._clock()), []
            watcher = SignalWatcher(plan, self._network, known, self._clock)
            found[key][1].append(watcher)
            self._written[watcher], self._wishes[watcher] = known, self._left_over(plan, known)
        return list(found.values())

    def _left_over(self, plan: SignalPlan, known: SignalRecord | None) -> deque[SignalRecord]:
        """What an earlier process may have died before it wished; where it has not, that is known again."""
        is_due = known is not None and known.wants and plan.acts is not None
        if known is None or not is_due or not_of_now(known.at, self._clock()):
            return deque()
        return deque((known,))

    # One market

    async def _watch(self, candles: CandleWatch, watchers: Sequence[SignalWatcher]) -> None:
        while True:
            try:
                if new := await candles.look(self._clock()):
                    await self._take(candles, new, watchers)
                for watcher in watchers:
                    await self._settle(watcher)
                    self._show(watcher, candles)
            except Exception:  # noqa: BLE001 - of this market alone
                _LOG.exception("a defect: %s is not watched any more", candles.symbol)
                for watcher in watchers:
                    text = f"{watcher.plan.title} is not watched any more: a defect, which the log tells"
                    self._sound(watcher, "", Severity.CRITICAL, text)
                return
            await asyncio.sleep(self._every)

    async def _take(
        self, candles: CandleWatch, new: Sequence[Candle], watchers: Sequence[SignalWatcher]
    ) -> None:
        """Only of the newest candle it is known how the market was beside it: that is now."""
        facts = await self._facts(candles, new[-1], watchers)
        for number, candle in enumerate(new):
            for watcher in watchers:
                watcher.take(candle, facts if candle is new[-1] else MarketFacts())
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(_REST)
        for watcher in watchers:
            watcher.caught_up()

    async def _facts(
        self, candles: CandleWatch, newest: Candle, watchers: Sequence[SignalWatcher]
    ) -> MarketFacts:
        conditions = any(watcher.needs_conditions for watcher in watchers)
        spread = any(watcher.needs_spread for watcher in watchers)
        is_now = not not_of_now(newest.at + candles.interval, self._clock())
        if not is_now or not (conditions or spread):
            return MarketFacts()
        return await self._markets.facts(candles.symbol, conditions=conditions, spread=spread)

    async def _settle(self, watcher: SignalWatcher) -> None:
        """Write down what has changed, then take to the desk what it wants because of that. What cannot be
        written is tried again at the next look, and nothing comes of it before."""
        try:
            while watcher.changes:
                record = watcher.changes[0]
                await self._journal.do(lambda journal: journal.write(record))  # noqa: B023
                watcher.changes.popleft()
                self._written[watcher] = record
                if record.fired:
                    _LOG.info("%s has fired: %s", watcher.plan.title, record.key or "it is only watched")
                if record.wants:
                    self._wishes[watcher].append(record)
            kept = watcher.kept
            if kept is not None and kept != self._written[watcher]:
                await self._journal.do(lambda journal: journal.taken(kept))
                self._written[watcher] = kept
            wishes = self._wishes[watcher]
            while wishes:
                await self._wish(watcher, wishes[0])
                wishes.popleft()
        except (JournalError, NotWritten) as error:
            self._desk.warnings.not_written(watcher.plan.title, str(error), watcher.plan.trade)
        else:
            self._desk.warnings.written(watcher.plan.title)

    async def _wish(self, watcher: SignalWatcher, record: SignalRecord) -> None:
        rules, verb = watcher.plan.acts, IntentVerb(record.wants)
        assert rules is not None, "else it would want nothing"
        if stale := not_of_now(record.at, self._clock()):
            received = await self._desk.reject(rules, verb, IntentReason.STALE, stale, record.key)
        else:
            received = await self._desk.receive(rules, Alert(verb, record.key, record.at))
        watcher.led_to(received.id)

    def _show(self, watcher: SignalWatcher, candles: CandleWatch) -> None:
        plan, now, late_after = watcher.plan, self._clock(), candles.late_after
        armed_until = None if plan.acts is None else self._desk.arming.armed_until(plan.acts)
        self._shown[plan.name, plan.symbol] = watcher.shown(now, candles.trouble, late_after, armed_until)
        if now <= late_after:
            self._desk.warnings.clear(f"{plan.title} candles")
            return
        since = "" if candles.until is None else f" since that until {time_of_day(candles.until)}"
        text = f"{plan.title}: no candle of {plan.timeframe}{since}; nothing fires before there is one"
        self._sound(watcher, " candles", Severity.WARNING, text)

    def _sound(self, watcher: SignalWatcher, what: str, severity: Severity, text: str) -> None:
        self._desk.warnings.sound(f"{watcher.plan.title}{what}", severity, text, watcher.plan.trade)
