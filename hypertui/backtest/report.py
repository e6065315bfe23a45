"""A finished replay, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.guard_report import guard_rows, guards_summary, when
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome, WalkedPrices
from hypertui.core.market import ZERO, plain
from hypertui.core.phrases import counted
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.ladder.ladder import Phase
from hypertui.strategy.ladder.plan import Plan
from hypertui.strategy.ladder.sizing import arithmetic


@dataclass(frozen=True, slots=True)
class RunTime:
    """Seconds to load the file and to run the ladder over it."""

    load_s: float
    run_s: float


def summary(run: Outcome, timing: RunTime) -> dict[str, object]:
    """The whole run as one JSON object; the file's first and last time are null when it has none."""
    source = run.source
    return {
        "symbol": run.plan.instrument.symbol,
        "file": {
            "rows": source.rows,
            "first_time": None if source.first_time is None else when(source.first_time),
            "last_time": None if source.last_time is None else when(source.last_time),
            "notes": list(source.notes),
        },
        "engine": run.engine.value,
        "ticks": run.ticks,
        "steps": run.steps,
        "fills": run.fills,
        "entry_price": plain(run.entry_price),
        "final_unit": run.unit,
        "phase": run.phase.value,
        "position": plain(run.position),
        "fragment_usd": plain(run.fragment),
        "realized_pnl": plain(run.realized_pnl),
        "unrealized_pnl": plain(run.unrealized_pnl),
        "net_pnl": plain(run.net_pnl),
        "other_way_net_pnl": None if run.other_way is None else plain(run.other_way),
        "fees": plain(run.fees),
        "slippage_cost": plain(run.slippage_cost),
        "funding": plain(run.funding),
        "whipsaw_cost": plain(run.whipsaw_cost),
        "round_trips": run.round_trips,
        "max_drawdown": plain(run.max_drawdown),
        "phase_steps": {phase.value: run.phase_steps.get(phase.value, 0) for phase in Phase},
        "phase_pnl": {phase.value: plain(run.phase_pnl.get(phase.value, ZERO)) for phase in Phase},
        "halted": run.halted or None,
        "ended_by": run.ended_by or None,
        **guards_summary(run.equity, run.guards),
        "timing": {
            "load_s": timing.load_s,
            "run_s": timing.run_s,
            "ticks_per_s": run.ticks / timing.run_s if timing.run_s else 0.0,
        },
    }


def in_words(run: Outcome, costs: Costs, timing: RunTime) -> str:
    """The run for a person: what was read, what it made, and what the making cost."""
    rows = figures_in_words(run, costs, timing)
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def figures_in_words(run: Outcome, costs: Costs, timing: RunTime) -> list[tuple[str, str]]:
    """All figures, with their names. Those that belong to the one above are set in, or have none."""
    source, symbol, stake, net = run.source, run.plan.instrument.symbol, run.stake, run.net_pnl
    phases = ", ".join(f"{phase.value} {run.phase_steps.get(phase.value, 0):,}" for phase in Phase)
    engine = f"{run.engine.value} engine{': ' * bool(run.remark)}{run.remark}"
    seconds = f"{timing.run_s:.2f} s (loaded in {timing.load_s:.2f} s)"
    rows = [
        ("file", f"{source.rows:,} {'row' if source.rows == 1 else 'rows'}, {_period(source)}"),
        *(("note", note) for note in source.notes),
        ("net PnL", f"{_signed(net)} USD, {_share(net, stake)} of the {_usd(stake)} entered"),
        ("  realised", f"{_signed(run.realized_pnl)} USD after fees{' and funding' * bool(costs.funding)}"),
        ("  unrealised", f"{_signed(run.unrealized_pnl)} USD before fees"),
        *_other_way(run),
        ("max drawdown", f"{_usd(run.max_drawdown)} USD, {_share(run.max_drawdown, stake)} of the entry"),
        ("whipsaw cost", f"{_usd(run.whipsaw_cost)} USD in {run.round_trips:,} round trips"),
        ("one whipsaw", _one_whipsaw(run, costs)),
        ("fees", f"{_usd(run.fees)} USD, {_share(run.fees, stake)} of the entry"),
        ("slippage", f"{_usd(run.slippage_cost)} USD, fills beyond their triggers, by gaps and --slippage"),
        *_funding(run, costs),
        *_sizing(run.plan),
        ("entry", f"{plain(run.entry_coins)} {symbol} at {_price(run.entry_price)}"),
        ("last price", f"{_price(run.last_price)}, unit {run.unit:+d}, {run.phase.value}"),
        ("position", f"{plain(run.position)} {symbol}, buy size {_usd(run.fragment)} USD"),
        ("steps", f"{run.steps:,} ({phases}), {counted(run.fills, 'fill')}"),
        ("walked", f"{counted(run.ticks, 'price')} in {seconds}, {engine}"),
    ]
    rows += guard_rows(run.equity, run.guards)
    if run.ended_by:
        rows.append(("ended by", f"the {run.ended_by}"))
    if run.halted:
        rows.append(("halted", run.halted))
    return rows


def _period(source: WalkedPrices) -> str:
    if source.first_time is None or source.last_time is None:
        return "no times"
    return f"{when(source.first_time)} to {when(source.last_time)} UTC"


def _other_way(run: Outcome) -> Iterator[tuple[str, str]]:
    """How much of the result hangs on the order of the prices within a candle, which nobody knows."""
    if run.other_way is not None:
        apart = abs(run.net_pnl - run.other_way)
        yield "candles", f"walked the other way {_signed(run.other_way)} USD: {_usd(apart)} USD apart"
        yield "", "they hide crossings, and which of their extremes came first"


def _funding(run: Outcome, costs: Costs) -> Iterator[tuple[str, str]]:
    """What holding has cost or brought, where that is counted."""
    if costs.funding:
        yield "funding", f"{_signed(run.funding)} USD at {plain(costs.funding * 100)}% an hour"


def _sizing(plan: Plan) -> Iterator[tuple[str, str]]:
    """How unit and position were worked out, where they were."""
    if plan.sizing is not None:
        yield "sizing", arithmetic(plan.sizing, plan.unit_size, plan.position_size)


def _one_whipsaw(run: Outcome, costs: Costs) -> str:
    """What a slot loses when it is sold at one unit and bought back at the next."""
    price, coins, unit_size = run.entry_price, run.entry_coins / SLOTS, run.plan.unit_size
    lost = coins * unit_size
    fees = coins * (price + price - unit_size) * costs.fee_rate
    return f"of one unit costs {_usd(lost + fees)} USD, {_share(fees, lost + fees)} of it fees"


def _price(price: Decimal) -> str:
    return f"{price.normalize():,f}"


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _signed(amount: Decimal) -> str:
    return f"{amount:+,.2f}"


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole if whole else ZERO:.1%}"
