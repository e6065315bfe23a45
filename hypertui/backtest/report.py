"""A finished replay, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.backtest.guarding import GuardEvent
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import Run
from hypertui.core.market import ZERO, plain
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.ladder.ladder import Ladder, Phase
from hypertui.strategy.ladder.sizing import arithmetic

_MOST_EVENTS = 10  # of the guards, for people


@dataclass(frozen=True, slots=True)
class RunTime:
    """Seconds to load the file and to run the ladder over it."""

    load_s: float
    run_s: float


def summary(run: Run, timing: RunTime) -> dict[str, object]:
    """The whole run as one JSON object; the file's first and last time are null when it has none."""
    ladder, series = run.ladder, run.series
    return {
        "symbol": ladder.plan.instrument.symbol,
        "file": {
            "rows": series.rows,
            "first_time": _when(series.times[0]) if series.timed else None,
            "last_time": _when(series.times[-1]) if series.timed else None,
            "notes": list(series.notes),
        },
        "ticks": run.ticks,
        "steps": ladder.moves,
        "fills": run.fills,
        "entry_price": plain(ladder.grid.entry_price),
        "final_unit": ladder.unit,
        "phase": ladder.phase.value,
        "position": plain(ladder.book.position),
        "fragment_usd": plain(ladder.fragment),
        "realized_pnl": plain(ladder.book.realized_pnl),
        "unrealized_pnl": plain(ladder.book.unrealized_pnl(run.last_price)),
        "fees": plain(ladder.book.fees),
        "whipsaw_cost": plain(ladder.round_trips.whipsaw_cost),
        "round_trips": ladder.round_trips.count,
        "max_drawdown": plain(run.max_drawdown),
        "phase_steps": {phase.value: run.phase_steps[phase.value] for phase in Phase},
        "halted": ladder.halted or None,
        "ended_by": run.ended_by or None,
        **_guards(run),
        "timing": {
            "load_s": timing.load_s,
            "run_s": timing.run_s,
            "ticks_per_s": run.ticks / timing.run_s if timing.run_s else 0.0,
        },
    }


def in_words(run: Run, costs: Costs, timing: RunTime) -> str:
    """The run for a person: what was read, what it made, and what the making cost."""
    rows = figures_in_words(run, costs, timing)
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def figures_in_words(run: Run, costs: Costs, timing: RunTime) -> list[tuple[str, str]]:
    """All figures, with their names. Those that belong to the one above are set in, or have none."""
    ladder, series = run.ladder, run.series
    plan = ladder.plan
    stake = ladder.fragment_at_entry * SLOTS
    net = ladder.book.net_pnl(run.last_price)
    phases = ", ".join(f"{phase.value} {run.phase_steps[phase.value]:,}" for phase in Phase)
    period = f"{_when(series.times[0])} to {_when(series.times[-1])} UTC" if series.timed else "no times"
    rows = [
        ("file", f"{series.rows:,} {'row' if series.rows == 1 else 'rows'}, {period}"),
        *(("note", note) for note in series.notes),
        ("prices walked", f"{run.ticks:,} in {timing.run_s:.2f} s (loaded in {timing.load_s:.2f} s)"),
        *_sizing(ladder),
        (
            "entry",
            f"{plain(ladder.entry_coins)} {plan.instrument.symbol} at {_price(ladder.grid.entry_price)}",
        ),
        ("last price", f"{_price(run.last_price)}, unit {ladder.unit:+d}, {ladder.phase.value}"),
        ("steps", f"{ladder.moves:,} ({phases}), {run.fills:,} fills"),
        (
            "position",
            f"{plain(ladder.book.position)} {plan.instrument.symbol}, buy size {_usd(ladder.fragment)}",
        ),
        ("net PnL", f"{_signed(net)} USD, {_share(net, stake)} of the {_usd(stake)} entered"),
        ("  realised", f"{_signed(ladder.book.realized_pnl)} USD after fees"),
        ("  unrealised", f"{_signed(ladder.book.unrealized_pnl(run.last_price))} USD before fees"),
        ("fees", f"{_usd(ladder.book.fees)} USD, {_share(ladder.book.fees, stake)} of the entry"),
        (
            "whipsaw cost",
            f"{_usd(ladder.round_trips.whipsaw_cost)} USD in {ladder.round_trips.count:,} round trips",
        ),
        ("max drawdown", f"{_usd(run.max_drawdown)} USD, {_share(run.max_drawdown, stake)} of the entry"),
        ("one whipsaw", _one_whipsaw(ladder, costs)),
    ]
    if run.equity is not None:
        rows.append(("guards", f"over {_usd(run.equity)} USD of equity; {_tripped(run)}"))
        rows += [("", _event(event)) for event in run.guards[:_MOST_EVENTS]]
        if len(run.guards) > _MOST_EVENTS:
            rows.append(("", f"and {len(run.guards) - _MOST_EVENTS:,} more"))
    if run.ended_by:
        rows.append(("ended by", f"the {run.ended_by}"))
    if ladder.halted:
        rows.append(("halted", ladder.halted))
    return rows


def _sizing(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """How unit and position were worked out, where they were."""
    plan = ladder.plan
    if plan.sizing is not None:
        yield "sizing", arithmetic(plan.sizing, plan.unit_size, plan.position_size)


def _guards(run: Run) -> dict[str, object]:
    """What the guards have said, where there were any."""
    if run.equity is None:
        return {}
    told = [
        {
            "time": _when(event.at),
            "guard": event.verdict.guard.value,
            "state": event.verdict.state.value,
            "action": event.verdict.action.value,
            "text": event.verdict.text,
        }
        for event in run.guards
    ]
    return {"equity": plain(run.equity), "guards": told}


def _tripped(run: Run) -> str:
    tripped = sum(event.verdict.is_tripped for event in run.guards)
    return f"tripped {tripped:,} times, {len(run.guards) - tripped:,} warnings"


def _event(event: GuardEvent) -> str:
    verdict = event.verdict
    return f"{_when(event.at)}  {verdict.guard.words} {verdict.state.value}: {verdict.text}"


def _when(time: int) -> str:
    return datetime.fromtimestamp(time // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _one_whipsaw(ladder: Ladder, costs: Costs) -> str:
    """What a slot loses when it is sold at one unit and bought back at the next."""
    price = ladder.grid.entry_price
    coins = ladder.entry_coins / SLOTS
    lost = coins * ladder.plan.unit_size
    fees = coins * (price + price - ladder.plan.unit_size) * costs.fee_rate
    return f"of one unit costs {_usd(lost + fees)} USD, {_share(fees, lost + fees)} of it fees"


def _price(price: Decimal) -> str:
    return f"{price.normalize():,f}"


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _signed(amount: Decimal) -> str:
    return f"{amount:+,.2f}"


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole if whole else ZERO:.1%}"
