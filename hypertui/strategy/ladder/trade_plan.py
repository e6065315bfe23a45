"""The plan of one ladder trade: how it is opened, checked, and rebuilt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.findings import Finding
from hypertui.core.market import Fill, Source
from hypertui.core.order_key import OrderKey
from hypertui.core.round_trips import SLOTS
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.ladder import outlook, rebuild
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.plan import Plan
from hypertui.strategy.ladder.rebuild import RebuiltLadder
from hypertui.strategy.ladder.strategy import LADDER, LadderStrategy
from hypertui.strategy.plans import LeftOrder, Prospect


@dataclass(frozen=True, slots=True)
class LadderPlan(Plan):
    """Fulfils `StrategyPlan` for the ladder."""

    @property
    def source(self) -> Source:
        """The ladder."""
        return LADDER

    @property
    def opening_level(self) -> int:
        """Unit 0 is that of the entry."""
        return 0

    @property
    def enters(self) -> bool:
        """It begins with its entry."""
        return True

    @property
    def step(self) -> Decimal:
        """A unit."""
        return self.unit_size

    @property
    def headroom(self) -> Decimal:
        """With every buy that may work beyond the four slots."""
        return Decimal(SLOTS + self.trust_slots) / SLOTS

    @property
    def slippage(self) -> Decimal:
        """That of its stops."""
        return self.stop_slippage

    @property
    def stop_distance(self) -> Decimal:
        """A unit."""
        return self.unit_size

    def outlook(self, prospect: Prospect) -> Iterator[Finding]:
        """What the plan comes to, where no rule is broken."""
        return outlook.outlook(self, prospect)

    def start(self, fills: Sequence[Fill]) -> LadderStrategy:
        """The ladder just after its entry. Raises ValueError where that bought nothing."""
        book = TradeBook()
        for fill in fills:
            book.book(fill)
        return LadderStrategy(Ladder.open(self, book))

    def rebuild(
        self, opening: Sequence[Fill], traded: Collection[OrderKey], orders: Sequence[LeftOrder]
    ) -> RebuiltLadder:
        """The ladder that is left. Raises NotRebuilt."""
        return rebuild.rebuilt(self, opening, traded, orders)
