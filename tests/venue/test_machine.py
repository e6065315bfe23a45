"""Several accounts do whatever can be done, in any order; after each step every identity holds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hypertui.core.market import Grouping, Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.orders import OrderTerms, Tif, TriggerTerms
from hypertui.venue.trading.liquidation import BACKSTOP
from tests.venue.helpers import ALICE, BOB, Venue
from tests.venue.identities import Witness

CAROL = "0x" + "c" * 40
PEOPLE = (ALICE, BOB, CAROL)
SYMBOLS = ("SOL", "ETH")
OPTIONS = st.fixed_dictionaries(
    {
        "faucet": st.sampled_from((Decimal(1_000), Decimal(100_000))),
        "depth": st.sampled_from((Decimal(2_000), Decimal(50_000), Decimal(5_000_000))),
        "triggers_follow_position": st.booleans(),
        "flat_reduce_only_trigger": st.sampled_from(("reject", "keep")),
        "passed_trigger": st.sampled_from(("reject", "fire")),
        "tp_limit_side": st.sampled_from(("any", "far")),
        "partial_ioc_status": st.sampled_from(("canceled", "filled")),
        "trigger_reference": st.sampled_from(("mark", "mid")),
    }
)
WHO = st.integers(0, len(PEOPLE))  # the last one is a sub-account of the first
SYMBOL = st.sampled_from(SYMBOLS)
SIDE = st.sampled_from(tuple(Side))
# Basis points around the mark; a share of what the account could buy at full leverage.
AWAY = st.integers(-150, 150)
SHARE = st.sampled_from((1, 5, 20, 60, 110))
TIF = st.sampled_from((Tif.GTC, Tif.GTC, Tif.IOC, Tif.ALO))
POSITIVE_AWAY = st.integers(1, 150)


class Exchange(RuleBasedStateMachine):
    @initialize(options=OPTIONS)
    def begin(self, options: dict[str, object]) -> None:
        self.venue = Venue({"ETH": Decimal(3_000)}, **options)
        self.core = self.venue.core
        self.witness = Witness(self.venue)
        for person in PEOPLE:
            self.venue.account(person)
        # One of them trades with isolated margin from the beginning.
        for symbol in SYMBOLS:
            market = self.core.by_symbol[symbol]
            self.core.collateral.set_leverage(self.core.accounts[BOB], market, 18, cross=False)
        master = self.core.accounts[ALICE]
        self.sub = self.core.treasury.create_sub_account(master, "sub")
        self.core.treasury.transfer_sub(master, self.sub, Decimal(400), deposit=True)

    def account(self, who: int) -> Account:
        self.venue.now += 1_000
        return self.core.accounts[(*PEOPLE, self.sub)[who]]

    def price(self, symbol: str, away: int) -> Decimal:
        book = self.core.books[symbol]
        return book.market.instrument.round_price(book.mark * (10_000 + away) / 10_000)

    def size(self, account: Account, symbol: str, share: int, *, closing: bool) -> Decimal:
        book = self.core.books[symbol]
        worth = max(self.core.margin(account).value, Decimal(1)) * 20
        whole = abs(account.size(symbol)) if closing and account.size(symbol) else worth / book.mark
        return book.market.instrument.floor_size(whole * share / 100)

    def request(
        self, account: Account, symbol: str, side: Side, away: int, share: int, tif: Tif, *, reduce: bool
    ) -> OrderTerms:
        position = account.size(symbol)
        if reduce and position and share != 110:
            side = Side.SELL if position > 0 else Side.BUY
        reduce = reduce and (bool(position) or share == 110)
        size = self.size(account, symbol, share, closing=reduce)
        market = self.core.by_symbol[symbol]
        return OrderTerms(market, side, self.price(symbol, away), size, reduce, tif)

    def trigger(self, request: OrderTerms, tpsl: str, away: int, *, market: bool) -> OrderTerms:
        trigger = TriggerTerms(Decimal(1), market, "tp" if tpsl == "tp" else "sl")
        above = trigger.above(request.side)
        symbol = request.market.symbol
        price = self.price(symbol, away if above else -away)
        # Every other limit order rests when it has fired, where more than its own market may meet it.
        slip = 30 if market or away % 2 else -1
        limit = request.market.instrument.round_price(price * (1_000 + slip * request.side.sign) / 1_000)
        return replace(request, tif=None, trigger=replace(trigger, price=price), limit=limit)

    @rule(who=WHO, symbol=SYMBOL, side=SIDE, away=AWAY, share=SHARE, tif=TIF, reduce=st.booleans())
    def order(self, who: int, symbol: str, side: Side, away: int, share: int, tif: Tif, reduce: bool) -> None:
        account = self.account(who)
        self.core.place(account, [self.request(account, symbol, side, away, share, tif, reduce=reduce)])

    @rule(
        who=WHO,
        symbol=SYMBOL,
        side=SIDE,
        away=POSITIVE_AWAY,
        share=SHARE,
        tpsl=st.sampled_from(("tp", "sl")),
        market=st.booleans(),
        reduce=st.booleans(),
    )
    def stop(
        self, who: int, symbol: str, side: Side, away: int, share: int, tpsl: str, market: bool, reduce: bool
    ) -> None:
        account = self.account(who)
        plain = self.request(account, symbol, side, 0, share, Tif.GTC, reduce=reduce)
        self.core.place(account, [self.trigger(plain, tpsl, away, market=market)])

    @rule(who=WHO, symbol=SYMBOL, side=SIDE, away=AWAY, share=SHARE, tif=TIF, market=st.booleans())
    def bracket(
        self, who: int, symbol: str, side: Side, away: int, share: int, tif: Tif, market: bool
    ) -> None:
        account = self.account(who)
        parent = self.request(account, symbol, side, away, share, tif, reduce=False)
        other = Side.SELL if side is Side.BUY else Side.BUY
        child = replace(parent, side=other, reduce_only=True)
        children = [self.trigger(child, kind, 60, market=market) for kind in ("tp", "sl")]
        self.core.place(account, [parent, *children], Grouping.NORMAL)

    @rule(who=WHO, symbol=SYMBOL, share=st.sampled_from((0, 0, 50, 100)), away=POSITIVE_AWAY)
    def position_tpsl(self, who: int, symbol: str, share: int, away: int) -> None:
        account = self.account(who)
        side = Side.SELL if account.size(symbol) > 0 else Side.BUY
        plain = self.request(account, symbol, side, 0, share, Tif.GTC, reduce=True)
        plain = replace(plain, position_tpsl=True)
        requests = [self.trigger(plain, kind, away, market=True) for kind in ("tp", "sl")]
        self.core.place(account, requests, Grouping.POSITION)

    @rule(who=WHO, index=st.integers(0, 50))
    def cancel(self, who: int, index: int) -> None:
        account = self.account(who)
        if account.open_orders:
            order = list(account.open_orders.values())[index % len(account.open_orders)]
            assert self.core.cancel(account, order.request.market, order.oid)

    @rule(who=WHO, index=st.integers(0, 50), away=AWAY, share=SHARE, tif=TIF, always=st.booleans())
    def modify(self, who: int, index: int, away: int, share: int, tif: Tif, always: bool) -> None:
        account = self.account(who)
        if account.open_orders:
            order = list(account.open_orders.values())[index % len(account.open_orders)]
            request = self.request(
                account, order.symbol, order.side, away, share, tif, reduce=order.request.reduce_only
            )
            self.core.modify(account, order.oid, request, always=always)

    @rule(symbol=SYMBOL, away=st.sampled_from((-2_000, -450, -90, -30, -5, 5, 30, 90, 450, 2_500)))
    def move(self, symbol: str, away: int) -> None:
        self.venue.now += 3_000
        price = self.price(symbol, away)
        if Decimal(20) < price < Decimal(20_000):
            self.core.set_price(symbol, price)

    @rule(symbol=SYMBOL, capped=st.sampled_from((True, False, False, False)))
    def cap(self, symbol: str, capped: bool) -> None:
        self.core.books[symbol].capped = capped

    @rule()
    def tick(self) -> None:
        self.venue.now += 250
        self.core.tick()
        assert not self.core.liquidator.unfinished, "within the pause all that is left goes at once"

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.venue.now += hours * 3_600_000
        self.core.tick()

    @rule(who=WHO, seconds=st.integers(5, 60))
    def schedule(self, who: int, seconds: int) -> None:
        with suppress(ActionError):
            self.core.schedule_cancel(self.account(who), self.venue.now + seconds * 1000)

    @rule(who=WHO, symbol=SYMBOL, leverage=st.integers(1, 20), cross=st.booleans())
    def leverage(self, who: int, symbol: str, leverage: int, cross: bool) -> None:
        account = self.account(who)
        with suppress(ActionError):
            self.core.collateral.set_leverage(account, self.core.by_symbol[symbol], leverage, cross=cross)

    @rule(who=WHO, symbol=SYMBOL, amount=st.sampled_from((-50, -5, 5, 50)))
    def margin(self, who: int, symbol: str, amount: int) -> None:
        account = self.account(who)
        with suppress(ActionError):
            self.core.collateral.shift_isolated_margin(account, self.core.by_symbol[symbol], Decimal(amount))

    @rule(amount=st.integers(1, 600), deposit=st.booleans())
    def transfer(self, amount: int, deposit: bool) -> None:
        with suppress(ActionError):
            self.core.treasury.transfer_sub(
                self.core.accounts[ALICE], self.sub, Decimal(amount), deposit=deposit
            )

    @rule(who=WHO, amount=st.integers(1, 100), to_perp=st.booleans())
    def wallet(self, who: int, amount: int, to_perp: bool) -> None:
        with suppress(ActionError):
            self.core.treasury.transfer_class(self.account(who), Decimal(amount), to_perp=to_perp)

    @rule(who=WHO)
    def top_up(self, who: int) -> None:
        self.core.deposit(self.account(who).address, Decimal(500))

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "witness"):
            self.witness.check()

    @invariant()
    def nobody_is_below_its_maintenance_margin(self) -> None:
        """Unless the book is empty, and even then not below what the backstop takes over; or a part has just
        been closed, and the rest has until the next event."""
        if not hasattr(self, "witness"):
            return
        for account in self.core.accounts.values():
            if account.address in self.core.liquidator.unfinished:
                continue
            cross = self.core.rules.cross(account, self.core.marks)
            symbols = [symbol for symbol, p in account.positions.items() if p.raw_usd is None]
            self._check_margin(account, symbols, cross.value, cross.maintenance)
            for symbol, position in account.positions.items():
                if position.raw_usd is not None:
                    mark = self.core.marks[symbol]
                    needed = self.core.by_symbol[symbol].maintenance(abs(position.size) * mark)
                    self._check_margin(account, [symbol], position.equity(mark), needed)

    def _check_margin(self, account: Account, symbols: list[str], value: Decimal, needed: Decimal) -> None:
        closable = any(self.core.desk.closings.can_close(account, symbol) for symbol in symbols)
        assert value >= (needed if closable else needed * BACKSTOP)


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
