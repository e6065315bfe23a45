"""What the guards are judged by, at one moment. Money in USD, times in ms."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.risk.equity import EquityWatch


@dataclass(frozen=True, slots=True)
class MarginFacts:
    """Of the account: the margin in use, what is free for this trade, its own position's margin among that,
    and where the exchange would liquidate that position."""

    used: Decimal
    free: Decimal
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True)
class ExposureFacts:
    """Of the trade, at the price of now: what it holds beside what is being sold, and what all its buys would
    add, the live or the wanted ones, whichever are worth more; the `leverage` of its margin and the `fee` of
    a trade, a fraction. `last_stop` is the lowest one and `unit` the distance between two."""

    held: Decimal
    buys: Decimal
    leverage: int
    fee: Decimal
    last_stop: Decimal | None
    unit: Decimal


@dataclass(frozen=True, slots=True)
class CycleMark:
    """What the trade had made at the end of a cycle, net, and what it had paid in fees and received in
    funding by then."""

    net: Decimal
    fees: Decimal
    funding: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """How the trade has gone: the number of cycles that have ended, and what it had made at the end of the
    newest of them, oldest first, with where it stood before them. `turns` is how often the price has turned
    at one level lately; `funding` what the position pays an hour, a fraction of its value, None before the
    first payment."""

    cycles: int = 0
    marks: tuple[CycleMark, ...] = ()
    turns: int = 0
    funding: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """Of the market: the newest mark and mid, how long neither has changed while others traded, and the last
    jump between two marks that was too large (a fraction), with its time."""

    mark: Decimal
    mid: Decimal | None
    frozen_for: int = 0
    jump: Decimal = ZERO
    jumped_at: int = 0
    step: Decimal = ZERO  # between the newest two marks, a fraction


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it; None where that is not known."""

    equity: EquityWatch | None = None
    margin: MarginFacts | None = None
    exposure: ExposureFacts | None = None
    course: CourseFacts = CourseFacts()
    price: PriceFacts | None = None
