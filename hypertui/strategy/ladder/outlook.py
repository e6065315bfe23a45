"""What a ladder comes to before it begins: its stops, what a whipsaw costs, how far liquidation is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hypertui.core.findings import Finding, Level
from hypertui.core.market import plain
from hypertui.core.phrases import at_price, usd
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import Plan
from hypertui.strategy.ladder.sizing import Sizing, arithmetic, lost
from hypertui.strategy.plans import Prospect

_HUNDRED = Decimal(100)


def outlook(plan: Plan, prospect: Prospect) -> Iterator[Finding]:
    """What the plan comes to, at a price at which no rule is broken."""
    coins, instrument = prospect.coins, plan.instrument
    grid = UnitGrid(prospect.entry, plan.unit_size, instrument)
    stops = [grid.price(unit) for unit in range(-SLOTS, 0)]
    verb = "keeps" if prospect.adopting else "buys"
    text = (
        f"{verb} {plain(coins)} {instrument.symbol}, {coins * prospect.entry:,.2f} USD at {plan.leverage}x, "
        f"and steps every {at_price(plan.unit_size)} USD"
    )
    yield Finding("plan", Level.INFO, text, plain(coins))
    if plan.sizing is not None:
        yield Finding("sizing", Level.INFO, arithmetic(plan.sizing, plan.unit_size, plan.position_size))
        if prospect.adopting and plan.sizing.risk is not None:
            yield _risk_of_what_is_there(plan, prospect, plan.sizing, plan.sizing.risk)
    yield from _unit(plan, prospect, grid)
    shown = ", ".join(map(at_price, stops))
    passed = [stop for stop in stops if prospect.mark <= stop] if prospect.adopting else []
    if passed:
        text = f"{len(passed)} of the stops at {shown} are not below the mark of {at_price(prospect.mark)}: "
        yield Finding("stops", Level.AMBER, f"{text}their coins are sold at once", shown)
    else:
        yield Finding("stops", Level.INFO, f"stops at {shown}", shown)
    yield _liquidation(prospect.liquidation, grid)


def _risk_of_what_is_there(plan: Plan, prospect: Prospect, sizing: Sizing, risk: Decimal) -> Finding:
    """No rule has made the size of a position that is taken over."""
    share = lost(plan.unit_size / prospect.entry, prospect.taker_fee, sizing.slippage)
    loses = prospect.coins * prospect.entry * share
    text = f"the position that is there loses {usd(loses)} USD in a straight decline, risk is {usd(risk)} USD"
    level = Level.AMBER if loses > risk else Level.INFO
    return Finding("risk", level, text, f"{loses:.2f}", plain(risk))


def _unit(plan: Plan, prospect: Prospect, grid: UnitGrid) -> Iterator[Finding]:
    """What one turn costs: a slot sold at a unit and bought back at the next one up."""
    unit, rate = plan.unit_size, prospect.taker_fee
    share = unit / prospect.entry * _HUNDRED
    yield Finding("unit", Level.INFO, f"a unit is {share:.3f} % of the price", f"{share:.4f} %")
    sold, bought = grid.price(-1), grid.price(0)
    slot = plan.split(prospect.coins)[-1]
    fees = slot * (sold + bought) * rate
    cost = slot * (bought - sold) + fees
    part = fees / cost * _HUNDRED
    text = f"a one-unit whipsaw costs {usd(cost)} USD, of which {part:.0f} % fees"
    per_coin = (sold + bought) * rate
    if bought - sold <= per_coin:
        fees_of_one = at_price(plan.instrument.round_price(per_coin))
        text += f": the unit is inside the fees of a round trip, {fees_of_one} USD a coin"
    level = Level.AMBER if bought - sold <= per_coin else Level.GREEN
    yield Finding("whipsaw", level, text, plain(bought - sold), f"{per_coin:.4f}")


def _liquidation(at: Decimal | None, grid: UnitGrid) -> Finding:
    last = grid.price(-SLOTS)
    if at is None:
        text = f"the position is not liquidated at any price; the last stop is at {at_price(last)}"
        return Finding("liquidation", Level.GREEN, text, "", plain(last))
    text = f"liquidation near {at:,.2f}, the last stop is at {at_price(last)}"
    if at >= last:
        level, text = Level.RED, f"{text}: it would come too late"
    elif at >= grid.price(-SLOTS - 1):
        level, text = Level.AMBER, f"{text}, less than a unit above it"
    else:
        level = Level.GREEN
    return Finding("liquidation", level, text, f"{at:.2f}", plain(last))
