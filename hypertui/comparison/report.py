"""A session beside its backtest, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.comparison.measured import FEW, of_fills, spread
from hypertui.comparison.pairs import FillPair
from hypertui.comparison.walk import Comparison, Steps, WalkMoney
from hypertui.core.market import ZERO, plain
from hypertui.core.phrases import counted

_MOST = 20  # fills that are shown
_BP_STEP = Decimal("0.0001")
_COLUMNS = ("time", "order", "unit", "coins", "trigger", "simulated", "filled", "USD", "bp", "ms")


def summary(found: Comparison) -> dict[str, object]:
    """All of it as one JSON object."""
    record, steps, simulated = found.session.record, found.steps, found.simulated_steps
    return {
        "trade": record.id,
        "network": record.network,
        "symbol": record.symbol,
        "first_time": _when(found.first_at),
        "last_time": _when(found.last_at),
        "prices": found.prices,
        "last_price": plain(found.last),
        "steps": {
            "recorded": len(steps.recorded),
            "walked": len(steps.walked),
            "same": steps.same,
            "simulated": len(simulated.walked),
            "simulated_same": simulated.same,
        },
        "same_steps": steps.all_same,
        "same_pnl": found.ledger == found.as_recorded,
        "not_decided_anew": list(found.strangers),
        "ledger": _money(found.ledger),
        "recorded": _money(found.as_recorded),
        "simulated": _money(found.simulated),
        "difference": {name: plain(amount) for name, amount in parts(found).items()},
        "fills": [fill_row(pair) for pair in found.pairs],
    }


def parts(found: Comparison) -> dict[str, Decimal]:
    """What the session made more than the backtest (USD, negative where less), and what that is made of."""
    both = [pair for pair in found.pairs if pair.recorded is not None and pair.simulated is not None]
    alone = [pair for pair in found.pairs if pair.recorded is None or pair.simulated is None]
    return {
        "total": found.difference,
        "slippage": sum((pair.slippage for pair in both), ZERO),
        "latency": sum((pair.latency_cost for pair in both), ZERO),
        "simulated": sum((pair.simulated_cost for pair in both), ZERO),
        "fees": sum((pair.fee for pair in both), ZERO),
        "sizes": sum((pair.size for pair in both), ZERO),
        "alone": sum((pair.total for pair in alone), ZERO),
    }


def fill_row(pair: FillPair) -> dict[str, object]:
    """One fill of the session and of the backtest."""
    fill = pair.recorded or pair.simulated
    assert fill is not None, "one of them is there"
    return {
        "time": _when(pair.at),
        "role": fill.role.value,
        "side": fill.side.value,
        "unit": fill.level,
        "reason": fill.reason,
        "trigger": _plain(fill.intended),
        "size": _plain(None if pair.recorded is None else pair.recorded.size),
        "price": _plain(None if pair.recorded is None else pair.recorded.price),
        "simulated_size": _plain(None if pair.simulated is None else pair.simulated.size),
        "simulated_price": _plain(None if pair.simulated is None else pair.simulated.price),
        "touched": _plain(None if pair.recorded is None else pair.recorded.touched),
        "market": _plain(None if pair.recorded is None else pair.recorded.market),
        "latency_ms": None if pair.recorded is None else pair.recorded.latency,
        "difference": plain(pair.total),
        "difference_bp": None if pair.bp is None else plain(pair.bp.quantize(_BP_STEP)),
        "slippage": plain(pair.slippage),
        "latency": plain(pair.latency_cost),
        "simulated_cost": plain(pair.simulated_cost),
        "fee": plain(pair.fee),
    }


def in_words(found: Comparison, notes: Sequence[str] = ()) -> str:
    """For a person: whether both agree, what the difference is made of, and which fills made most of it."""
    rows = list(_rows(found, notes))
    width = max(len(label) for label, _ in rows)
    told = [f"{label:<{width}}  {text}" for label, text in rows]
    if found.pairs:
        told += ["", *_table(found)]
    return "\n".join(told)


def _rows(found: Comparison, notes: Sequence[str]) -> Iterator[tuple[str, str]]:
    record = found.session.record
    yield "session", f"{record.symbol} on {record.network}, trade {record.id}"
    ended = f", {record.ended_how}" if record.ended_at is not None else ", live"
    yield "", f"{_when(found.first_at)} to {_when(found.last_at)} UTC{ended}"
    yield "prices", f"{found.prices:,} that mattered, last {found.last.normalize():,f}"
    yield "steps", _steps(found.steps, "decided anew by the recorded prices and fills")
    yield "", _steps(found.simulated_steps, "with simulated fills")
    yield "recorded PnL", _agreement(found)
    for text in found.strangers[:_MOST]:
        yield "", f"would not have been ordered: {text}"
    if len(found.strangers) > _MOST:
        yield "", f"and {len(found.strangers) - _MOST:,} more"
    yield (
        "net PnL",
        f"session {_signed(found.as_recorded.net)} USD, simulated {_signed(found.simulated.net)} USD",
    )
    made = parts(found)
    yield "difference", f"{_signed(made['total'])} USD"
    yield "  slippage", f"{_signed(made['slippage'])} USD, off the price at the time of the fill"
    yield "  latency", f"{_signed(made['latency'])} USD, of what the price did from the touch to the fill"
    yield "  simulated", f"{_signed(made['simulated'])} USD, that the simulated fills were off the touch"
    yield "  fees", f"{_signed(made['fees'])} USD"
    yield "  sizes", f"{_signed(made['sizes'])} USD, of coins beyond those of the simulated fill"
    count = sum(pair.recorded is None or pair.simulated is None for pair in found.pairs)
    yield "  unmatched", f"{_signed(made['alone'])} USD, of {count:,} fills that only one of them has"
    yield from _measured(found)
    if found.ended:
        yield "simulated end", found.ended
    for note in notes:
        yield "note", note


def _measured(found: Comparison) -> Iterator[tuple[str, str]]:
    measured = list(of_fills(pair.recorded for pair in found.pairs if pair.recorded is not None))
    if not measured:
        return
    few = f" (only {counted(len(measured), 'fill')})" if len(measured) < FEW else ""
    yield "measured", f"latency {spread([each.latency for each in measured], ' ms')}{few}"
    bp = [each.against_trigger * 10_000 for each in measured]
    yield "", f"slippage against the trigger {spread(bp, ' bp')}"


def _steps(steps: Steps, how: str) -> str:
    recorded, walked = len(steps.recorded), len(steps.walked)
    if steps.all_same:
        return f"{recorded:,} recorded; {how} all the same"
    return f"{recorded:,} recorded; {how} {walked:,}, the first {steps.same:,} the same"


def _agreement(found: Comparison) -> str:
    ledger, walked = found.ledger, found.as_recorded
    said = f"{_signed(ledger.realized)} USD realised, {_usd(ledger.fees)} USD of fees by the ledger"
    if ledger == walked:
        return f"{said}; walked the same to the last digit"
    off = (
        f"{plain(walked.realized - ledger.realized)} USD realised, {plain(walked.fees - ledger.fees)} of fees"
    )
    return f"{said}; walked otherwise by {off}, {plain(walked.position - ledger.position)} coins"


def _table(found: Comparison) -> Iterator[str]:
    shown = sorted(found.pairs, key=lambda pair: abs(pair.total), reverse=True)[:_MOST]
    if len(found.pairs) > _MOST:
        yield f"the {_MOST} of {len(found.pairs):,} fills that differ most; --trace FILE writes all"
    rows = [_COLUMNS, *(_cells(pair) for pair in sorted(shown, key=lambda pair: pair.at))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        cells = (
            f"{cell:<{width}}" if column < 2 else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _cells(pair: FillPair) -> tuple[str, ...]:
    fill = pair.recorded or pair.simulated
    assert fill is not None, "one of them is there"
    latency = None if pair.recorded is None else pair.recorded.latency
    return (
        _when(pair.at),
        fill.role.value,
        "–" if fill.level is None else f"{fill.level:+d}",
        plain(fill.size),
        _price(fill.intended),
        _price(None if pair.simulated is None else pair.simulated.price),
        _price(None if pair.recorded is None else pair.recorded.price),
        _signed(pair.total),
        "–" if pair.bp is None else f"{pair.bp:+.1f}",
        "–" if latency is None else f"{latency:,}",
    )


def _money(money: WalkMoney) -> dict[str, str]:
    return {
        "realized_pnl": plain(money.realized),
        "fees": plain(money.fees),
        "position": plain(money.position),
        "net_pnl": plain(money.net),
    }


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _price(price: Decimal | None) -> str:
    return "–" if price is None else f"{price.quantize(Decimal('0.0001')).normalize():,f}"


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _signed(amount: Decimal) -> str:
    return f"{amount:+,.2f}"


def _when(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
