"""The plan of one bracket trade: its size, the rules of its market, and what it comes to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.findings import Finding, Level
from hypertui.core.market import ONE, ZERO, Fill, Order, Source, plain
from hypertui.core.order_key import OrderKey
from hypertui.core.phrases import at_price, usd
from hypertui.strategy.bracket.entry_rules import EntryOrder
from hypertui.strategy.bracket.rules import BracketRules
from hypertui.strategy.bracket.strategy import BRACKET, Bracket
from hypertui.strategy.plans import LeftOrder, NotRebuilt, PlanError, Prospect, Rebuilt, Rule
from hypertui.strategy.stay import Stay

NOT_REBUILT = "a bracket cannot be rebuilt without its journal: its stop stays live, --adopt takes it over"


@dataclass(frozen=True, slots=True)
class BracketPlan(BracketRules):
    """Fulfils `StrategyPlan` for the bracket."""

    @property
    def source(self) -> Source:
        """The bracket."""
        return BRACKET

    @property
    def opening_level(self) -> None:
        """It has no scale."""

    @property
    def headroom(self) -> Decimal:
        """It never holds more than it was planned to."""
        return ONE

    @property
    def step(self) -> Decimal:
        """It has no orders of its own beside its entry."""
        return ZERO

    @property
    def enters(self) -> bool:
        """It begins flat."""
        return False

    def opening(self, client_id: str, mid: Decimal) -> Order | None:
        """None: its entry is its strategy's."""
        return None

    def check(self) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""
        for rule in self.rules():
            if rule.broken:
                raise PlanError(rule.broken)

    def rules(self) -> Iterator[Rule]:
        """What has to be so at any price."""
        most = Decimal(self.instrument.max_leverage)
        broken = (
            f"leverage {self.leverage} is above the {plain(most)} that {self.instrument.symbol} has at most"
        )
        kept = ONE <= self.leverage <= most
        yield Rule("leverage", Decimal(self.leverage), most, "" if kept else broken)
        minimum = self.instrument.min_order_value
        size = f"position size {plain(self.position_size)}"
        broken = f"{size} is below the minimum order value of {plain(minimum)} USD"
        yield Rule(
            "position size", self.position_size, minimum, "" if self.position_size >= minimum else broken
        )
        if self.entry.order is EntryOrder.STOP and self.enters_at_start and self.entry_price is None:
            yield Rule("entry price", ZERO, ONE, "a stop entry needs its price: set entry_price")

    def rules_at(self, price: Decimal, coins: Decimal | None = None) -> Iterator[Rule]:
        """What the exchange's rules ask for an entry at `price`."""
        size = self.entry_size(self._worth(price)) if coins is None else coins
        value, minimum = size * price, self.instrument.min_order_value
        broken = (
            f"position size {plain(self.position_size)} buys {plain(size)} {self.instrument.symbol} worth "
            f"{plain(value)} USD, below the minimum order value of {plain(minimum)} USD"
        )
        yield Rule("order value", value, minimum, "" if value >= minimum else broken)
        at, adopting = self.entry_price, coins is not None
        if at is None or adopting or not self.enters_at_start or self.entry.order is not EntryOrder.STOP:
            return
        broken = f"a stop entry at {plain(at)} is not above the price of {plain(price)}: it would buy at once"
        yield Rule("entry price", at, price, "" if at > price else broken)

    def outlook(self, prospect: Prospect) -> Iterator[Finding]:
        """What the plan comes to."""
        coins, symbol = prospect.coins, self.instrument.symbol
        value = coins * prospect.entry
        verb = "keeps" if prospect.adopting else "buys"
        text = f"{verb} {plain(coins)} {symbol}, {usd(value)} USD at {self.leverage}x"
        if not prospect.adopting:
            told = "" if self.enters_at_start else ", once it is told to"
            text += f", {self._entry_words()}{told}"
        yield Finding("plan", Level.INFO, text, plain(coins))
        if self.risk is not None:
            share, slips = plain(self.hard_stop * 100), plain(self.risk_slippage * 100)
            text = f"risk {usd(self.risk)} USD / (hard stop {share} % + slippage {slips} %)"
            yield Finding("sizing", Level.INFO, f"{text} = {usd(self.position_size)} USD")
        stop = self.stop_at(prospect.entry, prospect.taker_fee)
        text = (
            f"a stop near {at_price(stop)} from the first fill on; it loses {usd(value * self.hard_stop)} USD"
        )
        yield Finding("stop", Level.GREEN, f"{text}, fees of both ways among it", plain(stop))
        if prospect.liquidation is not None:
            at = self.instrument.round_price(prospect.liquidation)
            level = Level.RED if at >= stop else Level.GREEN
            where = "not below the stop: it would come too late" if at >= stop else "below the stop"
            yield Finding("liquidation", level, f"liquidation near {at_price(at)}, {where}", plain(at))

    def _entry_words(self) -> str:
        match self.entry.order:
            case EntryOrder.MARKET:
                return "at the market"
            case EntryOrder.STOP:
                return "by a stop" + self._at_words()
            case EntryOrder.LIMIT:
                return f"post-only{self._at_words()}, {self.entry.moves_in_words()}"

    def start(self, fills: Sequence[Fill]) -> Bracket:
        """The bracket as it begins: flat, or with a position that it takes over."""
        bracket = Bracket(self)
        for fill in fills:
            bracket.book.book(fill)
        if fills:
            cost = sum((fill.value for fill in fills), ZERO)
            bracket.stay = Stay(1, min(fill.time for fill in fills), cost)
        return bracket

    def rebuild(
        self, opening: Sequence[Fill], traded: Collection[OrderKey], orders: Sequence[LeftOrder]
    ) -> Rebuilt:
        """It cannot be. Raises NotRebuilt."""
        raise NotRebuilt(NOT_REBUILT)

    def _worth(self, price: Decimal) -> Decimal:
        return price if self.entry_price is None else self.entry_price

    def _at_words(self) -> str:
        return "" if self.entry_price is None else f" at {at_price(self.entry_price)}"
