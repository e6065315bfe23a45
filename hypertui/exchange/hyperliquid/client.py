"""One account at one venue: the `Exchange` that the engine is written against, for paper and real alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence, Set
from contextlib import suppress
from decimal import Decimal
from typing import TypeVar

from hypertui.core.candles import Candle, Interval
from hypertui.core.market import Fill, Grouping, Instrument, Order
from hypertui.exchange.hyperliquid import candles, conditions, errors, messages
from hypertui.exchange.hyperliquid.agents import Authority
from hypertui.exchange.hyperliquid.checks import Json, rows, understood
from hypertui.exchange.hyperliquid.feed import Feed
from hypertui.exchange.hyperliquid.funds import UserSignedFunds
from hypertui.exchange.hyperliquid.holdings import Holdings
from hypertui.exchange.hyperliquid.keys import SigningKey
from hypertui.exchange.hyperliquid.line import Line
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.nonces import NonceSource
from hypertui.exchange.hyperliquid.pace import Pace
from hypertui.exchange.hyperliquid.rate_meter import CANDLES, LIGHT, USUAL, RateMeter
from hypertui.exchange.hyperliquid.request import cloid_of, order_requests
from hypertui.exchange.hyperliquid.sdk import Actions, Questions
from hypertui.exchange.hyperliquid.session import HttpSession
from hypertui.exchange.protocol import (
    AccountState,
    Allowance,
    CancelOutcome,
    FeedMessage,
    FundingPayment,
    MarketConditions,
    OpenOrder,
    OrderReport,
    Placed,
    Quote,
    Rejected,
    Signer,
    Standing,
    Transfer,
    Unreachable,
)

DEFAULT_TIMEOUT = 5.0  # seconds

# A shorter page of fills is the last one: the venue documents 2000 for fills and 500 for other lists.
_SHORTEST_FULL_PAGE = 500
# The venue keeps the newest ten thousand fills: no honest list has more pages.
_MOST_PAGES = 40
# Turns of the event loop in which an action that is signed leaves: a signature keeps the loop busy.
_TURNS = 4
_PRICES_AGE = 2.0  # seconds; the venue makes a new mark every three or so

_T = TypeVar("_T")
# Orders, when their action expires (ms), and how they belong together.
_Placement = tuple[tuple[Order, ...], int, Grouping]


class HyperliquidExchange:
    """Fulfils `hypertui.exchange.protocol.Exchange`; see there for the meaning and the errors of every call.

    Nothing is sent before the first call. `account` is the key's own address by default, and `timeout` in
    seconds, for the whole of a request. `with_last` has the feed tell of traded prices too, at the price of
    more traffic. Whoever signs with the same key takes the same `nonces`, by default nobody else.
    """

    def __init__(
        self,
        network: Endpoint,
        key: SigningKey,
        account: str | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        with_last: bool = False,
        pace: Pace | None = None,
        nonces: NonceSource | None = None,
    ) -> None:
        self._network = network
        self._key = key
        self._nonces = nonces or NonceSource()
        self._account = (account or key.address).lower()
        self._pace = pace or Pace()
        self._feed = Feed(network, self._account, with_last=with_last, pace=self._pace)
        self._questions = Questions(network)
        self._actions: Actions | None = None
        self._meta: Json = None
        # What came with the markets, and when: for a quote that is the very next thing to be asked for.
        self._contexts: tuple[float, Json] | None = None
        self._authority = Authority(key.address, self._account, self._ask)
        self._holdings = Holdings(self._account, self._ask)
        self._meter = RateMeter()
        # Questions and actions share its connections: an action finds one that a question has kept warm,
        # where one of its own would be hung up between two steps.
        session = HttpSession(network.base_url, trust_env=not network.is_loopback)
        self._line = Line(session, timeout, self._meter, self._feed.hurry)
        signs = network, key, self._nonces
        self.funds = UserSignedFunds(*signs, self._authority, self._holdings, self._opened, self._line.move)
        self._opening = asyncio.Lock()
        self._prepared: tuple[_Placement, bytes] | None = None

    @property
    def account(self) -> str:
        return self._account

    @property
    def allowance(self) -> Allowance:
        return self._meter.allowance

    @property
    def weight_spent(self) -> int:
        """The request weight of everything sent so far."""
        return self._meter.spent

    async def ask_allowance(self) -> None:
        used, limit = await self._ask(
            USUAL, lambda venue: venue.user_rate_limit(self._account), messages.request_budget
        )
        self._meter.account(used, limit)

    async def open(self) -> None:
        """Verify the key and learn the venue's markets, once. Every action does this first if nobody has.

        Raises Rejected if the key may not act for the account; nothing has been signed then.
        """
        await self._opened()

    async def verify_key(self) -> None:
        """Make sure that the key belongs to the account, to its master or to an agent of either.

        Raises Rejected, naming both addresses, if it does not.
        """
        await self._authority.verify()

    async def standing(self) -> Standing:
        signer = await self._authority.known()
        fee = await self._ask(USUAL, lambda venue: venue.user_fees(self._account), messages.taker_fee)
        pooling = await self._holdings.pooling()
        return Standing(signer, fee, self._network.base_url, self._network.ws_url, pooling)

    async def signer(self) -> Signer:
        self._holdings.forget()  # as rarely changed as a key, and asked for as rarely
        return await self._authority.look()

    async def instruments(self) -> Mapping[str, Instrument]:
        return messages.instruments(await self._markets())

    async def quote(self, symbol: str) -> Quote:
        contexts, self._contexts = self._contexts, None
        if contexts is None or self._pace.clock() > contexts[0] + _PRICES_AGE:
            contexts = await self._ask_contexts()
        found = understood(contexts[1], lambda answer: messages.quote_in(answer, symbol))
        if found is None:
            raise _no_market(symbol)
        return found

    async def conditions(self, symbol: str) -> MarketConditions:
        _, contexts = await self._ask_contexts()
        found = understood(contexts, lambda answer: conditions.conditions(answer, symbol))
        if found is None:
            raise _no_market(symbol)
        return found

    async def spread(self, symbol: str) -> Decimal | None:
        question = conditions.book_question(symbol)
        return await self._ask(
            LIGHT, lambda venue: venue.post("/info", question), lambda book: conditions.spread(book, symbol)
        )

    async def _ask_contexts(self) -> tuple[float, Json]:
        """All markets with their prices, and when they came (s)."""
        answer = await self._ask(USUAL, lambda venue: venue.meta_and_asset_ctxs(), messages.checked_contexts)
        return self._pace.clock(), answer

    async def candles(self, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
        question = candles.question(symbol, interval, since, until)
        told = await self._ask(USUAL, lambda venue: venue.post("/info", question), rows)
        self._meter.answered(len(told), CANDLES)
        return understood(told, lambda answer: candles.candles(answer, symbol, interval, since, until))

    async def is_delisted(self, symbol: str) -> bool:
        _, contexts = await self._ask_contexts()
        return symbol in understood(contexts[0], messages.delisted, is_action=False)

    async def account_state(self, symbol: str) -> AccountState:
        return (await self.account_states((symbol,)))[symbol]

    async def account_states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        return await self._holdings.states(symbols)

    async def available(self, symbol: str) -> Decimal:
        return await self._holdings.available(symbol)

    async def open_orders(self, symbol: str) -> Sequence[OpenOrder]:
        return await self._ask(
            USUAL,
            lambda venue: venue.frontend_open_orders(self._account),
            lambda answer: messages.open_orders(answer, symbol),
        )

    async def order_report(self, client_id: str) -> OrderReport | None:
        cloid = cloid_of(client_id)
        return await self._ask(
            LIGHT, lambda venue: venue.query_order_by_cloid(self._account, cloid), messages.order_answer
        )

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        found: dict[tuple[int, int, int], Fill] = {}
        async for page in self._pages("fills", Questions.user_fills_by_time, since):
            found |= {
                fill.key: fill for fill in understood(page, lambda answer: messages.fills(answer, symbol))
            }
        ordered = sorted(found.values(), key=lambda fill: fill.time)
        return tuple(fill for fill in ordered if fill.time >= since)

    async def funding_since(self, symbol: str, since: int) -> Sequence[FundingPayment]:
        found: dict[int, FundingPayment] = {}
        async for page in self._pages("funding", Questions.user_funding_history, since):
            found |= {
                paid.time: paid for paid in understood(page, lambda answer: messages.funding(answer, symbol))
            }
        return tuple(found.values())

    async def _pages(
        self, what: str, question: Callable[[Questions, str, int], Json], start: int
    ) -> AsyncIterator[Sequence[Json]]:
        """The account's list of all markets from `start` (ms) on, page by page. Raises Unreachable where it
        has no end."""
        for _ in range(_MOST_PAGES):
            yield (page := await self._page(question, start))
            # Not one later: more of that same millisecond may be on the next page.
            start, last = understood(page, messages.newest), start
            if len(page) < _SHORTEST_FULL_PAGE or start <= last:
                return
        raise _too_many_pages(what)

    async def _page(self, question: Callable[[Questions, str, int], Json], start: int) -> Sequence[Json]:
        page = await self._ask(USUAL, lambda venue: question(venue, self._account, start), rows)
        self._meter.answered(len(page))
        return page

    async def transfers_since(self, since: int) -> Sequence[Transfer]:
        found: list[Transfer] = []
        start = since
        for _ in range(_MOST_PAGES):
            told = await self._page(Questions.user_non_funding_ledger_updates, start)
            page = understood(told, messages.transfers)
            # The page begins with all of the last one's last millisecond again.
            found = [transfer for transfer in found if transfer.time < start] + list(page)
            if len(page) < _SHORTEST_FULL_PAGE or page[-1].time == start:
                return tuple(found)
            start = page[-1].time
        raise _too_many_pages("transfers")

    async def set_leverage(
        self, symbol: str, leverage: int, expires_at: int, *, isolated: bool = False
    ) -> None:
        await self._act(
            {symbol},
            1,
            expires_at,
            lambda actions: actions.leverage(symbol, leverage, isolated=isolated),
            _nothing,
        )

    def prepare(self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE) -> None:
        actions = self._actions
        if actions is None or self._line.closed or not orders:
            return
        with suppress(Exception):  # whatever it is, placing the same raises it again
            signed = actions.signed(_placement(orders, grouping)(actions), expires_at)
            self._prepared = (tuple(orders), expires_at, grouping), signed

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Sequence[Placed]:
        if not orders:
            return ()
        signed = None
        if self._prepared is not None and self._prepared[0] == (tuple(orders), expires_at, grouping):
            _, signed = self._prepared
            self._prepared = None  # nothing is sent twice: its nonce is spent
        return await self._act(
            {order.symbol for order in orders},
            len(orders),
            expires_at,
            _placement(orders, grouping),
            lambda response: messages.placed(messages.statuses(response), len(orders), grouping),
            signed,
            protects=all(order.reduce_only for order in orders),
        )

    async def cancel(
        self, symbol: str, client_ids: Sequence[str], expires_at: int
    ) -> Sequence[CancelOutcome]:
        if not client_ids:
            return ()
        cloids = [cloid_of(client_id) for client_id in client_ids]

        def read(response: Json) -> Sequence[CancelOutcome]:
            answers = messages.statuses(response)
            error = messages.shared_error(answers, len(client_ids))
            if error is not None:
                raise errors.whole_action(error)
            return messages.cancelled(answers, len(client_ids))

        return await self._act(
            {symbol},
            len(cloids),
            expires_at,
            lambda actions: actions.cancel(symbol, cloids),
            read,
            waits=True,
        )

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        await self._feed.follow(symbol, deliver)

    async def close(self) -> None:
        """Wait for what is under way, at most as long as the timeouts last, then let go of everything."""
        await self._line.close()

    async def _opened(self) -> Actions:
        async with self._opening:
            if self._actions is None:
                await self.verify_key()
                meta = await self._markets()  # last, so that the prices with them are new
                self._actions = Actions(self._network, self._key, self._authority.vault, meta, self._nonces)
            return self._actions

    async def _markets(self) -> Json:
        """The venue's markets, asked for once, with their prices: a start needs both."""
        if self._meta is None:
            self._contexts = await self._ask_contexts()
            self._meta, _ = self._contexts[1]
        return self._meta

    async def _ask(
        self, weight: int, question: Callable[[Questions], Json], read: Callable[[Json], _T]
    ) -> _T:
        """Ask, and read the answer."""
        self._meter.asked(weight)
        self._contexts = None
        answer = await self._line.ask(question(self._questions))
        return understood(answer, read)

    async def _act(
        self,
        symbols: Set[str],
        parts: int,
        expires_at: int,
        word: Callable[[Actions], Json],
        read: Callable[[Json], _T],
        signed: bytes | None = None,
        *,
        waits: bool = False,
        protects: bool = False,
    ) -> _T:
        """Sign and send the action that `word` gives, of so many parts, to expire at `expires_at` (ms), and
        read the answer. `signed` is the same where that has been made already. One that `waits` lets others
        leave first, one that `protects` waits for nothing that others have sent.

        Raises Unknown for an answer that cannot be read.
        """
        actions = await self._opened()
        for symbol in symbols:
            if not actions.trades(symbol):
                raise _no_market(symbol)

        self._line.require_open()
        self._meter.acted(parts)
        self._contexts = None
        if signed is None:
            if waits:
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
            signed = actions.signed(word(actions), expires_at)
        # Of several markets, in the turns of one.
        answer = await self._line.act(signed, min(symbols), protects=protects)
        return understood(answer, lambda sent: read(errors.accepted(sent)), is_action=True)


def _placement(orders: Sequence[Order], grouping: Grouping) -> Callable[[Actions], Json]:
    return lambda actions: actions.placement(order_requests(orders, grouping), grouping)


def _too_many_pages(what: str) -> Unreachable:
    return Unreachable(f"the exchange's list of {what} has more than {_MOST_PAGES} pages")


def _nothing(response: Json) -> None:
    del response


def _no_market(symbol: str) -> Rejected:
    return Rejected(f"the exchange has no market {symbol!r}")
