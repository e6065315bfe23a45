"""Guards on the account's result: how much of its equity is lost today, and since its highest."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.core.phrases import usd
from hypertui.risk.equity import EquityReading, EquityWatch
from hypertui.risk.facts import Facts
from hypertui.risk.guards import Guard, GuardAction
from hypertui.risk.measure import Measure, share, unknown, usd_down
from hypertui.risk.memory import Base
from hypertui.risk.rules import GuardRules, percent

_OLD = 60_000  # ms after which an equity says nothing about now
ASKED = "whether money was paid out is being asked"


def daily_loss(facts: Facts, rules: GuardRules, now: int) -> Measure:
    """What the account has lost since 00:00 UTC, or since it was first seen that day. It counts equity: open
    profit and loss, fees and funding are in it, and what was paid in or out is not."""
    guard, in_usd = Guard.DAILY_LOSS, rules.daily_loss_usd
    limit = rules.daily_loss if in_usd is None else in_usd
    assert limit is not None, "it is wanted"
    said = percent(limit) if in_usd is None else f"{usd(limit)} USD"
    watch = facts.equity
    if watch is None or watch.newest is None or watch.day is None:
        return unknown(guard, limit, f"? of {said} today", "the equity is not known yet")
    day = watch.day

    def lost(reading: EquityReading) -> Decimal:
        usd_lost = max(watch.shortfall(day, reading), ZERO)
        paid_in = max(watch.moved(day.at, reading.at), ZERO)
        return _part(usd_lost, day.equity + paid_in) if in_usd is None else usd_lost

    figure = lost(watch.newest)
    shown = share(figure) if in_usd is None else usd_down(figure)
    text = f"{shown} of {said} {'since the re-arm' if day.rearmed_at else 'today'}"
    doubt = _doubt(watch, watch.settled, day, lost, limit, now)
    return Measure(guard, figure, limit, figure >= limit, text, None, doubt, watch.newest.at)


def drawdown(facts: Facts, rules: GuardRules, now: int) -> Measure:
    """How far the account's equity is below its highest since the last re-arm. It trips by a highest of which
    it is known that it was earned."""
    guard, warn = Guard.DRAWDOWN, rules.drawdown_warn
    limit = rules.drawdown if rules.drawdown is not None else warn
    assert limit is not None, "it is wanted"
    watch = facts.equity
    if watch is None or watch.newest is None or watch.peak is None:
        doubt = "the equity is not known yet" if rules.drawdown is not None else ""
        return unknown(guard, limit, f"? of {percent(limit)}", doubt)
    peak, top = watch.peak, watch.highest
    assert top is not None, "there is a peak"

    def fallen(reading: EquityReading, base: Base = peak) -> Decimal:
        whole = base.equity + watch.moved(base.at, reading.at)
        return _part(max(watch.shortfall(base, reading), ZERO), whole)

    figure = fallen(watch.newest, top)
    highest = top.equity + watch.moved(top.at, watch.newest.at)
    text = f"{share(figure)} of {percent(limit)} below the peak of {usd(highest)}"
    doubt = ""
    if rules.drawdown is not None:
        sells = rules.action(guard) in (GuardAction.SELL_OUT, GuardAction.FLATTEN)
        known = watch.confirmed if sells else watch.settled
        doubt = _doubt(watch, known, peak, fallen, limit, now)
        # A rise that nobody knows yet to have been earned makes no loss, but it may have been one.
        if not doubt and fallen(watch.newest) < limit <= figure:
            doubt = ASKED
    near = None if warn is None else figure >= warn
    return Measure(guard, figure, limit, figure >= limit, text, near, doubt, watch.newest.at)


def _doubt(
    watch: EquityWatch,
    known: EquityReading | None,
    base: Base,
    figure: Callable[[EquityReading], Decimal],
    limit: Decimal,
    now: int,
) -> str:
    """Why a figure is not to be relied on: it is old, or nobody knows yet what was paid out before any
    reading that is as bad, or what was paid in or out while no process ran. `known` is the newest reading of
    which that is known."""
    assert watch.newest is not None, "the equity has been read"
    if now - watch.newest.heard_at > _OLD:
        return f"the equity is {(now - watch.newest.heard_at) // 1000} s old"
    if watch.settled is None and watch.first is not None and base.at < watch.first.at:
        return ASKED
    if figure(watch.newest) < limit or (known is not None and known.at > base.at and figure(known) >= limit):
        return ""
    return ASKED


def _part(lost: Decimal, whole: Decimal) -> Decimal:
    """An account that has nothing left has lost all of it."""
    if whole <= 0:
        return Decimal(1) if lost > 0 else ZERO
    return lost / whole
