"""The watch over a trade's exits: which rule is due at a price, and what each of the others says then.

All rules are looked at with every price, and none keeps another from being seen. Times are ms, money and
prices USD, sizes coins.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hypertui.core.market import ONE, ZERO, Instrument
from hypertui.core.phrases import at_price
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.exits.rules import ExitRule, ExitTerms, span
from hypertui.strategy.exits.trailing import Trailing, TrailingTerms
from hypertui.strategy.stay import Stay

# How many prices at or below a soft stop, and over how long (ms): a single print is no reason to leave. The
# same price counts again once it has stood so long, and without one for so long the count begins anew.
SOFT_PRICES = 3
SOFT_FOR = 3_000
SOFT_AGAIN = 2_000
SOFT_GAP = 30_000
_NOT_ARMED = Trailing()


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
    """Of one trade. `due` is the rule that was due first by the newest price, `fired` one whose order at the
    exchange has fired, `acted` the one that ends the trade; from then on no other does. `signal` names who
    has asked to close, empty where nobody has. The soft stop's count: since when, and how many prices, the
    newest of them and when that came. The `trailing` stop stays as it was once the trade has ended. Where the
    trade's strategy comes and goes, they are of its `stay` in the market, and of nothing before or after."""

    terms: ExitTerms | None = None
    soft_since: int | None = None
    soft_at: int = 0
    soft_price: Decimal = ZERO
    soft_prices: int = 0
    trailing: Trailing = _NOT_ARMED
    signal: str = ""
    due: ExitRule | None = None
    fired: ExitRule | None = None
    acted: ExitRule | None = None
    stay: Stay | None = None

    # What happens

    def set(self, terms: ExitTerms) -> None:
        """These are the rules from now on."""
        self.terms = terms
        self.due = self.fired
        self.forget_prices()
        if not terms.rules.signal_exit:
            self.signal = ""
        if terms.rules.trailing_stop is None:
            self.trailing = _NOT_ARMED

    def follow(self, stay: Stay | None) -> None:
        """This is the stay by now; another one begins anew, though what has fired for the one before is still
        to be seen through."""
        before, self.stay = self.stay, stay
        if before is not None and stay is not None and stay.number != before.number:
            self.forget_prices()
            self.signal = ""
            self.trailing = Trailing(atr=self.trailing.atr, until=self.trailing.until)
            self.due = self.fired

    def rest(self) -> None:
        """What has acted has been seen through, and the trade goes on."""
        self.due = self.fired = self.acted = None
        self.signal = ""

    def forget_prices(self) -> None:
        """What was counted was so before a gap."""
        self.soft_since, self.soft_prices = None, 0

    def on_price(self, price: Decimal, at: int, book: TradeBook, instrument: Instrument) -> None:
        """Take a price."""
        if self.terms is None or self.acted is not None or self._is_idle:
            return
        money = _Money(self.terms, book, instrument, self.stay)
        self._count(price, at, money)
        self.trailing = self._trailed(price, at, money)
        self.due = self._first_due(price, at, money)

    def on_volatility(self, atr: Decimal, until: int, at: int, instrument: Instrument) -> None:
        """The ATR (USD) of the candles `until` a time. What is due by it the next price shows: the newest one
        that was taken may be long ago."""
        terms = None if self.terms is None else self.terms.rules.trailing_stop
        if terms is not None and self.acted is None:
            self.trailing = self.trailing.measured(atr, until, at, terms, instrument)

    def on_fill(self, price: Decimal, at: int, book: TradeBook, instrument: Instrument) -> None:
        """Coins have changed hands, with `price` the newest one: it is none more for what counts prices."""
        if self.terms is not None and self.acted is None:
            self.due = self._first_due(price, at, _Money(self.terms, book, instrument, self.stay))

    def on_native(self, rule: ExitRule) -> None:
        """The order of a rule has fired at the exchange: it is due, whatever the price has done since."""
        if self.acted is None and self.fired is None:
            self.fired = self.due = rule

    def begin(self, rule: ExitRule) -> None:
        """A rule ends the trade."""
        self.acted = rule

    # What is so

    def matters(self, price: Decimal, at: int, book: TradeBook, instrument: Instrument) -> bool:
        """Whether a price changes anything here."""
        if self.terms is None or self.acted is not None or self._is_idle:
            return False
        money = _Money(self.terms, book, instrument, self.stay)
        return (
            self._counts(price, at, money)
            or self._trailed(price, at, money) is not self.trailing
            or self._first_due(price, at, money) is not self.due
        )

    @property
    def _is_idle(self) -> bool:
        """Whether there is nothing to be ended, because nothing has been bought yet."""
        return self.stay is not None and not self.stay.has_begun

    @property
    def rests(self) -> bool:
        """Whether exits are to rest at the exchange."""
        rules = None if self.terms is None else self.terms.rules
        return rules is not None and rules.native and self.acted is None and self.fired is None

    def price_of(self, rule: ExitRule, book: TradeBook, instrument: Instrument) -> Decimal | None:
        """The price at which a rule acts with what is held now; None where it acts at none, and where it is
        not wanted."""
        if self.terms is None or rule not in self.terms.rules.wanted:
            return None
        return self._acts_at(rule, _Money(self.terms, book, instrument, self.stay))

    def arms_at(self, book: TradeBook, instrument: Instrument) -> Decimal | None:
        """The price from which on the stop trails; None where it does already, where none is to, and while
        nothing is held."""
        if self.terms is None or self.trailing.is_armed:
            return None
        return _Money(self.terms, book, instrument, self.stay).arms_at

    def verdicts(
        self, price: Decimal, at: int, book: TradeBook, instrument: Instrument
    ) -> tuple[ExitVerdict, ...]:
        """What every rule says at a price, by priority; none where no rule is set."""
        if self.terms is None:
            return ()
        money = _Money(self.terms, book, instrument, self.stay)
        return tuple(
            ExitVerdict(rule, self._is_due(rule, price, at, money), self._acts_at(rule, money), text)
            for rule in self.terms.rules.wanted
            for text in (self._filled(rule) + self._text(rule, price, at, money),)
        )

    def _first_due(self, price: Decimal, at: int, money: _Money) -> ExitRule | None:
        assert self.terms is not None, "there are rules"
        if self.fired is not None or self._is_idle:
            return self.fired
        return next((rule for rule in self.terms.rules.wanted if self._is_due(rule, price, at, money)), None)

    def _is_due(self, rule: ExitRule, price: Decimal, at: int, money: _Money) -> bool:
        if rule is self.fired or self._is_idle:
            return rule is self.fired
        acts_at = self._acts_at(rule, money)
        match rule:
            case ExitRule.LIQUIDATION_GUARD:
                return False  # the exchange's account decides it, and no book
            case ExitRule.HARD_STOP:
                return price <= acts_at if acts_at is not None else money.net(price) <= -money.set_for(rule)
            case ExitRule.SOFT_STOP:
                lasted = 0 if self.soft_since is None else self.soft_at - self.soft_since
                return self.soft_prices >= SOFT_PRICES and lasted >= SOFT_FOR
            case ExitRule.TRAILING_STOP:
                return self.trailing.is_due(price)
            case ExitRule.TAKE_PROFIT:
                return price >= acts_at if acts_at is not None else money.net(price) >= money.set_for(rule)
            case ExitRule.SIGNAL_EXIT:
                return bool(self.signal) and not self.trailing.is_armed and money.net(price) >= 0
            case ExitRule.TIME_STOP:
                return at >= money.ends_at

    def _acts_at(self, rule: ExitRule, money: _Money) -> Decimal | None:
        """The price at which a rule acts with what is held now; None where it acts at none."""
        if rule is ExitRule.TRAILING_STOP:
            return self.trailing.stop if self.trailing.is_armed else None
        if rule is ExitRule.SIGNAL_EXIT and self.trailing.is_armed:
            return None
        return money.acts_at(rule)

    def _trailed(self, price: Decimal, at: int, money: _Money) -> Trailing:
        """The trailing stop after a price; the same where that changes nothing."""
        assert self.terms is not None, "there are rules"
        terms = self.terms.rules.trailing_stop
        if terms is None:
            return self.trailing
        if self.trailing.is_armed:
            return self.trailing.heard(price, at, terms, money.instrument)
        arms_at = money.arms_at
        if arms_at is None or price < arms_at:
            return self.trailing
        return self.trailing.armed(price, at, terms, money.instrument)

    def _filled(self, rule: ExitRule) -> str:
        return "fired at the exchange; " if rule is self.fired else ""

    def _text(self, rule: ExitRule, price: Decimal, at: int, money: _Money) -> str:
        if self._is_idle:
            return "nothing is held"
        net = f"net {money.net(price) * 100:+.2f} %"
        match rule:
            case ExitRule.SOFT_STOP if money.soft is None:
                return f"{net}; nothing is held"
            case ExitRule.SOFT_STOP if self.soft_since is None:
                return "the price is above it"
            case ExitRule.SOFT_STOP:
                lasted = (self.soft_at - (self.soft_since or 0)) / 1000
                return f"at or below it with {self.soft_prices} prices in {lasted:g} s"
            case ExitRule.TRAILING_STOP:
                return self._trailing_text(price, at, money)
            case ExitRule.SIGNAL_EXIT if self.trailing.is_armed:
                asked = f"{self.signal} has asked to close" if self.signal else "nobody has asked to close"
                return f"{asked}; no signal acts while a stop trails"
            case ExitRule.SIGNAL_EXIT:
                return (
                    f"{self.signal} has asked to close; {net}" if self.signal else "nobody has asked to close"
                )
            case ExitRule.TIME_STOP:
                left = money.ends_at - at
                return "the time is over" if left <= 0 else f"{span(left)} left"
            case _:
                return net

    def _trailing_text(self, price: Decimal, at: int, money: _Money) -> str:
        trailing, arms_at = self.trailing, money.arms_at
        if trailing.armed_at is None:
            if arms_at is None:
                return f"net {money.net(price) * 100:+.2f} %; nothing is held"
            return f"arms at {at_price(arms_at)} ({(arms_at - price) / price * 100:+.2f} %)"
        said = f"armed {span(max(0, at - trailing.armed_at))} ago, peak {at_price(trailing.peak)}, "
        said += f"stop {at_price(trailing.stop)}"
        terms = money.trailing
        if terms is None or not terms.follows_atr:
            return said
        if trailing.until is None:
            return f"{said}, at its widest until there is an ATR"
        if trailing.is_frozen(at, terms):
            return f"stands still, its candles are {span(at - trailing.until)} old; {said}"
        return said

    def _count(self, price: Decimal, at: int, money: _Money) -> None:
        if not self._counts(price, at, money):
            return
        soft = money.soft
        if soft is None or price > soft:
            self.forget_prices()
            return
        if self._begins(at):
            self.soft_since, self.soft_prices = at, 0
        self.soft_prices += 1
        self.soft_price, self.soft_at = price, at

    def _counts(self, price: Decimal, at: int, money: _Money) -> bool:
        """Whether a price changes the soft stop's count. It may be told several times, until the strategy
        stands."""
        soft = money.soft
        if soft is None or price > soft:
            return self.soft_since is not None
        if self._begins(at):
            return True
        return at != self.soft_at and (price != self.soft_price or at - self.soft_at >= SOFT_AGAIN)

    def _begins(self, at: int) -> bool:
        """Whether a count begins, anew after a gap: a clock that was set back tells of no time either."""
        return self.soft_since is None or not 0 <= at - self.soft_at <= SOFT_GAP


class _Money:
    """A trade's net gain as a function of the price, and the prices at which it is so much.

    With R realised (fees and funding in it), q coins held that cost C with the fees of their purchase, and f
    the fee of a sale: net(p) = (R + q·p·(1 − f) − C) / stake.

    Of a stay in the market some coins may be sold already, for more than a stop would have brought. What that
    has saved is no loss that the rest may make in their place: a stop never stands lower than where all coins
    of the stay, had none been sold, would have made that loss.
    """

    def __init__(
        self, terms: ExitTerms, book: TradeBook, instrument: Instrument, stay: Stay | None = None
    ) -> None:
        self._terms = terms
        self.instrument = instrument
        self._base = book.net_pnl(ZERO)
        self._stake, self._since = terms.stake, terms.since
        if stay is not None and stay.has_begun:
            self._stake, self._since = stay.cost, stay.began_at
            self._base -= stay.made_before
        self._coins = book.position
        self._unsold = (self._base, self._coins)
        if stay is not None and self._coins > 0:
            self._unsold = (self._base - stay.proceeds, self._coins + stay.sold)

    def net(self, price: Decimal) -> Decimal:
        """The gain at a price, as a fraction of the stake."""
        fee = self._terms.fee * (1 if self._coins > 0 else -1)
        return (self._base + self._coins * price * (ONE - fee)) / self._stake

    def set_for(self, rule: ExitRule) -> Decimal:
        """The loss or gain that is set for a rule (a fraction above 0)."""
        fraction = getattr(self._terms.rules, rule.value)
        assert isinstance(fraction, Decimal), "the rule is wanted"
        return fraction

    def acts_at(self, rule: ExitRule) -> Decimal | None:
        """The price at which a rule acts with what is held now; None where it acts at none."""
        rules = self._terms.rules
        match rule:
            case ExitRule.HARD_STOP:
                return self._stops_at(rules.hard_stop)
            case ExitRule.SOFT_STOP:
                return self.soft
            case ExitRule.TAKE_PROFIT:
                return self._gains_at(rules.take_profit)
            case ExitRule.SIGNAL_EXIT:
                return self._gains_at(ZERO)
            case ExitRule.LIQUIDATION_GUARD | ExitRule.TRAILING_STOP | ExitRule.TIME_STOP:
                return None

    @property
    def trailing(self) -> TrailingTerms | None:
        """How a stop is to trail."""
        return self._terms.rules.trailing_stop

    @property
    def arms_at(self) -> Decimal | None:
        """The price at which a stop begins to trail; None while no coins are held."""
        return None if self.trailing is None else self._gains_at(self.trailing.arm)

    @property
    def soft(self) -> Decimal | None:
        """That of the soft stop."""
        return self._stops_at(self._terms.rules.soft_stop)

    @property
    def ends_at(self) -> int:
        """When the time is over (ms)."""
        assert self._terms.rules.time_stop is not None, "the rule is wanted"
        return self._since + self._terms.rules.time_stop

    def _stops_at(self, loss: Decimal | None) -> Decimal | None:
        """The price at which a loss (a fraction) is reached: by all that the stay has made so far, or, where
        that is higher, by its coins as if none had been sold."""
        if loss is None or self._coins <= 0:
            return None
        reached = max(self._price(-loss, self._base, self._coins), self._price(-loss, *self._unsold))
        return self._tick_above(reached)

    def _gains_at(self, gain: Decimal | None) -> Decimal | None:
        """The price at which a gain (a fraction) is made; None while no coins are held."""
        if gain is None or self._coins <= 0:
            return None
        return self._tick_above(self._price(gain, self._base, self._coins))

    def _price(self, net: Decimal, base: Decimal, coins: Decimal) -> Decimal:
        return (net * self._stake - base) / (coins * (ONE - self._terms.fee))

    def _tick_above(self, exact: Decimal) -> Decimal | None:
        """Rounded up to the next tick: a stop acts at most one tick early, a gain is never short of what was
        asked. None where no price would do."""
        return self.instrument.round_price(exact, ROUND_CEILING) if exact > 0 else None
