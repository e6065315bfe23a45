"""How a trade of a strategy begins: settings, the plan under a market's rules, what is left of a lost one.

Times are ms, money and prices USD, sizes coins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from hypertui.core.findings import Finding
from hypertui.core.market import Fill, Instrument, Order, Side, Source
from hypertui.core.order_key import OrderKey
from hypertui.core.volatility import AtrReading

if TYPE_CHECKING:
    from hypertui.strategy.base import Strategy, WantedOrder


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit, the plan's figure beside it, and what is wrong in one line; empty where the limit is kept."""

    name: str
    figure: Decimal
    limit: Decimal
    broken: str


class PlanError(ValueError):
    """A plan that cannot be carried out; the text is one line that names the figure and the limit."""


class NotRebuilt(Exception):
    """The trade cannot be read from what is left of it; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a trade would begin with: `coins` at `entry`, bought, or `adopting` those that are there. `mark`
    is the price now, `taker_fee` a fraction of a trade's value, `liquidation` where the exchange would
    liquidate the position, None where it never would."""

    coins: Decimal
    entry: Decimal
    mark: Decimal
    taker_fee: Decimal
    adopting: bool
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True)
class LeftOrder:
    """An order that works at the exchange, of a trade whose journal is lost."""

    key: OrderKey
    side: Side
    limit: Decimal
    trigger: Decimal | None


class Rebuilt(Protocol):
    """A trade as it is read from what is left of it."""

    @property
    def price(self) -> Decimal:
        """The price that brings the strategy to where its orders stand."""

    def wanted(self, key: OrderKey, side: Side, price: Decimal) -> WantedOrder:
        """The order of this key that stands nearest to a price, of no size."""


class StrategyTerms(Protocol):
    """The settings of one strategy, before its market is known. Some may be rules until the price of the
    entry is known: from its opening on a trade has them as figures."""

    @property
    def strategy(self) -> str:
        """The strategy's name."""

    @property
    def position_size(self) -> Decimal:
        """What the first entry buys (USD); 0 where that hangs on a price that is not known yet."""

    @property
    def slippage(self) -> Decimal:
        """How far from its trigger a stop may fill, as a fraction of it."""

    @property
    def stop_distance(self) -> Decimal:
        """How far below the price (USD) a stop is set for coins of which nothing else is known; 0 before the
        terms are settled, where that hangs on the price."""

    def step_at(self, entry: Decimal | None) -> Decimal | None:
        """How far apart its own orders are, as a fraction of an entry at `entry` (USD, None before it is
        known); None where that is not known, or where it has none."""

    @property
    def not_rebuilt(self) -> str:
        """Why a trade with them cannot be rebuilt without its journal, in one line; empty where it can."""

    @property
    def is_settled(self) -> bool:
        """Whether all of them are figures."""

    @property
    def needs_atr(self) -> bool:
        """Whether they take the ATR of closed candles of an hour to become figures."""

    def settled(
        self, instrument: Instrument, entry: Decimal, taker_fee: Decimal, atr: AtrReading | None = None
    ) -> StrategyTerms:
        """The terms in figures, for an entry at `entry` (USD) where a trade costs `taker_fee`, a fraction of
        its value; as they are where they need an ATR and there is none."""

    def check(self, instrument: Instrument, leverage: int) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""

    def outline(self, instrument: Instrument, leverage: int) -> StrategyPlan:
        """The plan before they are settled, for what hangs on no figure: those not known yet are made up."""

    def plan(self, instrument: Instrument, leverage: int) -> StrategyPlan:
        """The plan of a trade in this market. Raises PlanError before they are settled."""

    def record(self) -> Mapping[str, object]:
        """What a trade keeps of them from its opening to its end, as JSON can say it. Rules are under
        `sizing`, by the names of the settings."""

    def recorded(self, record: Mapping[str, Any]) -> StrategyTerms:
        """The settings of this strategy that a trade has kept so. Raises KeyError where they were never
        settled."""


class StrategyPlan(Protocol):
    """What one trade is asked to be, under the rules of its market: the settings of one strategy."""

    @property
    def instrument(self) -> Instrument: ...

    @property
    def source(self) -> Source:
        """Who the trade's orders are by."""

    @property
    def opening_level(self) -> int | None:
        """Where it is opened on the strategy's own scale, None where that has none."""

    @property
    def leverage(self) -> int: ...

    @property
    def position_size(self) -> Decimal:
        """What the position is to be worth (USD)."""

    @property
    def step(self) -> Decimal:
        """How far apart its own orders are (USD); 0 where it has none."""

    @property
    def headroom(self) -> Decimal:
        """How many times that size the position may become for a while."""

    @property
    def slippage(self) -> Decimal:
        """That of the terms."""

    @property
    def stop_distance(self) -> Decimal:
        """That of the terms."""

    def check(self) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""

    def rules(self) -> Iterator[Rule]:
        """What has to be so at any price. Where one is broken, those after it may mean nothing."""

    def rules_at(self, price: Decimal, coins: Decimal | None = None) -> Iterator[Rule]:
        """What the exchange's rules ask for an entry at `price` with `coins`, by default those that the
        position size buys."""

    def outlook(self, prospect: Prospect) -> Iterator[Finding]:
        """What the plan comes to, where no rule is broken."""

    def entry_size(self, price: Decimal) -> Decimal:
        """The coins that the position size buys at `price`, in whole lots."""

    @property
    def enters(self) -> bool:
        """Whether the trade begins with an opening order; without one its strategy begins flat."""

    def opening(self, client_id: str, mid: Decimal) -> Order | None:
        """The order that opens the trade, None where there is none."""

    def start(self, fills: Sequence[Fill]) -> Strategy:
        """The strategy just after its opening. Raises ValueError where these fills give none."""

    def rebuild(
        self, opening: Sequence[Fill], traded: Collection[OrderKey], orders: Sequence[LeftOrder]
    ) -> Rebuilt:
        """The trade that was opened with these fills, by the orders that are left of it; orders of the keys
        `traded` have been filled since. Raises NotRebuilt."""
