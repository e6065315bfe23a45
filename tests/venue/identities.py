"""What must hold of a venue at every moment, told by what it says: updates, fills, payments, ledger."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.model.events import Batch
from hypertui.venue.model.orders import Json
from tests.venue.helpers import Venue


class Witness:
    """Listens to a venue from its beginning and keeps its own books of every account."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.fills = 0
        self.ended: dict[int, str] = {}
        self._working: dict[str, dict[int, Json]] = {}
        self._sizes: dict[tuple[str, str], Decimal] = {}
        self._costs: dict[tuple[str, str], Decimal] = {}
        self._realised: dict[str, Decimal] = {}
        self._moved: dict[str, Decimal] = {}
        venue.core.listeners.append(self._hear)

    def check(self) -> None:
        """Everything, for all accounts."""
        for account in self.venue.core.accounts.values():
            self._check_value(account)
            self._check_positions(account)
            self._check_orders(account)
        for symbol, book in self.venue.core.books.items():
            bid, ask = book.best(Side.BUY), book.best(Side.SELL)
            assert bid is None or ask is None or bid < ask, f"the book of {symbol} is crossed"
            sizes = [account.size(symbol) for account in self.venue.core.accounts.values()]
            assert book.longs == sum((size for size in sizes if size > 0), ZERO)
            assert book.shorts == -sum((size for size in sizes if size < 0), ZERO)
            held = {a.address for a in self.venue.core.accounts.values() if a.size(symbol)}
            assert set(book.holders) == held

    def _check_value(self, account: Account) -> None:
        """Account value = deposits and transfers + closed PnL - fees + funding + unrealised PnL."""
        unrealised = ZERO
        for symbol, position in account.positions.items():
            cost = self._costs[account.address, symbol]
            assert position.cost == cost
            unrealised += position.size * self.venue.core.books[symbol].mark - cost
        margin = self.venue.core.margin(account)
        assert margin.value == account.deposits + self._realised.get(account.address, ZERO) + unrealised
        isolated = [p for p in account.positions.values() if p.raw_usd is not None]
        cross = self.venue.core.rules.cross(account, self.venue.core.marks)
        marks = self.venue.core.marks
        equity = sum((p.equity(marks[s]) for s, p in account.positions.items() if p in isolated), ZERO)
        assert margin.value == cross.value + equity

    def _check_positions(self, account: Account) -> None:
        for symbol in self.venue.core.books:
            assert account.size(symbol) == self._sizes.get((account.address, symbol), ZERO)

    def _check_orders(self, account: Account) -> None:
        working = self._working.get(account.address, {})
        assert set(working) == set(account.open_orders)
        for oid, order in account.open_orders.items():
            assert Decimal(working[oid]["sz"]) == order.remaining
            whole = order.request.position_tpsl and not order.request.size
            assert order.remaining > 0 or whole, f"{oid} works and has nothing left"
            assert order.remaining + order.filled <= order.request.size or order.request.position_tpsl
        for symbol, reducers in account.reducers.items():
            for order in reducers.values():
                assert order.live and order.symbol == symbol
                if order.resting:
                    assert order.remaining <= account.reducible(symbol, order.side)

    def _hear(self, batch: Batch) -> None:
        for who, updates in batch.orders.items():
            self._hear_orders(who, updates)
        for who, fills in batch.fills.items():
            for fill in fills:
                self._hear_fill(who, fill)
        for who, payments in batch.funding.items():
            for payment in payments:
                self._realised[who] = self._realised.get(who, ZERO) + Decimal(payment["usdc"])

    def _hear_orders(self, who: str, updates: Iterable[Json]) -> None:
        working = self._working.setdefault(who, {})
        for update in updates:
            oid, status = update["order"]["oid"], update["status"]
            assert oid not in self.ended, f"{oid} ended as {self.ended[oid]} and became {status}"
            if status in ("open", "triggered"):
                working[oid] = update["order"]
                continue
            working.pop(oid, None)
            self.ended[oid] = status
            if status == "filled" and self.venue.core.options.partial_ioc_status != "filled":
                assert update["order"]["sz"] == "0.0"

    def _hear_fill(self, who: str, fill: Json) -> None:
        self.fills += 1
        key = (who, fill["coin"])
        size, price = Decimal(fill["sz"]), Decimal(fill["px"])
        before = self._sizes.get(key, ZERO)
        assert Decimal(fill["startPosition"]) == before
        signed = size if fill["side"] == "B" else -size
        after = before + signed
        order = self.venue.core.accounts[who].orders.get(fill["oid"])
        if order is not None and order.request.reduce_only:
            assert abs(after) < abs(before) and after * before >= 0, "a reduce-only order flipped or added"
        pnl = Decimal(fill["closedPnl"])
        # What the position costs is what was paid for it, less what the closed part had cost.
        self._costs[key] = self._costs.get(key, ZERO) + signed * price + pnl
        self._sizes[key] = after
        self._realised[who] = self._realised.get(who, ZERO) + pnl - Decimal(fill["fee"])
