"""Accounts of every shape: what the preflight says of a start, and what the exchange then makes of it.

Each shape is made in the real core, looked at by the real client, and begun there. What nothing red forbids
must be carried out in full and be sold by its own stops, never by a liquidation, all the way down; what is
red for want of margin must be refused by the exchange too, and what is red for its liquidation price be
liquidated there. SHAPES=2000 walks as many."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal as D
from random import Random

import pytest

from hypertui.cli.doctor import examined
from hypertui.core.findings import Finding, Level
from hypertui.core.market import Fill, Order, OrderType, Side
from hypertui.core.round_trips import SLOTS
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey
from hypertui.exchange.protocol import Placed, Rejected, Resting
from hypertui.execution.account_context import AccountContext
from hypertui.execution.entry import Entry
from hypertui.execution.orders import ClientIds
from hypertui.execution.preflight.approval import Cleared, Gate
from hypertui.execution.preflight.facts import Survey, market
from hypertui.execution.refusal import StartRefused
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import Consent, TradeConfig
from hypertui.port.commands import Stop
from hypertui.port.snapshot import Network
from hypertui.runtime.backoff import Backoff
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import Plan
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.venue.accounts.accounts import APART, Account
from hypertui.venue.model.orders import OrderTerms, Tif, TriggerTerms
from tests.support.direct_venue import DirectVenue
from tests.support.ladders import ladder_config

SHAPES = int(os.environ.get("SHAPES", "60"))
PRICES = {"BTC": D(60_000), "ETH": D(3_000), "SOL": D(150)}
KEYS = ("own", "named", "unnamed", "master", "master's agent", "stranger", "expired")
NEAR = D("0.01")  # of the price: within that the spread and the fee decide, which no estimate knows


@dataclass(frozen=True)
class Holding:
    """A position by hand: its side, its size as a share of the account's value, and its margin."""

    symbol: str
    side: Side
    share: D
    leverage: int
    isolated: bool


@dataclass(frozen=True)
class Shape:
    """One account and what is asked of it; money in USD. `moved` is how far the other markets go after the
    positions are there."""

    key: str
    pooling: str
    money: D
    spot: D
    others: tuple[Holding, ...]
    own: Holding | None
    set_isolated: bool
    orders: int
    moved: D
    only_isolated: bool
    plan_leverage: int
    position_size: D
    unit_size: D
    adopt: bool

    @classmethod
    def drawn(cls, seed: int) -> Shape:
        """The shape of a seed."""
        random = Random(seed)

        def tenths(least: float, most: float) -> D:
            return D(f"{random.uniform(least, most):.1f}")

        def holding(symbol: str, most: int) -> Holding:
            share = tenths(0.1, 1.6)
            side = random.choice((Side.BUY, Side.BUY, Side.SELL))
            return Holding(symbol, side, share, random.choice((2, 2, 3, 5, most)), random.random() < 0.5)

        others = tuple(
            holding(name, most) for name, most in (("BTC", 40), ("ETH", 25)) if random.random() < 0.5
        )
        own = holding("SOL", 20) if random.random() < 0.3 else None
        money = D(random.choice((120, 300, 700, 2_000, 9_000, 40_000)))
        return cls(
            key=random.choice(KEYS[:5] * 3 + KEYS[5:]),
            pooling=random.choice(
                ("disabled",) * 4 + ("unifiedAccount", "unifiedAccount", "portfolioMargin")
            ),
            money=money,
            spot=D(random.choice((0, 0, 50, 5_000))),
            others=others,
            own=own,
            set_isolated=random.random() < 0.2,
            orders=random.choice((0,) * 7 + (1,)),
            moved=D(random.choice(("-0.04", "-0.01", "0", "0", "0.02"))),
            only_isolated=random.random() < 0.25,
            plan_leverage=random.choice((1, 2, 3, 5, 8, 10, 15, 20, 20, 20, 21)),
            position_size=(money * tenths(0.2, 6)).quantize(D(1)),
            unit_size=tenths(0.5, 8),
            adopt=own is not None and random.random() < 0.8,
        )


@dataclass
class Made:
    """A shape in a venue of its own, and the client that trades it."""

    shape: Shape
    venue: DirectVenue
    address: str
    exchange: HyperliquidExchange
    log: EventLog = field(default_factory=lambda: EventLog(lambda: 0))

    @property
    def account(self) -> Account:
        return self.venue.account(self.address)

    @property
    def config(self) -> TradeConfig:
        shape = self.shape
        return ladder_config(
            Network.PAPER, "SOL", shape.unit_size, shape.position_size, shape.plan_leverage, adopt=shape.adopt
        )


def key_of(number: int) -> SigningKey:
    return SigningKey.parse(f"{number:064x}")


def make(shape: Shape) -> Made:
    """Bring the account about in a core of its own."""
    venue = DirectVenue(PRICES, faucet=D(0), rate_limits="off")
    core = venue.core
    if shape.only_isolated:
        solely = replace(core.by_symbol["SOL"], only_isolated=True)
        core.by_symbol["SOL"] = core.books["SOL"].market = solely
        core.markets = tuple(core.by_symbol.values())
    owner, agent = key_of(7), key_of(8)
    core.deposit(owner.address, D(10))
    address = owner.address
    if shape.key.startswith("master"):
        address = core.treasury.create_sub_account(venue.account(owner.address), "sub")
    core.deposit(address, shape.money)
    account = venue.account(address)
    account.spot = shape.spot
    if shape.pooling != APART:
        core.treasury.set_abstraction(account, shape.pooling)
    for holding in (*shape.others, *([shape.own] if shape.own else [])):
        hold(venue, account, holding, shape.money)
    if shape.own is None and not shape.only_isolated:
        core.collateral.set_leverage(account, core.by_symbol["SOL"], 3, cross=not shape.set_isolated)
    for _ in range(shape.orders):
        buy = OrderTerms(
            core.by_symbol["SOL"], Side.BUY, D(190), D(1), False, None, TriggerTerms(D(180), True, "sl")
        )
        core.place(account, [buy])
    for symbol in ("BTC", "ETH"):
        core.set_price(symbol, PRICES[symbol] * (1 + shape.moved))
    name = {"named": "bot", "expired": "bot", "master's agent": "bot", "unnamed": ""}.get(shape.key)
    signer = owner if shape.key in ("own", "master") else agent
    if name is not None:
        core.agents.approve(owner.address, agent.address, name, venue.now)
    if shape.key == "expired":
        core.agents.expire(agent.address, venue.now)
    return Made(shape, venue, address, venue.client(signer, address))


def hold(venue: DirectVenue, account: Account, wanted: Holding, money: D) -> None:
    """Trade a position by hand, as far as the account's margin allows."""
    core, market_ = venue.core, venue.core.by_symbol[wanted.symbol]
    isolated = wanted.isolated or market_.only_isolated
    core.collateral.set_leverage(account, market_, wanted.leverage, cross=not isolated)
    mark = core.marks[wanted.symbol]
    size = market_.instrument.floor_size(money * wanted.share / mark)
    limit = market_.instrument.round_price(mark * (1 + wanted.side.sign * D("0.05")))
    if size:
        core.place(account, [OrderTerms(market_, wanted.side, limit, size, False, Tif.IOC)])


async def clear(made: Made) -> tuple[tuple[Finding, ...], Cleared | str, Plan, object]:
    """What the doctor finds, and what a start begins with or why it does not."""
    config, exchange = made.config, made.exchange
    clock = lambda: made.venue.now  # noqa: E731
    plan = config.plan(await market(exchange, "SOL"))
    survey = Survey(AccountContext(exchange), config, plan.instrument, clock)
    found, _ = await examined(exchange, survey, config.adopt)
    inbox = EventQueue[None](lambda _: None, lambda: None)
    gate = Gate(survey, Consent.NONE, config.adopt, inbox, made.log)
    try:
        await exchange.open()
        cleared = await gate.cleared(Stop())
    except (StartRefused, Rejected) as error:
        return found, str(error), plan, await survey.look(config.adopt)
    assert cleared is not None
    return found, cleared, plan, None


async def _unrecorded(*_: object) -> None:
    """No start comes after this one."""


async def begin(made: Made, plan: LadderPlan, cleared: Cleared) -> tuple[D, D]:
    """Begin as a start does; returns the entry price and the coins. Raises what it raises."""
    exchange, venue = made.exchange, made.venue
    clock = lambda: venue.now  # noqa: E731
    entry = Entry(exchange, plan, ClientIds(1), Timing(), clock, ClockSync(), Backoff(Random(1)))
    inbox = EventQueue[Fill](entry.takes, lambda: None)
    if cleared.adopted is not None:
        await entry.take_over(cleared.leverage, inbox, isolated=cleared.isolated)
        return cleared.adopted.price, cleared.adopted.size
    quote = await exchange.quote("SOL")

    async def placed(orders: Sequence[Order], expires_at: int) -> Sequence[Placed]:
        answers = await place(orders, expires_at)
        for fill in await exchange.fills_since("SOL", 0):  # as the feed would tell of them
            inbox.post(fill)
        return answers

    place, exchange.place = exchange.place, placed  # type: ignore[method-assign]
    fills = await entry.enter(1, inbox, lambda: quote, _unrecorded)
    exchange.place = place  # type: ignore[method-assign]
    coins = sum((fill.size for fill in fills), D(0))
    return sum((fill.value for fill in fills), D(0)) / coins, coins


def _stop(plan: LadderPlan, client_id: str, trigger: D, size: D) -> Order:
    limit, kind = plan.stop_limit_price(trigger), OrderType.STOP_MARKET
    return Order(client_id, plan.instrument.symbol, Side.SELL, size, kind, limit, trigger, reduce_only=True)


async def protect(made: Made, plan: LadderPlan, grid: UnitGrid, coins: D) -> list[Placed]:
    """Place the four stops."""
    stops = [
        _stop(plan, f"0x{number:032x}", grid.price(number - SLOTS), size)
        for number, size in enumerate(plan.split(coins))
    ]
    return list(await made.exchange.place(stops, made.venue.now + 5_000))


def liquidations(made: Made) -> list[object]:
    """The fills by which the venue closed something of the account."""
    rows = made.account.fills.between(0, 2**53, 10_000)
    return [row for row in rows if row.get("liquidation")]


async def agree(seed: int) -> str:
    """Walk one shape; returns what came of it."""
    made = make(Shape.drawn(seed))
    try:
        return await _agree(made)
    finally:
        await made.exchange.close()


async def _agree(made: Made) -> str:
    said = f"{made.shape}"
    found, cleared, plan, ground = await clear(made)
    red = [finding for finding in found if finding.level is Level.RED]
    assert bool(red) == isinstance(cleared, str), f"doctor {red}, start {cleared}: {said}"
    if isinstance(cleared, str):
        assert red[0].text == cleared, said
        assert not (before := made.account.by_cloid), f"{before} placed: {said}"
        return await refused_for_a_reason(made, plan, red, ground)
    entry, coins = await begin(made, plan, cleared)
    assert cleared.adopted is not None or coins == plan.entry_size((await made.exchange.quote("SOL")).mark), (
        said
    )
    grid = UnitGrid(entry, plan.unit_size, plan.instrument)
    if made.venue.core.marks["SOL"] <= grid.price(-1):
        return "adopted below its stops"
    before = len(liquidations(made))
    answers = await protect(made, plan, grid, coins)
    assert all(isinstance(answer, Resting) for answer in answers), f"{answers}: {said}"
    for unit in range(-1, -1 - SLOTS, -1):
        made.venue.core.set_price("SOL", grid.price(unit))
    assert len(liquidations(made)) == before, f"liquidated before the last stop: {found}: {said}"
    assert made.account.size("SOL") == 0, said
    return "adopted" if cleared.adopted is not None else f"entered {made.shape.pooling}"


async def refused_for_a_reason(made: Made, plan: LadderPlan, red: list[Finding], ground: object) -> str:
    """What is red for want of margin, or for its liquidation, is so by the exchange's own doing."""
    first = red[0]
    if {finding.name for finding in red} == {"margin"}:
        figure = (D(first.figure), D(first.limit)) if "x" not in first.figure else (D(1), D(0))
        if abs(figure[0] - figure[1]) < figure[0] * NEAR:
            return "margin, too near to call"
        adopted = ground.opening() if ground.adopting else None  # type: ignore[attr-defined]
        cleared = Cleared(adopted=adopted, leverage=ground.account.leverage, isolated=ground.isolated)  # type: ignore[attr-defined]
        with pytest.raises((StartRefused, Rejected), match="argin"):
            await begin(made, plan, cleared)
    if {finding.name for finding in red} == {"liquidation"} and not made.shape.adopt:
        entry, _ = await begin(made, plan, Cleared(isolated=ground.isolated))  # type: ignore[attr-defined]
        last = UnitGrid(entry, plan.unit_size, plan.instrument).price(-SLOTS)
        at = made.venue.core.liquidation_price(made.account, "SOL")
        pooled = made.shape.pooling != APART  # then the estimate is rather too high
        assert at is not None or pooled, f"never liquidated: {first}: {made.shape}"
        assert pooled or (at is not None and at >= last * (1 - NEAR)), (
            f"{at} below {last}: {first}: {made.shape}"
        )
    return f"red: {first.name}"


def test_doctor_start_and_exchange_agree() -> None:
    outcomes: dict[str, int] = {}

    async def walk() -> None:
        for seed in range(SHAPES):
            outcome = await agree(seed)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1

    asyncio.run(walk())
    assert {"adopted", "red: key", "red: margin", "red: liquidation", "red: position"} <= outcomes.keys(), (
        outcomes
    )
    assert any(outcome.startswith("entered unified") for outcome in outcomes), outcomes
