"""A stage, on which the real engine trades at the local venue's core in virtual time, by a script.

What an engine shows at the end of a script is a scene. It is the same on every machine and in every process,
to the last digit: all that is drawn is drawn from fixed seeds. Scenes that begin alike show the same figures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import cast

from hypertui.core.market import Side
from hypertui.exchange.protocol import Exchange
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import Ack, Command, OnExit, Stop, Verb
from hypertui.port.engine import Event
from hypertui.port.intents import IntentsView
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.machine import Machine
from hypertui.venue.model.listing import listed
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import VenueOrder
from hypertui.webhook.hook_settings import HookSettings
from tests.simulation.auditor import Auditor
from tests.simulation.door import Door
from tests.simulation.exchange import Line, SimExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.network import Fate
from tests.simulation.scenario import Faults, draw
from tests.simulation.venue import Venue, VenueMarket
from tests.support.stage_props import ScriptedNetwork, StageEngine, StageJournal
from tests.support.stage_sources import StageSources

NOW = 1_763_647_471_000  # 2025-11-20 14:04:31 UTC: when every scene ends
_FULL_HOUR = 1_763_647_200_000
_MARKETS = listed(["HYPE:2:10:40"])
_MEMORY = 86_000_000  # bytes
_STEP = 2.0  # seconds between two prices of a walk
_TOLD = 4.0  # seconds between two times that the venue tells its prices, whether they move or not
_PATIENCE = 60  # seconds for an engine to enter, or to leave
_OPERATOR = "mk@pts/3"
# The exchange has been there for long, and so have trades.
_LAST_ORDER = 91_238_800
_FIRST_TRADE = 0x5A1C_77E0_0B9D_4E21
# An engine publishes twice a second, and a venue tells its prices now and then: so long before the end, in
# seconds, they did it last.
_SHOWN_BEFORE = 0.1
_TOLD_BEFORE = 0.6

Script = Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What an engine shows at one moment: a snapshot of each of its trades, all its events, its sources, and
    the clock (ms) of that moment."""

    trades: tuple[Snapshot, ...]
    events: tuple[Event, ...]
    intents: IntentsView
    now: int

    @property
    def snapshot(self) -> Snapshot:
        """The first trade."""
        return self.trades[0]


@dataclass(frozen=True, slots=True)
class Play:
    """What a scene is made of: who trades, the prices at the beginning and the account's money (USD), how
    many `seconds` it takes, for how many of them, the last ones, the engine's thread hangs, and the `hooks`
    by which alerts come in."""

    name: str
    script: Script
    trades: Sequence[TradeConfig]
    prices: Mapping[str, Decimal]
    seconds: float
    money: Decimal = Decimal(13_000)
    hangs: float = 0.0
    hooks: Sequence[HookSettings] = ()


def perform(play: Play) -> Scene:
    """Play it from its beginning to `NOW`, in a thread of its own: whoever wants to see it may be in another
    loop."""
    with ThreadPoolExecutor(1, play.name) as thread:
        return thread.submit(_performed, play).result()


def _performed(play: Play) -> Scene:
    begins = NOW - round(play.seconds * 1000)
    loop = VirtualLoop((_FULL_HOUR - begins) / 1000, _FULL_HOUR)
    with TemporaryDirectory(prefix="stage-") as folder:
        return run(loop, Stage(play, loop, Path(folder)).play())


class Stage:
    """One play: what its script may do. Times in seconds, prices in USD, sizes in coins. What is written down
    of its sources is in `folder`."""

    def __init__(self, play: Play, loop: VirtualLoop, folder: Path) -> None:
        self._play = play
        self._loop = loop
        self._random = Random("prices")
        self._commands = 0
        options = VenueOptions(markets=_MARKETS, faucet=play.money, half_spread=Decimal("0.00001"))
        self.venue = Venue(options, play.prices, loop.clock)
        self.venue.core.desk.orders._last_oid = _LAST_ORDER
        self.ways: dict[str, ScriptedNetwork] = {}
        lines = {config.symbol: self._line(config, options) for config in play.trades}
        self.exchange = SimExchange(self.venue, lines, False, Door(None, False), loop.time)
        self._machine = Machine(loop.clock, Random("engine"), lambda: 0, loop.clock, lambda: 9_000_000_000)
        self._journals: dict[str, StageJournal] = {}
        network = play.trades[0].network.value
        self._sources = StageSources(play.hooks, network, loop.clock, folder) if play.hooks else None
        self.engine = self._engine()

    def _line(self, config: TradeConfig, options: VenueOptions) -> Line:
        calm = replace(
            draw(0), config=config, options=options, pace="calm", faults=Faults(), serial=False, kills=()
        )
        way = self.ways[config.symbol] = ScriptedNetwork(calm, Random(f"way to {config.symbol}"))
        return Line(way, Auditor(calm, self.venue.markets[config.symbol], way, self._loop.time))

    def _engine(self) -> StageEngine:
        end = NOW - round(self._play.hangs * 1000)
        return StageEngine(self._connect, self._opened, self._play.trades, self._machine, end)

    async def _connect(self, account: str | None) -> Exchange:
        return cast(Exchange, self.exchange)

    @contextmanager
    def _opened(self, config: TradeConfig, account: str) -> Iterator[tuple[int, TradeJournal]]:
        known = self._journals.get(config.title)
        journal = self._journals[config.title] = StageJournal(() if known is None else known.inputs)
        yield _FIRST_TRADE + self._play.trades.index(config), journal

    # From the beginning to the end

    async def play(self) -> Scene:
        """What is seen when the script is over."""
        await asyncio.sleep((self._play.seconds - _SHOWN_BEFORE) % 0.5)
        self._begin()
        telling = asyncio.create_task(self._tell())
        await self._play.script(self)
        left = self._play.seconds - self._play.hangs - self._loop.now
        assert left >= 0, f"{self._play.name} takes {-left:.3f} s too long"
        await asyncio.sleep(left)
        scene = self._seen()
        for way in self.ways.values():
            way.actions = way.questions = Fate.ARRIVES
        await self._leave()
        telling.cancel()
        return scene

    def _begin(self) -> None:
        self._stop = Stop(OnExit.LEAVE)
        self._trading = asyncio.create_task(self.engine.run(self._stop))
        if self._sources is not None:
            self._sources.begin(self.engine)

    async def _leave(self) -> None:
        if self._sources is not None:
            await self._sources.leave()
        self._stop.request()
        await asyncio.wait_for(self._trading, _PATIENCE)

    def _seen(self) -> Scene:
        view = self.engine.view
        trades = tuple(replace(trade, health=replace(trade.health, memory=_MEMORY)) for trade in view.trades)
        return Scene(trades, tuple(self.engine.events_after(0)), view.intents, NOW)

    async def _tell(self) -> None:
        """The venue tells its prices again and again, and has an eye on the hour."""
        wait = (self._play.seconds - _TOLD_BEFORE - self._loop.now) % _TOLD
        while True:
            await asyncio.sleep(wait)
            self.venue.core.tick()
            self.exchange.beat()
            wait = _TOLD

    # What a script may do

    async def until(self, before: float) -> None:
        """Wait until so many seconds before the end."""
        left = self._play.seconds - before - self._loop.now
        assert left >= 0, f"{self._play.name} is {-left:.3f} s late"
        await asyncio.sleep(left)

    async def entered(self) -> None:
        """Wait until all trades are open."""
        for _ in range(_PATIENCE):
            if all(self.engine.is_open(config.title) for config in self._play.trades):
                return
            await asyncio.sleep(1.0)
        raise AssertionError(f"{self._play.name}: a trade was not entered")

    async def restart(self) -> None:
        """The engine leaves, and another one takes its trades up."""
        await self._leave()
        self.engine = self._engine()
        self._begin()

    async def walk(self, symbol: str, to: int | str, seconds: float) -> None:
        """The price goes to `to` within so many seconds, to and fro by some of a unit."""
        market, goal = self.venue.markets[symbol], Decimal(to)
        begin, count, astray = market.book.mark, round(seconds / _STEP), Decimal(0)
        unit = next(config.strategy.stop_distance for config in self._play.trades if config.symbol == symbol)
        for number in range(1, count + 1):
            await asyncio.sleep(_STEP)
            astray = (
                (astray * 3 + unit * self._random.randint(-20, 20) / 100) / 4
                if number < count
                else Decimal(0)
            )
            price = begin + (goal - begin) * number / count + astray
            market.set_price(market.market.round_mark(price), None)

    async def order(self, verb: Verb, trade: str = "", who: str = _OPERATOR, source: str = "") -> Ack:
        """An operator's command, and the first answer to it."""
        self._commands += 1
        command = Command(f"c{self._commands}", verb, who, trade=trade, guard=source)
        return await self.engine.command(command)

    @property
    def sources(self) -> StageSources:
        """Where alerts come in."""
        assert self._sources is not None, f"{self._play.name} has no webhook"
        return self._sources

    def stops(self, symbol: str) -> list[VenueOrder]:
        """The stops that work at the venue, the lowest first."""
        found = [order for order in self._market(symbol).working() if order.request.side is Side.SELL]
        return sorted(found, key=lambda order: order.request.limit)

    def cancel(self, order: VenueOrder) -> None:
        """Somebody else cancels an order of the account."""
        self.venue.core.cancel(self.venue.account, order.request.market, order.oid)

    def bid(self, symbol: str, size: str, limit: int) -> None:
        """Somebody else places an order in the account, which rests."""
        order = {"a": self._market(symbol).market.asset, "b": True, "p": str(limit), "s": size, "r": False}
        order["t"] = {"limit": {"tif": "Gtc"}}
        action = {"type": "order", "orders": [order], "grouping": "na"}
        self.venue.act(action, self.venue.core.now + 5_000)

    def refuse(self, refuses: bool = True) -> None:
        """The venue takes no order but those that only add liquidity, as after an upgrade."""
        self.venue.core.desk.checks.post_only = lambda: refuses

    def cut(self, symbol: str, seconds: float) -> None:
        """The feed's connection breaks, and is made again after so many seconds."""
        self.ways[symbol].down_for = seconds
        self.exchange.hang_up(symbol)

    def lose(self, symbol: str) -> None:
        """No request arrives at the venue any more; its feed is heard."""
        way = self.ways[symbol]
        way.actions = way.questions = Fate.LOST_THERE

    def deafen(self, symbol: str) -> None:
        """No request arrives, and nothing is heard from the venue any more."""
        self.ways[symbol].hush()
        self.lose(symbol)

    def trade(self, symbol: str, size: str) -> None:
        """Somebody else buys in the account."""
        market = self._market(symbol)
        limit = market.market.instrument.round_price(market.book.mark * Decimal("1.05"))
        market.trade_beside(True, Decimal(size), limit)

    def resize(self, order: VenueOrder, size: str) -> None:
        """Somebody else gives an order of the account another size."""
        request = replace(order.request, size=Decimal(size))
        self.venue.core.modify(self.venue.account, order.oid, request, always=True)

    def _market(self, symbol: str) -> VenueMarket:
        return self.venue.markets[symbol]
