"""How late and at what slippage a journal's orders were filled: a fill model of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.fill_model import FillModel, FillSample
from hypertui.comparison.order_fills import OrderFill
from hypertui.comparison.recorded import RecordedTrade
from hypertui.comparison.session import RecordedMark, RecordedSession, SessionRefused
from hypertui.core.phrases import counted
from hypertui.execution.timing import Timing
from hypertui.journal.history import History
from hypertui.journal.records import TradeRecord

FEW = 30  # fills; of fewer it is said


@dataclass(frozen=True, slots=True)
class MeasuredFill:
    """An order's fill. `latency` in ms from the touch; slippages as fractions, positive where the fill was
    worse: against the price at which a backtest would have filled it (the worse of trigger and touch), and
    against the newest price at the time of the fill."""

    latency: int
    against_trigger: Decimal
    against_market: Decimal


@dataclass(frozen=True, slots=True)
class Measured:
    """All of some trades, oldest first; `left_out` trades could not be read."""

    fills: Sequence[MeasuredFill]
    left_out: int


def measure(history: History, trades: Iterable[TradeRecord]) -> Measured:
    """Measure the fills of trades. Raises JournalError."""
    found: list[MeasuredFill] = []
    left_out = 0
    for trade in trades:
        try:
            fills = list(_fills(RecordedSession(history, trade)))
        except SessionRefused:
            left_out += 1
            continue
        found += fills
    return Measured(found, left_out)


def of_fills(fills: Iterable[OrderFill]) -> Iterator[MeasuredFill]:
    """What can be measured: fills that the price has touched off."""
    for fill in fills:
        if fill.due is None or fill.latency is None:
            continue
        market = fill.due if fill.market is None else fill.market
        yield MeasuredFill(max(fill.latency, 0), _worse(fill, fill.due), _worse(fill, market))


def model(
    measured: Measured, latency: int | None, slippage: Decimal | None, seed: int, place: str
) -> FillModel:
    """The model by what was measured; a fixed latency (ms) or slippage takes the place of the measured one.
    A late fill is made at the price of its time, so its slippage is counted against that. Raises
    SessionRefused where nothing could be measured."""
    fills = measured.fills
    if not fills:
        raise SessionRefused(f"the journal {place} has no fill whose touch is known: nothing can be measured")
    late = latency is None or latency > 0
    samples = tuple(
        FillSample(
            each.latency if latency is None else latency,
            slippage if slippage is not None else each.against_market if late else each.against_trigger,
        )
        for each in fills
    )
    return FillModel(samples, seed, tuple(_notes(measured, samples, latency, slippage)))


def _notes(
    measured: Measured, samples: Sequence[FillSample], latency: int | None, slippage: Decimal | None
) -> Iterator[str]:
    count = len(samples)
    few = f"{'only ' if count < FEW else ''}{counted(count, 'fill')}"
    if latency is None:
        yield f"latency of {few}: {spread([sample.latency for sample in samples], ' ms')}"
    if slippage is None:
        bp = [sample.slippage * 10_000 for sample in samples]
        yield f"slippage of {few}: {spread(bp, ' bp')}"
    if measured.left_out:
        yield f"{counted(measured.left_out, 'trade')} of the journal could not be read: left out"


def spread(values: Sequence[int] | Sequence[Decimal], measure: str) -> str:
    """The middle of some values, how much 95 % of them are at most, and the largest, in words."""
    ordered = sorted(values)
    middle, high = ordered[(len(ordered) - 1) // 2], ordered[min(len(ordered) * 95 // 100, len(ordered) - 1)]
    digits = "" if isinstance(middle, int) else ".1"
    shown = (f"{value:,{digits}f}" if digits else f"{value:,}" for value in (middle, high, ordered[-1]))
    return "median {}{m}, 95 % at most {}{m}, largest {}{m}".format(*shown, m=measure)


def _worse(fill: OrderFill, than: Decimal) -> Decimal:
    return fill.side.sign * (fill.price - than) / than


def _fills(session: RecordedSession) -> Iterator[MeasuredFill]:
    recorded = RecordedTrade(session)
    for told in session.told():
        if isinstance(told, RecordedMark):
            recorded.see(told)
        elif not isinstance(told, Timing):
            recorded.take(told)
    return of_fills(recorded.fills)
