"""Guards on the account's result: how much of its equity is lost today, and since its highest."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from hypertui.core.market import ZERO
from hypertui.core.phrases import usd
from hypertui.risk.equity import EquityWatch
from hypertui.risk.facts import Facts
from hypertui.risk.guards import Guard
from hypertui.risk.measure import Measure, share, unknown
from hypertui.risk.rules import GuardRules, percent

_OLD = 60_000  # ms after which an equity says nothing about now
_CENT = Decimal("0.01")
_ASKED = "whether money was paid out is being asked"


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
    lost = max(watch.shortfall(watch.day), ZERO)
    since = "since the re-arm" if watch.day.rearmed_at else "today"
    if in_usd is None:
        figure = _part(lost, watch.day.equity)
        text = f"{share(figure)} of {said} {since}"
    else:
        figure = lost
        text = f"{usd(lost.quantize(_CENT, ROUND_DOWN))} of {said} {since}"
    reached = figure >= limit
    return Measure(guard, figure, limit, reached, text, None, _doubt(watch, reached, now), watch.newest.at)


def drawdown(facts: Facts, rules: GuardRules, now: int) -> Measure:
    """How far the account's equity is below its highest since the last re-arm."""
    guard, warn = Guard.DRAWDOWN, rules.drawdown_warn
    limit = rules.drawdown if rules.drawdown is not None else warn
    assert limit is not None, "it is wanted"
    watch = facts.equity
    if watch is None or watch.newest is None or watch.peak is None:
        doubt = "the equity is not known yet" if rules.drawdown is not None else ""
        return unknown(guard, limit, f"? of {percent(limit)}", doubt)
    peak = watch.peak
    highest = peak.equity + watch.moved(peak.at, watch.newest.at)
    figure = _part(max(watch.shortfall(peak), ZERO), highest)
    reached = figure >= limit
    text = f"{share(figure)} of {percent(limit)} below the peak of {usd(highest)}"
    doubt = _doubt(watch, reached, now) if rules.drawdown is not None else ""
    return Measure(guard, figure, limit, reached, text, _is_near(figure, warn), doubt, watch.newest.at)


def _is_near(figure: Decimal, warn: Decimal | None) -> bool | None:
    return None if warn is None else figure >= warn


def _doubt(watch: EquityWatch, reached: bool, now: int) -> str:
    assert watch.newest is not None, "the equity has been read"
    if now - watch.newest.heard_at > _OLD:
        return f"the equity is {(now - watch.newest.heard_at) // 1000} s old"
    return _ASKED if reached and not watch.is_settled else ""


def _part(lost: Decimal, whole: Decimal) -> Decimal:
    """An account that has nothing left has lost all of it."""
    if whole <= 0:
        return Decimal(1) if lost > 0 else ZERO
    return lost / whole
