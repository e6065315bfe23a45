"""A backtest by the compiled ladder, in windows of the series, so that one larger than memory can be walked
and an interruption is heard."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypertui.backtest.curve import block_ends
from hypertui.backtest.demands import refuse_untimed
from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.fast.money import fragments, realized
from hypertui.backtest.fast.prepare import LadderRecords
from hypertui.backtest.fast.state import STEP, Ending, PhaseCode, Records, Status
from hypertui.backtest.fast.walk import walk
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome, WalkedPrices
from hypertui.core.market import ZERO, plain
from hypertui.core.round_trips import SLOTS
from hypertui.series.ticks import Ticks
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.ladder import Phase, too_small
from hypertui.strategy.ladder.plan import Plan

WINDOW = 1 << 22  # prices
_NO_EXITS = ExitRules()
_PHASES = {code.value: Phase[code.name] for code in PhaseCode}
_ENDINGS = {ending.value: ExitRule[ending.name] for ending in Ending if ending}


class UndecidedByFloats(Exception):
    """The figures of a run lie so near to a lot, a tick or a limit that the exact engine has to decide."""


def run_fast(
    ticks: Ticks,
    plan: Plan,
    costs: Costs,
    exits: ExitRules = _NO_EXITS,
    *,
    blocks: int = 0,
    source: Any = None,
    window: int = WINDOW,
) -> Outcome:
    """Walk the ticks, by the `source` of the same prices where one is given that finds them faster (see
    `hypertui.backtest.fast.source`).

    Raises PlanError as a replay does, NotCompiled for what the compiled ladder has not, and
    UndecidedByFloats.
    """
    prepared, net = _walked(ticks, plan, costs, exits, blocks, source, window, np.zeros(0, STEP))
    return _outcome(prepared, net)


def steps_of(
    ticks: Ticks, plan: Plan, costs: Costs, exits: ExitRules = _NO_EXITS, *, window: int = WINDOW
) -> list[dict[str, object]]:
    """The trace: each step as a replay writes it. Walks twice."""
    first, _ = _walked(ticks, plan, costs, exits, 0, None, window, np.zeros(0, STEP))
    steps = np.zeros(int(first.state[0]["steps"]), STEP)
    prepared, _ = _walked(ticks, plan, costs, exits, 0, None, window, steps)
    return [_step(prepared, number, step) for number, step in enumerate(steps, start=1)]


def _walked(
    ticks: Ticks,
    plan: Plan,
    costs: Costs,
    exits: ExitRules,
    blocks: int,
    source: Any,
    window: int,
    steps: Records,
) -> tuple[LadderRecords, NDArray[np.float64]]:
    if not ticks.timed:
        refuse_untimed(costs, exits, guarded=False)
    plan.check_at(ticks.price(0))
    prepared = LadderRecords(ticks, plan, costs, exits)
    prices = _read_only(ticks.prices)
    times = _read_only(np.zeros(0, np.int64) if ticks.times is None else ticks.times)
    ends = _ends(len(prices), blocks)
    net = np.zeros(len(ends))
    terms, state, lots = prepared.terms, prepared.state, prepared.lots
    searched = prices
    if source is not None:
        searched, window = source, len(prices)  # it walks nothing that could be too large
    status = Status.GOES_ON.value
    for start in range(0, len(prices), window):
        stop = min(start + window, len(prices))
        status = walk(searched, times, ends, terms, state, lots, net, steps, start, stop)
        if status != Status.GOES_ON:
            break
    if status == Status.UNDECIDED:
        raise UndecidedByFloats(
            "its figures lie so near to a whole lot or a limit that only the exact engine can tell"
        )
    return prepared, net


def _read_only(column: NDArray[np.int64]) -> NDArray[np.int64]:
    """A column as it lies: code is compiled once for those that may be written and those of a file."""
    view = np.ascontiguousarray(column).view(np.ndarray)
    view.flags.writeable = False
    return view


@lru_cache(maxsize=4)
def _ends(count: int, blocks: int) -> NDArray[np.int64]:
    return np.array(block_ends(count, blocks), dtype=np.int64)


def _outcome(prepared: LadderRecords, net: NDArray[np.float64]) -> Outcome:
    ticks, plan, state = prepared.ticks, prepared.plan, prepared.state[0]
    entry, price = ticks.price(0), Decimal(int(state["price"])).scaleb(-ticks.decimals)
    position, coins = prepared.coins(state["position"]), plan.entry_size(entry)
    lots = prepared.lots[state["first_lot"] : state["after_lots"]].tolist()
    cost = sum((prepared.coins(size) * prepared.fill_price(at) for size, at in lots), ZERO)
    net_pnl = prepared.usd(state["cash"]) + position * price
    phases = {_PHASES[code]: int(count) for code, count in enumerate(state["phase_steps"]) if count}
    made = {_PHASES[code]: prepared.usd(each) for code, each in enumerate(state["phase_pnl"])}
    made[_PHASES[int(state["noted_phase"])]] += net_pnl - prepared.usd(state["noted"])
    realized_pnl = prepared.usd(realized(prepared.terms[0], state, prepared.lots))
    fragment = prepared.usd(fragments(prepared.terms[0], state, prepared.lots)) / SLOTS
    halted, due, ended = "", int(state["due"]), int(state["block"])
    if state["halted"]:
        unit, size = int(state["halted_unit"]), prepared.coins(state["halted_size"])
        grid, least = (
            UnitGrid(entry, plan.unit_size, plan.instrument),
            prepared.usd(state["halted_fragments"]),
        )
        halted = too_small(plan, grid, least / SLOTS, unit, size)
    return Outcome(
        plan=plan,
        source=_source(ticks),
        engine=Engine.FAST,
        entry_price=entry,
        entry_coins=coins,
        stake=coins * entry,
        ticks=int(state["walked"]),
        steps=int(state["steps"]),
        fills=int(state["fills"]),
        last_price=price,
        unit=int(state["unit"]),
        phase=_PHASES[int(state["phase"])],
        position=position,
        fragment=fragment,
        realized_pnl=realized_pnl,
        unrealized_pnl=position * price - cost,
        net_pnl=net_pnl,
        fees=prepared.rounded_usd(state["fees"]),
        slippage_cost=prepared.rounded_usd(state["slipped"] * prepared.terms[0]["fee_one"]),
        funding=prepared.usd(state["funding"]),
        whipsaw_cost=prepared.rounded_usd(state["whipsaw"]),
        round_trips=int(state["round_trips"]),
        max_drawdown=prepared.rounded_usd(state["deepest"]),
        phase_steps={phase.value: count for phase, count in phases.items()},
        phase_pnl={phase.value: made[phase] for phase in Phase if phase is Phase.ADVANCE or phase in phases},
        blocks=[*(net[:ended] / 10.0**prepared.money).tolist(), *[float(net_pnl)] * (len(net) - ended)],
        halted=halted,
        ended_by=_ENDINGS[due].words if due else "",
    )


def _source(ticks: Ticks) -> WalkedPrices:
    first, last = (None, None) if ticks.times is None else (int(ticks.times[0]), int(ticks.times[-1]))
    return WalkedPrices(ticks.rows, first, last, ticks.notes)


def _step(prepared: LadderRecords, number: int, step: Any) -> dict[str, object]:
    unit, held = int(step["unit"]), int(step["long"])
    buys = range(unit + 1, unit + 1 + SLOTS - held) if not step["halted"] else ()
    return {
        "seq": number,
        "tick": int(step["tick"]),
        "price": plain(Decimal(int(step["price"])).scaleb(-prepared.ticks.decimals)),
        "direction": "up" if step["up"] else "down",
        "unit": unit,
        "phase": _PHASES[int(step["phase"])].value,
        "trailing_stop": [*range(unit - held, unit)],
        "trailing_buy": [*buys],
        "position": plain(prepared.coins(step["position"])),
        "fragment_usd": plain(prepared.usd(step["fragments"]) / SLOTS),
        "realized_pnl": plain(prepared.usd(step["realized"])),
    }
