"""The exchange: accounts, and every entry through which something can change.

Synchronous and free of I/O. The clock is a parameter, so that a simulation can drive the same core in virtual
time. Each entry is one event at one time; what it changed goes to the listeners as one batch when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

from hypertui.core.market import ZERO, Grouping
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.agents import Agents
from hypertui.venue.accounts.collateral import MarginSettings
from hypertui.venue.accounts.fees import DAY_MS
from hypertui.venue.accounts.funding import Funding
from hypertui.venue.accounts.margin import Margin, MarginRules
from hypertui.venue.accounts.transfers import NO_HASH, Treasury, deposit_delta
from hypertui.venue.market.matching import Book
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.events import Batch, Events, Listener
from hypertui.venue.model.markets import Market, usd
from hypertui.venue.model.messages import integer, mapping
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.order_results import Outcome
from hypertui.venue.model.orders import Json, OrderTerms
from hypertui.venue.trading.amend import Amendments
from hypertui.venue.trading.checks import TOO_FAR, too_far
from hypertui.venue.trading.liquidation import Liquidator
from hypertui.venue.trading.order_entry import OrderEntry

HALTED = "Trading is halted"
SCHEDULE_AHEAD_MS = 5_000
SCHEDULED_PER_DAY = 10


class Core:
    """`clock` gives ms since the Unix epoch, `prices` the first price (USD) of every market.

    `collateral` and `treasury` are the entries for leverage and margin and for money that moves.
    """

    def __init__(
        self,
        options: VenueOptions,
        clock: Callable[[], int],
        prices: Mapping[str, Decimal],
    ) -> None:
        self.options = options
        self.markets = markets = options.markets
        self.by_symbol = {market.symbol: market for market in markets}
        self.books = {market.symbol: Book(market, options, prices[market.symbol]) for market in markets}
        self.rules = MarginRules(self.by_symbol, options.default_leverage)
        self.accounts: dict[str, Account] = {}
        self.agents = Agents()
        self.desk = OrderEntry(options, self.books, self.accounts, self.rules)
        self._events = Events(clock)
        self._began_at = self._events.now
        self.collateral = MarginSettings(self.rules, self._events, lambda: self.marks)
        self.treasury = Treasury(options, self.accounts, self.rules, self._events, lambda: self.marks)
        self.funding = Funding(self.books, self.accounts, self._events.now)
        self._amendments = Amendments(self.desk, self.books)
        self.liquidator = Liquidator(self.desk, self.rules, self.accounts, self.by_symbol, self.treasury)

    @property
    def now(self) -> int:
        """The time in ms, which never goes back."""
        return self._events.now

    @property
    def marks(self) -> Mapping[str, Decimal]:
        """The mark of every market, in USD."""
        return self.desk.marks

    @property
    def listeners(self) -> list[Listener]:
        """Who is told of every batch."""
        return self._events.listeners

    @property
    def revision(self) -> int:
        """Grows with every event that may have changed anything."""
        return self._events.revision

    # Accounts

    def account(self, address: str) -> Account | None:
        """The account of an address. One that the faucet would fill on its first action counts, but asking
        does not store it. None if the address has no account."""
        stored = self.accounts.get(address)
        if stored is not None or not self.options.faucet or self.agents.ever(address):
            return stored
        account = Account(address)
        account.deposit(self.options.faucet)
        return account

    def open_account(self, account: Account) -> None:
        """Store an account that `account` returned: it is about to act. From now on the faucet's gift is part
        of its history, as old as the venue: whoever has looked at the account has seen it there."""
        if account.address in self.accounts:
            return
        self.accounts[account.address] = account
        if account.deposits:
            delta = deposit_delta(account.deposits)
            account.ledger.append({"time": self._began_at, "hash": NO_HASH, "delta": delta})

    def stored(self, address: str) -> Account:
        """The account of an address, which has one from then on."""
        account = self.account(address) or Account(address)
        self.open_account(account)
        return account

    def deposit(self, address: str, amount: Decimal) -> Account:
        """Credit USDC to an address, which has an account from then on."""
        with self._events.open() as batch:
            account = self.stored(address)
            self.treasury.adjust(account, amount, deposit_delta(amount), batch)
            return account

    def margin(self, account: Account) -> Margin:
        """The account's margin at the present marks."""
        return self.rules.margin(account, self.marks)

    def liquidation_price(self, account: Account, symbol: str) -> Decimal | None:
        """The mark in USD at which a position is liquidated, or None: see MarginRules."""
        return self.rules.liquidation_price(account, symbol, self.marks)

    # Actions; the account must be stored.

    def place(
        self, account: Account, requests: Sequence[OrderTerms], grouping: Grouping = Grouping.NONE
    ) -> list[Outcome] | str:
        """Place orders one after the other, or as a group; one outcome for each, or the one text that refuses
        them all. Raises ActionError where a market trades no more."""
        with self._events.open() as batch:
            for request in requests:
                book = self.books[request.market.symbol]
                if book.closed:
                    raise ActionError(HALTED)
                if too_far(request, book.mark):
                    return f"{TOO_FAR} asset={request.market.asset}"
            if grouping is not Grouping.NONE:
                parented = grouping is Grouping.NORMAL
                place = self.desk.place_bracket if parented else self.desk.place_position_tpsl
                group = place(account, requests, batch)
                self.settle(batch)
                return group
            outcomes: list[Outcome] = []
            for request in requests:
                outcomes.append(self.desk.place(account, request, batch))
                self.settle(batch)
            return outcomes

    def modify(
        self, account: Account, key: int | str, request: OrderTerms, *, always: bool = False
    ) -> Outcome | str:
        """Replace a working order by another one, see Amendments; the text of the refusal where there is no
        new order."""
        with self._events.open() as batch:
            book, asset = self.books[request.market.symbol], f" asset={request.market.asset}"
            if book.closed:
                return HALTED + asset
            if too_far(request, book.mark):
                return TOO_FAR + asset
            outcome = self._amendments.modify(account, key, request, batch, always=always)
            self.settle(batch)
            return outcome

    def cancel(self, account: Account, market: Market, key: int | str) -> bool:
        """Cancel a working order by order id or client order id; False if there is none."""
        with self._events.open() as batch:
            order = account.find_order(key)
            if order is None or not order.live or order.symbol != market.symbol:
                return False
            self.desk.orders.end(order, "canceled", batch)
            return True

    def schedule_cancel(self, account: Account, at: int | None) -> None:
        """Cancel all orders at a time (ms) at least 5 s ahead, or (None) no longer; raises ActionError."""
        with self._events.open() as batch:
            if at is not None:
                self._check_schedule(account, at, batch.time)
            account.cancel_at = at

    # The market and the clock

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move one market to a price in USD: see `walk`. Raises ValueError unless it is positive."""
        self.walk(((symbol, price),))

    def walk(self, steps: Iterable[tuple[str, Decimal]]) -> None:
        """Take prices (USD) in order, each with all that follows from it: fills, triggers, liquidations. In
        the end every market that moved prints one trade of its own."""
        with self._events.open() as batch:
            before: dict[str, Decimal] = {}
            for symbol, price in steps:
                if price <= 0:
                    raise ValueError(f"not a price: {price}")
                if self.books[symbol].closed:
                    continue
                before.setdefault(symbol, self.books[symbol].mark)
                self.desk.take_mark(symbol, price, batch)
                self.liquidator.check(self.books[symbol].holders, batch)
                self.settle(batch)
            for symbol, mark in before.items():
                if self.books[symbol].mark != mark:
                    self.desk.print_trade(symbol, mark, batch)

    def tick(self) -> None:
        """Do what the clock has made due: scheduled cancels, liquidations that are not finished, and the
        funding of each full hour."""
        with self._events.open() as batch:
            for account in self.accounts.values():
                if account.cancel_at is not None and account.cancel_at <= batch.time:
                    self._cancel_scheduled(account, batch)
            if self.liquidator.unfinished:
                self.liquidator.check(self.liquidator.unfinished, batch)
                self.settle(batch)
            if self.funding.tick(batch):
                self._note_values(batch.time)
                for book in self.books.values():
                    self.liquidator.check(book.holders, batch)
                self.settle(batch)

    @contextmanager
    def event(self) -> Iterator[Batch]:
        """Make everything inside one event at one time with one batch. It counts as a change even where
        nobody is told of one: an action spends at least its nonce."""
        self._events.revision += 1
        with self._events.open() as batch:
            yield batch

    # From one run to the next

    def dump(self) -> Json:
        """Everything but the accounts and the candles that are over, for JSON."""
        return {
            "time": self._events.now,
            "funding": self.funding.dump(),
            "agents": self.agents.dump(),
            "desk": self.desk.dump(),
            "books": {symbol: book.dump() for symbol, book in self.books.items()},
        }

    def restore(self, state: Json, accounts: Sequence[Account], candles: Json) -> None:
        """Be, from the beginning, what `dump` wrote down, with its accounts and the candles that were over by
        market; raises MalformedError."""
        self._events.not_before(integer(state, "time"))
        self.accounts.update((account.address, account) for account in accounts)
        self.funding.restore(mapping(state, "funding"))
        self.agents.restore(mapping(state, "agents"))
        self.desk.restore(mapping(state, "desk"))
        working = {oid: order for account in accounts for oid, order in account.open_orders.items()}
        for symbol, book in self.books.items():
            book.restore(mapping(mapping(state, "books"), symbol), mapping(candles, symbol), working)
            for holder in tuple(book.holders):
                size = self.accounts[holder].size(symbol)
                book.hold(holder, ZERO, size)

    def settle(self, batch: Batch) -> None:
        """Let everything follow that the last orders have brought about: triggers that are due at once, and
        accounts that have traded themselves below their margin."""
        self.desk.settle(batch)
        trading = self.desk.trading
        while trading.touched:
            touched, trading.touched = trading.touched, {}
            self.liquidator.check(touched, batch)
            self.desk.settle(batch)

    def _check_schedule(self, account: Account, at: int, now: int) -> None:
        needed = self.options.schedule_cancel_volume
        if account.volume < needed:
            raise ActionError(
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: ${needed:f}. Traded: ${account.volume:f}."
            )
        if at < now + SCHEDULE_AHEAD_MS:
            raise ActionError("Scheduled cancel time must be at least 5 seconds in the future.")
        if account.cancels_done >= (now // DAY_MS, SCHEDULED_PER_DAY):
            raise ActionError(f"Scheduled cancels are limited to {SCHEDULED_PER_DAY} a day.")

    def _cancel_scheduled(self, account: Account, batch: Batch) -> None:
        account.cancel_at = None
        day, done = account.cancels_done
        today = batch.time // DAY_MS
        account.cancels_done = (today, done + 1 if day == today else 1)
        self.desk.orders.cancel_all(account.open_orders.values(), "scheduledCancel", batch)

    def _note_values(self, time: int) -> None:
        for account in self.accounts.values():
            value = self.margin(account).value
            row = {"time": time, "value": usd(value), "pnl": usd(value - account.deposits)}
            account.hours.append(row)
