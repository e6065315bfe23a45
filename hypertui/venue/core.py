"""The exchange: accounts, and every entry through which something can change.

Synchronous and free of I/O. The clock is a parameter, so that a simulation can drive the same core in virtual
time. Each entry is one event at one time; what it changed goes to the listeners as one batch when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.market import ZERO
from hypertui.venue.accounts import Account, Margin, MarginRules
from hypertui.venue.agents import Agents
from hypertui.venue.checks import too_far
from hypertui.venue.desk import Desk, Outcome
from hypertui.venue.events import Batch, Listener
from hypertui.venue.markets import MARKETS, MICRO, Market, number, usd
from hypertui.venue.matching import HOUR_MS, Book
from hypertui.venue.options import VenueOptions
from hypertui.venue.orders import Json, OrderRequest, VenueOrder
from hypertui.venue.wire import integer, mapping

# The funding formula with a premium of nought, as mark = oracle gives it: an eighth of 0.01 % an hour.
FUNDING_RATE = Decimal("0.0000125")
SCHEDULE_AHEAD_MS = 5_000


class ActionError(Exception):
    """A whole action is refused; the text is what the venue answers."""


class Core:
    """`clock` gives ms since the Unix epoch, `prices` the first price (USD) of every market."""

    def __init__(
        self,
        options: VenueOptions,
        clock: Callable[[], int],
        prices: Mapping[str, Decimal],
        markets: Sequence[Market] = MARKETS,
    ) -> None:
        self.options = options
        self.markets = tuple(markets)
        self.by_symbol = {market.symbol: market for market in markets}
        self.books = {market.symbol: Book(market, options, prices[market.symbol]) for market in markets}
        self.rules = MarginRules(self.by_symbol, options.default_leverage)
        self.accounts: dict[str, Account] = {}
        self.agents = Agents()
        self.listeners: list[Listener] = []
        self._clock = clock
        self._desk = Desk(options, self.books, self.accounts, self.rules)
        self._now = clock()
        self._funded_hour = self._now // HOUR_MS
        self._batch: Batch | None = None
        self._doomed: set[str] = set()
        # Grows with every event that may have changed anything.
        self.revision = 0

    @property
    def now(self) -> int:
        """The time in ms, which never goes back."""
        self._now = max(self._now, self._clock())
        return self._now

    # Accounts

    def account(self, address: str) -> Account | None:
        """The account of an address. One that the faucet would fill on its first action counts, but asking
        does not store it. None if the address has no account."""
        stored = self.accounts.get(address)
        if stored is not None or not self.options.faucet or self.agents.ever(address):
            return stored
        return self._fresh(address)

    def open_account(self, account: Account) -> None:
        """Store an account that `account` returned: it is about to act. From now on the faucet's gift is part
        of its history."""
        if account.address in self.accounts:
            return
        self.accounts[account.address] = account
        if account.deposits:
            account.ledger.append(_ledger_entry("deposit", account.deposits, self.now))

    def deposit(self, address: str, amount: Decimal) -> Account:
        """Credit USDC to an address, which has an account from then on."""
        with self._event() as batch:
            account = self.account(address) or Account(address)
            self.open_account(account)
            self._credit(account, amount, "deposit", batch)
            return account

    def margin(self, account: Account) -> Margin:
        """The account's margin at the present marks."""
        return self.rules.margin(account, self._desk.marks)

    def liquidation_price(self, account: Account, symbol: str) -> Decimal | None:
        """The mark in USD at which a position is liquidated, or None: see MarginRules."""
        return self.rules.liquidation_price(account, symbol, self._desk.marks)

    # Actions; the account must be stored.

    def place(self, account: Account, requests: Sequence[OrderRequest]) -> list[Outcome] | str:
        """Place orders one after the other; one outcome for each, or the one text that refuses them all."""
        with self._event() as batch:
            for request in requests:
                if self.books[request.market.symbol].closed:
                    raise ActionError("Trading is halted")
                if too_far(request, self.books[request.market.symbol].mark):
                    text = "Order price cannot be more than 95% away from the reference price"
                    return f"{text} asset={request.market.asset}"
            outcomes: list[Outcome] = []
            for request in requests:
                outcomes.append(self._desk.place(account, request, batch))
                self._liquidate(batch)
            return outcomes

    def cancel(self, account: Account, market: Market, key: int | str) -> bool:
        """Cancel a working order by order id or client order id; False if there is none."""
        with self._event() as batch:
            order = account.open_orders.get(key) if isinstance(key, int) else account.by_cloid.get(key)
            if order is None or not order.live or order.symbol != market.symbol:
                return False
            self._desk.end(order, "canceled", batch)
            return True

    def set_leverage(self, account: Account, market: Market, leverage: int, *, cross: bool) -> None:
        """Set the leverage of a market; raises ActionError with the venue's reason."""
        with self._event():
            if not 1 <= leverage <= self.by_symbol[market.symbol].instrument.max_leverage:
                raise ActionError("Invalid leverage value")
            open_size = account.size(market.symbol)
            if not cross:
                if open_size:
                    raise ActionError("Cannot switch leverage type with open position.")
                raise ActionError("Isolated margin is not supported by the local venue.")
            before = self.rules.leverage(account, market.symbol)
            account.leverage[market.symbol] = leverage
            margin = self.margin(account)
            if open_size and leverage < before and margin.value < margin.used:
                account.leverage[market.symbol] = before
                raise ActionError(
                    "Cross position does not have sufficient margin available to decrease leverage. "
                    "To decrease leverage, deposit more collateral."
                )

    def schedule_cancel(self, account: Account, at: int | None) -> None:
        """Cancel all orders at a time (ms) at least 5 s ahead, or (None) no longer; raises ActionError."""
        with self._event() as batch:
            needed = self.options.schedule_cancel_volume
            if at is not None and account.volume < needed:
                raise ActionError(
                    "Cannot set scheduled cancel time until enough volume traded. "
                    f"Required: ${needed:f}. Traded: ${account.volume:f}."
                )
            if at is not None and at < batch.time + SCHEDULE_AHEAD_MS:
                raise ActionError("Scheduled cancel time must be at least 5 seconds in the future.")
            account.cancel_at = at

    # What happens to accounts and markets from outside, for faults

    @property
    def trigger_refused(self) -> Callable[[VenueOrder], bool]:
        """Asked when a trigger fires whether its order is refused all the same."""
        return self._desk.trigger_refused

    @trigger_refused.setter
    def trigger_refused(self, ask: Callable[[VenueOrder], bool]) -> None:
        self._desk.trigger_refused = ask

    def end_order(self, order: VenueOrder, status: str) -> None:
        """End a working order with one of the venue's statuses."""
        with self._event() as batch:
            self._desk.end(order, status, batch)

    def liquidate(self, account: Account) -> None:
        """Liquidate an account with a position, whatever its margin."""
        with self._event() as batch:
            self._doomed.add(account.address)
            try:
                self._liquidate(batch)
            finally:
                self._doomed.clear()

    def pay_funding_now(self) -> None:
        """Pay an hour's funding at once, beside that of the full hours."""
        with self._event() as batch:
            self._pay_funding(batch.time, batch)

    def delist(self, symbol: str) -> None:
        """End a market for ever: its orders are cancelled, its positions settled at the mark."""
        with self._event() as batch:
            for account in self.accounts.values():
                for order in tuple(account.open_orders.values()):
                    if order.symbol == symbol:
                        self._desk.end(order, "delistedCanceled", batch)
                if account.size(symbol):
                    self._desk.settle(account, symbol, batch)
            self.books[symbol].closed = True
            batch.moved.add(symbol)

    def set_max_leverage(self, symbol: str, leverage: int) -> None:
        """Give a market another highest leverage, from which its maintenance margin follows. What accounts
        have set stays as it is."""
        with self._event() as batch:
            old = self.by_symbol[symbol]
            new = replace(old, instrument=replace(old.instrument, max_leverage=leverage))
            self.by_symbol[symbol] = self.books[symbol].market = new
            self.markets = tuple(self.by_symbol.values())
            batch.moved.add(symbol)
            self._liquidate(batch)

    # The market and the clock

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move one market to a price in USD: see `walk`. Raises ValueError unless it is positive."""
        self.walk(((symbol, price),))

    def walk(self, steps: Iterable[tuple[str, Decimal]]) -> None:
        """Take prices (USD) in order, each with all that follows from it: fills, triggers, liquidations. In
        the end every market that moved prints one trade of its own."""
        with self._event() as batch:
            before: dict[str, Decimal] = {}
            for symbol, price in steps:
                if price <= 0:
                    raise ValueError(f"not a price: {price}")
                if self.books[symbol].closed:
                    continue
                before.setdefault(symbol, self.books[symbol].mark)
                self._desk.take_mark(symbol, price, batch)
                self._liquidate(batch)
            for symbol, mark in before.items():
                if self.books[symbol].mark != mark:
                    self._desk.print_trade(symbol, mark, batch)

    def tick(self) -> None:
        """Do what the clock has made due: scheduled cancels and the funding of each full hour."""
        with self._event() as batch:
            for account in self.accounts.values():
                if account.cancel_at is not None and account.cancel_at <= batch.time:
                    account.cancel_at = None
                    self._cancel_all(account, "scheduledCancel", batch)
            while self._funded_hour < batch.time // HOUR_MS:
                self._funded_hour += 1
                self._pay_funding(self._funded_hour * HOUR_MS, batch)
            self._liquidate(batch)

    # Inside

    @contextmanager
    def _event(self) -> Iterator[Batch]:
        """One event. A batch already open is joined, so that an action of many parts is still one event."""
        if self._batch is not None:
            yield self._batch
            return
        self._batch = batch = Batch(self.now)
        try:
            yield batch
        finally:
            self._batch = None
            if not batch.empty:
                self.revision += 1
                for listener in tuple(self.listeners):
                    listener(batch)

    @contextmanager
    def event(self) -> Iterator[None]:
        """Make everything inside one event at one time with one batch. It counts as a change even where
        nobody is told of one: an action spends at least its nonce."""
        self.revision += 1
        with self._event():
            yield

    # From one run to the next

    def dump(self) -> Json:
        """Everything but the accounts, for JSON."""
        return {
            "time": self._now,
            "funded_hour": self._funded_hour,
            "agents": self.agents.dump(),
            "desk": self._desk.dump(),
            "books": {symbol: book.dump() for symbol, book in self.books.items()},
        }

    def restore(self, state: Json, accounts: Sequence[Account]) -> None:
        """Be, from the beginning, what `dump` wrote down, with its accounts; raises MalformedError."""
        self._now = max(self._now, integer(state, "time"))
        self._funded_hour = integer(state, "funded_hour")
        self.accounts.update((account.address, account) for account in accounts)
        self.agents.restore(mapping(state, "agents"))
        self._desk.restore(mapping(state, "desk"))
        working = {oid: order for account in accounts for oid, order in account.open_orders.items()}
        for symbol, book in self.books.items():
            book.restore(mapping(mapping(state, "books"), symbol), working)

    def _fresh(self, address: str) -> Account:
        account = Account(address)
        account.deposit(self.options.faucet)
        return account

    def _credit(self, account: Account, amount: Decimal, kind: str, batch: Batch) -> None:
        account.deposit(amount)
        entry = _ledger_entry(kind, amount, batch.time)
        account.ledger.append(entry)
        batch.ledger.setdefault(account.address, []).append(entry)

    def _cancel_all(self, account: Account, status: str, batch: Batch) -> list[VenueOrder]:
        orders = list(account.open_orders.values())
        for order in orders:
            self._desk.end(order, status, batch)
        return orders

    def _pay_funding(self, time: int, batch: Batch) -> None:
        for account in self.accounts.values():
            for symbol, position in account.positions.items():
                owed = position.size * self.books[symbol].mark * FUNDING_RATE
                amount = -owed.quantize(MICRO, rounding=ROUND_HALF_EVEN)
                account.pay_funding(symbol, amount)
                entry = {
                    "time": time,
                    "coin": symbol,
                    "usdc": usd(amount),
                    "szi": number(position.size),
                    "fundingRate": number(FUNDING_RATE),
                    "nSamples": None,
                }
                account.funding.append(entry)
                batch.funding.setdefault(account.address, []).append(entry)

    def _liquidate(self, batch: Batch) -> None:
        """Close out every account whose value has fallen below its maintenance margin."""
        for account in self.accounts.values():
            if not account.positions:
                continue
            margin = self.margin(account)
            if margin.value >= margin.maintenance and account.address not in self._doomed:
                continue
            closable = [symbol for symbol in account.positions if self._desk.can_close(account, symbol)]
            if not closable:
                continue
            cancelled = self._cancel_all(account, "liquidatedCanceled", batch)
            batch.cancels.setdefault(account.address, []).extend(
                {"coin": order.symbol, "oid": order.oid} for order in cancelled
            )
            batch.liquidations.setdefault(account.address, []).append(
                {
                    "lid": batch.time,
                    "liquidator": "0x" + "0" * 40,
                    "liquidated_user": account.address,
                    "liquidated_ntl_pos": usd(margin.notional),
                    "liquidated_account_value": usd(margin.value),
                }
            )
            for symbol in closable:
                self._desk.close_out(account, symbol, batch)
            if not account.positions and account.cash < ZERO:
                # The exchange, not the account, bears what the market took beyond its equity.
                self._credit(account, -account.cash, "liquidation", batch)


def _ledger_entry(kind: str, amount: Decimal, time: int) -> Json:
    return {"time": time, "hash": "0x" + "0" * 64, "delta": {"type": kind, "usdc": usd(amount)}}
