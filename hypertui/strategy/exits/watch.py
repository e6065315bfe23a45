"""The watch over a trade's exits: which rule is due at a price, and what each of the others says then.

All rules are looked at with every price, and none keeps another from being seen. Times are ms, money and
prices USD, sizes coins.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hypertui.core.market import ONE, ZERO, Instrument
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.exits.rules import ExitRule, ExitTerms, span

# How often, and for how long, a price must be beyond a soft stop: a single print is no reason to leave.
SOFT_MARKS = 3
SOFT_FOR = 3_000


@dataclass(frozen=True, slots=True)
class ExitVerdict:
    """What one rule says at a price: whether it is due, the price (USD) at which it acts, where it acts at
    one, and in words why not yet or why."""

    rule: ExitRule
    due: bool
    price: Decimal | None
    text: str


@dataclass(slots=True)
class ExitWatch:
    """Of one trade. `due` is the rule that was due first by the newest price, `acted` the one that ends the
    trade; from then on no other does. `signal` names who has asked to close, empty where nobody has."""

    terms: ExitTerms | None = None
    soft_since: int | None = None
    soft_at: int = 0
    soft_marks: int = 0
    signal: str = ""
    due: ExitRule | None = None
    acted: ExitRule | None = None

    # What happens

    def set(self, terms: ExitTerms) -> None:
        """These are the rules from now on."""
        self.terms = terms
        self.soft_since, self.soft_marks, self.due = None, 0, None

    def on_price(self, price: Decimal, at: int, book: TradeBook, instrument: Instrument) -> None:
        """Take a price."""
        terms = self.terms
        if terms is None or self.acted is not None:
            return
        self._count(price, at, _Money(terms, book, instrument))
        self.due = next((each.rule for each in self.verdicts(price, at, book, instrument) if each.due), None)

    def begin(self, rule: ExitRule) -> None:
        """A rule ends the trade."""
        self.acted = rule

    # What is so

    def matters(self, price: Decimal, at: int, book: TradeBook, instrument: Instrument) -> bool:
        """Whether a price changes anything here."""
        terms = self.terms
        if terms is None or self.acted is not None:
            return False
        soft = _Money(terms, book, instrument).soft
        beyond = soft is not None and price <= soft
        if beyond != (self.soft_since is not None) or (beyond and at > self.soft_at):
            return True
        found = next((each.rule for each in self.verdicts(price, at, book, instrument) if each.due), None)
        return found is not self.due

    def verdicts(
        self, price: Decimal, at: int, book: TradeBook, instrument: Instrument
    ) -> tuple[ExitVerdict, ...]:
        """What every rule says at a price, by priority; none where no rule is set."""
        if self.terms is None:
            return ()
        money = _Money(self.terms, book, instrument)
        return tuple(self._said(rule, price, at, money) for rule in self.terms.rules.wanted)

    def _said(self, rule: ExitRule, price: Decimal, at: int, money: _Money) -> ExitVerdict:
        net = money.net(price)
        match rule:
            case ExitRule.HARD_STOP:
                level = money.hard
                due = price <= level if level is not None else net <= -money.lost(rule)
                return ExitVerdict(rule, due, level, _net(net))
            case ExitRule.SOFT_STOP:
                return self._soft(at, money)
            case ExitRule.TAKE_PROFIT:
                level = money.gain
                return ExitVerdict(rule, level is not None and price >= level, level, _net(net))
            case ExitRule.SIGNAL_EXIT:
                if not self.signal:
                    return ExitVerdict(rule, False, money.even, "nobody has asked to close")
                asked = f"{self.signal} has asked to close"
                return ExitVerdict(rule, net >= 0, money.even, asked if net >= 0 else f"{asked}; {_net(net)}")
            case ExitRule.TIME_STOP:
                left = money.ends_at - at
                said = "the time is over" if left <= 0 else f"{span(left)} left"
                return ExitVerdict(rule, left <= 0, None, said)

    def _soft(self, at: int, money: _Money) -> ExitVerdict:
        level = money.soft
        if self.soft_since is None:
            return ExitVerdict(ExitRule.SOFT_STOP, False, level, "the price is above it")
        lasted = self.soft_at - self.soft_since
        due = self.soft_marks >= SOFT_MARKS and lasted >= SOFT_FOR
        said = f"below it by {self.soft_marks} prices for {lasted / 1000:g} s"
        return ExitVerdict(ExitRule.SOFT_STOP, due, level, said)

    def _count(self, price: Decimal, at: int, money: _Money) -> None:
        soft = money.soft
        if soft is None or price > soft:
            self.soft_since, self.soft_marks = None, 0
            return
        if self.soft_since is None:
            self.soft_since, self.soft_marks, self.soft_at = at, 1, at
        elif at > self.soft_at:  # one price may be told several times, until the strategy stands
            self.soft_marks, self.soft_at = self.soft_marks + 1, at


class _Money:
    """A trade's net gain as a function of the price, and the prices at which it is so much.

    With R realised (fees and funding in it), q coins held that cost C with the fees of their purchase, and f
    the fee of a sale: net(p) = (R + q·p·(1 − f) − C) / stake.
    """

    def __init__(self, terms: ExitTerms, book: TradeBook, instrument: Instrument) -> None:
        self._terms = terms
        self._instrument = instrument
        self._base = book.net_pnl(ZERO)
        self._coins = book.position if book.position > 0 else ZERO

    def net(self, price: Decimal) -> Decimal:
        """The gain at a price, as a fraction of the stake."""
        return (self._base + self._coins * price * (ONE - self._terms.fee)) / self._terms.stake

    def lost(self, rule: ExitRule) -> Decimal:
        """The loss at which a rule is due (a fraction above 0)."""
        loss = getattr(self._terms.rules, rule.value)
        assert isinstance(loss, Decimal), "the rule is wanted"
        return loss

    @property
    def hard(self) -> Decimal | None:
        return self._at(self._terms.rules.hard_stop, -1)

    @property
    def soft(self) -> Decimal | None:
        return self._at(self._terms.rules.soft_stop, -1)

    @property
    def gain(self) -> Decimal | None:
        return self._at(self._terms.rules.take_profit, +1)

    @property
    def even(self) -> Decimal | None:
        return self._at(ZERO, +1)

    @property
    def ends_at(self) -> int:
        assert self._terms.rules.time_stop is not None, "the rule is wanted"
        return self._terms.since + self._terms.rules.time_stop

    def _at(self, fraction: Decimal | None, sign: int) -> Decimal | None:
        """The price at which the net gain is `sign` times a fraction, rounded up to the next tick: a stop
        acts at most one tick early, a gain is never short of what was asked. None while no coins are held,
        and where no price would do."""
        if fraction is None or not self._coins:
            return None
        exact = (sign * fraction * self._terms.stake - self._base) / (self._coins * (ONE - self._terms.fee))
        return self._instrument.round_price(exact, ROUND_CEILING) if exact > 0 else None


def _net(net: Decimal) -> str:
    return f"net {net * 100:+.2f} %"
