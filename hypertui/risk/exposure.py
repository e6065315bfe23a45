"""Guards on the size of a position: its worth, its leverage, its margin, and how near liquidation is."""

from __future__ import annotations

from decimal import Decimal

from hypertui.core.market import ONE, ZERO, plain
from hypertui.core.phrases import at_price, usd
from hypertui.risk.facts import Facts
from hypertui.risk.guards import Guard
from hypertui.risk.measure import Measure, share, unknown
from hypertui.risk.rules import GuardRules, percent

_TENTH = Decimal("0.1")
# Of each coin's USD by which the liquidation price may come nearer, so much may leave at least: the rest is
# the maintenance margin, a sixth where the leverage may be 3.
_OF_A_COIN = Decimal("0.8")
_NONE_YET = "the account is not known yet"


def max_position(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """What the position is worth once every buy has filled."""
    guard, limit = Guard.MAX_POSITION, rules.max_position
    assert limit is not None, "it is wanted"
    exposure = facts.exposure
    if exposure is None:
        return unknown(guard, limit, f"? of {usd(limit)} USD")
    figure = exposure.held + exposure.buys
    text = f"{usd(figure)} of {usd(limit)} USD with all buys"
    return Measure(guard, figure, limit, bool(exposure.buys) and figure > limit, text, near=False)


def max_leverage(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """The same as so many times the account's equity."""
    guard, limit = Guard.MAX_LEVERAGE, rules.max_leverage
    assert limit is not None, "it is wanted"
    exposure, watch = facts.exposure, facts.equity
    if exposure is None or watch is None or watch.newest is None:
        return unknown(guard, limit, f"? of {plain(limit)} times the equity", _NONE_YET)
    equity, notional = watch.newest.equity, exposure.held + exposure.buys
    if equity <= 0:
        reached = notional > 0
        return Measure(guard, limit + ONE if reached else Decimal(0), limit, reached, "there is no equity")
    figure = notional / equity
    text = f"{figure:.2f} of {plain(limit)} times the equity, with all buys"
    return Measure(guard, figure, limit, bool(exposure.buys) and figure > limit, text, near=False)


def margin_used(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """The part of the account's equity that is in use as margin."""
    guard, limit = Guard.MARGIN_USED, rules.margin_used
    assert limit is not None, "it is wanted"
    margin, watch = facts.margin, facts.equity
    if margin is None or watch is None or watch.newest is None:
        return unknown(guard, limit, f"? of {percent(limit)}")
    equity = watch.newest.equity
    figure = margin.used / equity if equity > 0 else ONE if margin.used > 0 else Decimal(0)
    near = figure >= limit
    return Measure(guard, figure, limit, near, f"{share(figure)} of {percent(limit)} of the equity", near)


def liquidation(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """How many units the last stop is above the price at which the exchange would liquidate. Its figure is
    the number that is wanted, its limit the number that there is."""
    guard, wanted = Guard.LIQUIDATION, rules.liquidation
    assert wanted is not None, "it is wanted"
    exposure, margin = facts.exposure, facts.margin
    if exposure is None or margin is None:
        return unknown(guard, wanted, "?")
    last, at = exposure.last_stop, margin.liquidation
    if last is None or at is None:
        return Measure(
            guard, Decimal(0), wanted, False, "nothing is held" if last is None else "none is near"
        )
    apart = (last - at) / exposure.unit
    text = f"last stop {at_price(last)}, {apart.quantize(_TENTH)} units above liquidation at {at_price(at)}"
    return Measure(guard, wanted, apart, apart < wanted, f"{text}; {plain(wanted)} at least")


def may_leave(facts: Facts, rules: GuardRules, coins: Decimal) -> Decimal | None:
    """How much (USD) may leave the margin that backs so many coins until their last stop is no more above the
    liquidation price than its guard wants, below 0 where it is too near already; None while that is not
    known, also where no stop works."""
    exposure, margin = facts.exposure, facts.margin
    if exposure is None or margin is None or exposure.last_stop is None:
        return None
    lowest = exposure.last_stop - (rules.liquidation or ZERO) * exposure.unit
    if margin.liquidation is None:  # with less money it may be: what is free bears the loss until there
        return margin.free - exposure.held + lowest * coins * _OF_A_COIN
    return (lowest - margin.liquidation) * coins * _OF_A_COIN


def entries_need(facts: Facts, rules: GuardRules) -> Decimal | None:
    """The margin and fees (USD) that a trade's entries ask for, as many times as the guard of the balance
    wants; None while they are not known."""
    exposure = facts.exposure
    if exposure is None:
        return None
    return exposure.buys / exposure.leverage * (rules.balance or ONE) + exposure.buys * exposure.fee


def balance(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """What the entries need as margin and fees, so many times, against what is free for this trade. What it
    holds needs its margin once. Its limit is what is free."""
    guard, times = Guard.BALANCE, rules.balance
    assert times is not None, "it is wanted"
    exposure, margin = facts.exposure, facts.margin
    if exposure is None or margin is None:
        return unknown(guard, times, "?", _NONE_YET)
    needs = exposure.held / exposure.leverage + (entries_need(facts, rules) or ZERO)
    text = f"needs {usd(needs)}, {usd(margin.free)} USD is free"
    return Measure(guard, needs, margin.free, bool(exposure.buys) and needs > margin.free, text, near=False)
