"""What the commands of `hypertui signals` print of one signal: lines for people, or one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.cli.signal_candles import ToldCandles
from hypertui.core.candles import Interval
from hypertui.core.market import Side, plain
from hypertui.core.phrases import at_price, counted
from hypertui.signals.hindsight import HORIZONS, Aftermath, Firing, firings, outcome
from hypertui.signals.names import Indicator
from hypertui.signals.reachability import Rates, unreachable
from hypertui.signals.rules import SignalRules
from hypertui.signals.state import SignalState
from hypertui.signals.watch import SignalRow, walk

NOTHING_TRADES = "Nothing was placed: a signal acts in a running engine alone, if its table has an action."
_NO_PROOF = (
    "No proof of an edge: each return begins at the close of its candle, which nobody gets, they overlap, "
    "and these candles are past."
)
_NONE = "-"
_LIKE_A_FIGURE = re.compile(r"|-|(of |[-+<>] ?)?[\d,.]+( %)?").fullmatch


@dataclass(frozen=True, slots=True)
class WatchedSignal:
    """A signal of one market over its candles: what was counted in all of them, and in the `newest`, those
    rows in which it fired, and the `last` one. `symbol` is empty where a price file does not say."""

    name: str
    symbol: str
    timeframe: str
    rules: SignalRules
    told: ToldCandles
    counted: Rates
    newest: Rates
    fired: Sequence[SignalRow]
    last: SignalRow

    @classmethod
    def over(
        cls, name: str, symbol: str, timeframe: str, rules: SignalRules, told: ToldCandles, days: int
    ) -> WatchedSignal:
        """Walk the candles; `newest` are those of the last `days`."""
        since = told.candles[-1].at + rules.interval - days * Interval.DAY
        every, newest, fired = Rates(), Rates(), []
        for row in walk(rules, told.candles):
            every.add(row)
            if row.at > since:
                newest.add(row)
            if row.fired is not None:
                fired.append(row)
        return cls(name, symbol, timeframe, rules, told, every, newest, fired, row)

    @property
    def title(self) -> str:
        """Which it is."""
        return " ".join(part for part in (self.name, self.symbol, self.timeframe) if part)

    def head(self) -> Iterator[str]:
        """Which it is, and by which candles."""
        found = f"{_candles(self.counted.candles)} of {self.told.whose}"
        when = f"{_time(self.told.candles[0].at)} to {_time(self.last.at)}"
        yield f"{self.title} ({self.rules.family.value}): {found}, {when}"
        yield from (f"note: {note}" for note in self._notes)

    def record(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "signal": self.name,
            "symbol": self.symbol or None,
            "family": self.rules.family.value,
            "timeframe": self.timeframe,
            "candles": self.counted.candles,
            "since": _time(self.told.candles[0].at),
            "until": _time(self.last.at),
            "notes": list(self._notes),
        }

    @property
    def _notes(self) -> Iterator[str]:
        yield from self.told.notes
        limits = self.rules.context
        for name, limit in (("spread", limits.max_spread), ("funding", limits.max_funding)):
            if limit is not None:
                yield f"candles tell of no {name}: max_{name} keeps it from firing here"


@dataclass(frozen=True, slots=True)
class SignalReport:
    """What is said of one signal, and whether all is as it should be."""

    lines: Sequence[str]
    record: Mapping[str, object]
    is_fine: bool = True


def check_report(signal: WatchedSignal) -> SignalReport:
    """Whether it can be reached, by its newest candles."""
    rules, rates = signal.rules, signal.newest
    found = list(unreachable(rates, rules))
    bad = {(each.indicator, each.side) for each in found}
    table = [["", "indicator", "weight", *(f"{side} on" for side in Side)]]
    for each, weight in rules.weights:
        mark = "!" if any((each, side) in bad for side in Side) else ""
        table.append([mark, each.words, plain(weight), *(_share(rates.rate(each, side)) for side in Side)])
    best = [f"{high:.2f}" if (high := rates.highest.get(side)) is not None else _NONE for side in Side]
    mark = "!" if any((None, side) in bad for side in Side) else ""
    table.append([mark, "highest score", f"of {rules.target:.2f}", *best])
    table.append(["", "fired", "", *(str(rates.fired[side]) for side in Side)])
    lines = [*signal.head(), f"of the newest {_candles(rates.candles)}:", *_aligned(table)]
    for wrong in found:
        what = "the score" if wrong.indicator is None else wrong.indicator.words
        lines.append(f"! {signal.title}: {what} for a {wrong.side}: {wrong.text}")
    if not found:
        lines.append("every indicator and both scores can be reached")
    record = signal.record() | {
        "counted": rates.candles,
        "indicators": {
            each: {"weight": plain(weight), **{side: _rate(rates.rate(each, side)) for side in Side}}
            for each, weight in rules.weights
        },
        "target": plain(rules.target),
        "highest": {side: _rate(rates.highest.get(side)) for side in Side},
        "fired": {side: rates.fired[side] for side in Side},
        "out_of_reach": [
            {"indicator": wrong.indicator, "side": wrong.side, "text": wrong.text} for wrong in found
        ],
    }
    return SignalReport(lines, record, is_fine=not found)


def backtest_report(signal: WatchedSignal, costs: Decimal) -> SignalReport:
    """When it fired, and what the price did afterwards, after `costs` of both ways (a fraction)."""
    closes = {each.at + signal.rules.interval: each.close for each in signal.told.candles}
    found, rates = list(firings(signal.fired, closes, costs)), signal.counted
    later = [f"{horizon // Interval.HOUR} h" for horizon in HORIZONS]
    table = [["time", "side", "score", "price", *later, "on"]]
    for each in found:
        gains = [_signed(each.after[horizon]) for horizon in HORIZONS]
        on = ", ".join(one.words for one in each.on)
        table.append([_time(each.at), each.side, f"{each.score:.2f}", at_price(each.price), *gains, on])
    outcomes = {
        (side, horizon): outcome(found, side, horizon, closes, costs) for side in Side for horizon in HORIZONS
    }
    lines = [*signal.head(), *(_aligned(table) if found else ["it has not fired"])]
    lines += [_in_words(side, horizon, each) for (side, horizon), each in outcomes.items() if each]
    if rates.suppressed:
        why = ", ".join(f"{each.words} ({count:,})" for each, count in rates.suppressed.most_common())
        lines.append(f"candles in which it could not fire: {why}")
    less = f"{plain((costs * 100).normalize())} % for both ways"
    lines.append(f"Returns are for the side that fired, less {less}. {_NO_PROOF}")
    record = signal.record() | {
        "costs": plain(costs),
        "firings": [_firing(each) for each in found],
        "outcomes": [
            {
                "side": side,
                "hours": horizon // Interval.HOUR,
                "count": each.count,
                "mean": f"{each.mean:.6f}",
                "median": f"{each.median:.6f}",
                "gained": f"{each.gained:.4f}",
                "anytime": f"{each.anytime:.6f}",
            }
            for (side, horizon), each in outcomes.items()
            if each
        ],
        "suppressed": {each.value: count for each, count in rates.suppressed.items()},
        "is_proof": False,
    }
    return SignalReport(lines, record)


def show_report(signal: WatchedSignal) -> SignalReport:
    """Where it stands after the last candle."""
    rules, rates, row = signal.rules, signal.newest, signal.last
    table = [["indicator", "side", "value", "needs", "weight", "state", "of the candles"]]
    indicators = []
    for each, weight in rules.weights:
        reading = row.readings[each]
        for side in Side:
            rate = rates.rate(each, side)
            said = None if reading is None else reading.of(side)
            value = _NONE if said is None else _figure(said.value, each)
            needs = _NONE if said is None else f"{each.comparison(side)} {_figure(said.needs, each)}"
            stands = "not known" if said is None else "on" if said.is_on else "off"
            table.append([each.words, side, value, needs, plain(weight), stands, _share(rate)])
            indicators.append(
                {
                    "indicator": each,
                    "side": side,
                    "value": None if said is None else said.value,
                    "needs": None if said is None else said.needs,
                    "weight": plain(weight),
                    "state": stands,
                    "rate": _rate(rate),
                }
            )
    state = row.state.by(signal.told.now)
    scores = {side: None if row.scores is None else row.scores[side].score for side in Side}
    lines = [*signal.head(), *_aligned(table), *_standing(signal, row, state, scores)]
    record = signal.record() | {
        "at": _time(row.at),
        "close": plain(row.close),
        "change_24h": _rate(row.facts.change_24h),
        "indicators": indicators,
        "scores": {side: _rate(score) for side, score in scores.items()},
        "target": plain(rules.target),
        "exit": plain(rules.leaves_below),
        "turns_at": plain(rules.turns_at),
        "state": state.phase,
        "side": state.side,
        "state_since": _time(state.since) if state.since else None,
        "cooldown_until": None if state.until is None else _time(state.until),
        "suppressed": row.suppressed,
        "missing_candles": row.missing,
    }
    return SignalReport(lines, record)


def _standing(
    signal: WatchedSignal, row: SignalRow, state: SignalState, scores: Mapping[Side, Decimal | None]
) -> Iterator[str]:
    rules = signal.rules
    said = [f"{side} {_NONE if score is None else f'{score:.2f}'}" for side, score in scores.items()]
    ends = f"ends below {rules.leaves_below:.2f}, turns round at {rules.turns_at:.2f}"
    yield f"score     {', '.join(said)}; fires at {rules.target:.2f}, {ends}"
    since = f" since {_time(state.since)}" if state.since else ""
    yield f"state     {state.phase.value}{'' if state.side is None else f' for a {state.side}'}{since}"
    cooldown = f"until {_time(state.until)}" if state.until is not None else "none"
    yield f"cooldown  {cooldown}"
    yield f"context   24 h change {_signed(row.facts.change_24h)}, close {at_price(row.close)}"
    if row.missing:
        yield f"not whole: {counted(row.missing, 'more candle')} needed without a gap"
    if row.suppressed is not None:
        yield f"does not fire: {row.suppressed.words}"


def _in_words(side: Side, horizon: Interval, found: Aftermath) -> str:
    return (
        f"{side}, {horizon // Interval.HOUR} h later: {counted(found.count, 'return')}, mean "
        f"{_signed(found.mean)}, median {_signed(found.median)}, {found.gained * 100:.0f} % above 0; "
        f"a {side} at any candle: mean {_signed(found.anytime)}"
    )


def _firing(each: Firing) -> dict[str, object]:
    return {
        "time": _time(each.at),
        "side": each.side,
        "score": f"{each.score:.4f}",
        "price": plain(each.price),
        "on": list(each.on),
        "after": {
            f"{horizon // Interval.HOUR}h": None if gain is None else f"{gain:.6f}"
            for horizon, gain in each.after.items()
        },
    }


def _aligned(table: Iterable[Sequence[str]]) -> Iterator[str]:
    """Words stand at the left of their columns, figures at the right."""
    rows = list(table)
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    sides = [">" if all(map(_LIKE_A_FIGURE, below)) else "<" for _, *below in columns]
    for row in rows:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _figure(value: float, indicator: Indicator) -> str:
    return f"{value:+.2f} %" if indicator.unit else f"{value:,.6g}"


def _signed(fraction: Decimal | None) -> str:
    return _NONE if fraction is None else f"{fraction * 100:+.2f} %"


def _candles(count: int) -> str:
    return f"{count:,} candle" if count == 1 else f"{count:,} candles"


def _share(rate: Decimal | None) -> str:
    return _NONE if rate is None else f"{rate * 100:.2f} %"


def _rate(fraction: Decimal | None) -> str | None:
    return None if fraction is None else f"{fraction:.6f}"


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
