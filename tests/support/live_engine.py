"""The whole path for tests: the engine in a thread of its own, the real client, the local venue."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any, Self, TypeVar

from hyperliquid.info import Info

from hypertui.engine.engine import EmbeddedEngine, OpenTrade
from hypertui.engine.live_trade import LiveTrade
from hypertui.engine.trade_runner import TradeRunner
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.protocol import Exchange
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import Ack, Command, OnExit, Stop, StopReason, Verb
from hypertui.port.engine import Event
from hypertui.port.snapshot import Mode, Network, Snapshot
from hypertui.runtime.audit import Audit
from hypertui.runtime.machine import Machine
from tests.support.ladders import changed, ladder_config, ladder_of
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal
from tests.support.oracle import Oracle

Result = TypeVar("Result")
DEADLINE = 15.0
_SLACK = 2_000  # ms that a message, and the thread that takes it, may need on a machine that is busy
# For tests in which an order is asked about before anything else happens: not after two seconds.
SOON = Timing(confirm_after=500)
SOL = ladder_config(Network.PAPER, "SOL", Decimal("0.5"), Decimal(2000), 20)


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


def wait_until(
    condition: Callable[[], bool], what: str, deadline: float = DEADLINE, every: float = 0.002
) -> None:
    """Return as soon as `condition` holds, which is looked at `every` so many seconds; fail, saying what was
    waited for, if it does not in time."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"waited {deadline:.0f} s in vain for {what}"
        threading.Event().wait(every)


class WatchedEngine(EmbeddedEngine):
    """Keeps every snapshot that it publishes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.published: list[Snapshot] = []
        super().__init__(*args, **kwargs)

    def _made(self, snapshot: Snapshot) -> None:
        self.published.append(snapshot)

    @property
    def runner(self) -> TradeRunner | None:
        """What runs its first trade, once it does."""
        return next(iter(self._seats.values())).runner


class LiveEngine:
    """A context manager; keywords change the trade's configuration. `stop` is asked for on the way out. The
    trade is written down by what `journal` gives for its account; without one, in memory, beginning with
    `history`."""

    def __init__(
        self,
        venue: LocalVenue,
        config: TradeConfig = SOL,
        journal: OpenTrade | None = None,
        history: Sequence[JournalledInput] = (),
        log_trouble: Callable[[], str] = lambda: "",
        audit: Audit | None = None,
        **changes: Any,
    ) -> None:
        self.venue = venue
        self.config = changed(config, **changes)
        self._key = SigningKey.throwaway()
        self.account = ""  # whose key it is not but may act for, where that is so; to be set before the key
        self.journal = MemoryJournal(history)
        self.stop = Stop(self.config.on_exit)
        in_memory = random.getrandbits(64), self.journal
        self.engine = WatchedEngine(
            self._connect,
            journal or (lambda config, account: nullcontext(in_memory)),
            [self.config],
            Machine(wall_clock, random.Random(7), log_trouble=log_trouble, audit=audit),
        )
        self._lies: list[str] = []
        self._oracle = venue.call(self._listen)
        self._reasons: list[StopReason] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._questions = Info(venue.base_url, skip_ws=True, meta={"universe": []}, spot_meta=_NO_SPOT)

    @property
    def key(self) -> SigningKey:
        """The key that signs."""
        return self._key

    @key.setter
    def key(self, key: SigningKey) -> None:
        self._key = key
        self.venue.call(self._oracle.note)  # it began to listen for the account of another one

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop.request(OnExit.LEAVE)
        self._thread.join(DEADLINE)
        self._questions.session.close()
        self._oracle.close()
        assert not self._thread.is_alive(), "the engine did not leave"
        if self._errors:
            raise self._errors[0]
        for snapshot in self.engine.published:
            if snapshot.name == self.config.title:
                self._oracle.judge(snapshot)
        for reason in self._reasons if len(self.engine.view.trades) == 1 else ():
            self._oracle.judge_last_words(reason.text)
        assert not self._lies or exception[0] is not None, self._lies

    # The engine

    def opened(self) -> Self:
        """Wait until the trade is open and its four stops work."""
        wait_until(lambda: self.ended or self.settled, "the entry")
        assert not self.ended, self.reason
        return self

    @property
    def ended(self) -> bool:
        return bool(self._reasons or self._errors)

    @property
    def reason(self) -> StopReason:
        """How the run ended; waits for it."""
        wait_until(lambda: self.ended, "the engine to end")
        if self._errors:
            raise self._errors[0]
        return self._reasons[0]

    @property
    def settled(self) -> bool:
        return self.on_engine(lambda trade: trade.tracker.settled, False)

    @property
    def unit(self) -> int:
        return self.on_engine(lambda trade: ladder_of(trade.tracker).unit, 0)

    def unit_price(self, unit: int) -> Decimal:
        return self.on_engine(lambda trade: ladder_of(trade.tracker).grid.price(unit), Decimal(0))

    def on_engine(self, look: Callable[[LiveTrade], Result], otherwise: Result) -> Result:
        """What `look` sees on the engine's own loop; `otherwise` where no trade is open there."""

        async def ask(trade: LiveTrade) -> Result:
            return look(trade)

        runner = self.engine.runner
        if self.engine._loop is None or runner is None or runner.trade is None:
            return otherwise
        return self.do(ask)

    def do(self, work: Callable[[LiveTrade], Coroutine[None, None, Result]]) -> Result:
        """The outcome of `work` on the engine's own loop."""
        loop, runner = self.engine._loop, self.engine.runner
        assert loop is not None
        assert runner is not None
        assert runner.trade is not None
        return asyncio.run_coroutine_threadsafe(work(runner.trade), loop).result(DEADLINE)

    def go_to(self, unit: int) -> None:
        """Move the market onto a unit's price and wait until everything has settled there."""
        self.venue.set_price(self.config.symbol, self.unit_price(unit))
        self.wait_for(lambda: self.unit == unit and self.settled, f"unit {unit} to settle")

    def wait_for(self, condition: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
        wait_until(lambda: self.ended or condition(), what, deadline)
        assert condition(), f"{what}: the engine ended with {self._reasons or self._errors}"

    @property
    def snapshot(self) -> Snapshot:
        """The newest of its first trade."""
        return self.engine.view.first

    def mode(self) -> Mode:
        return self.snapshot.mode

    def command(self, verb: Verb, command_id: str | None = None) -> Ack:
        """Send a command as a screen would, from another loop."""
        identity = command_id or f"{verb.value}-{random.getrandbits(32)}"
        return asyncio.run(self.engine.command(Command(identity, verb, "test@tty")))

    def events(self, kind: str) -> list[Event]:
        return [event for event in self.engine.events_after(0) if event.kind == kind]

    # The venue's own books

    def working(self) -> list[dict[str, Any]]:
        """The account's working orders in the venue's words, lowest trigger first."""
        orders = self._questions.frontend_open_orders(self.key.address)
        return sorted(orders, key=lambda order: Decimal(order["triggerPx"]))

    def held(self) -> Decimal:
        """The position that the venue holds for the account, in coins."""
        positions = self._questions.user_state(self.key.address)["assetPositions"]
        return sum((Decimal(row["position"]["szi"]) for row in positions), Decimal(0))

    def fills(self) -> list[dict[str, Any]]:
        fills: list[dict[str, Any]] = self._questions.user_fills(self.key.address)
        return fills

    def _listen(self) -> Oracle:
        """What judges at the end whether every snapshot was true when it was published."""

        def lied(kind: str, text: str) -> None:
            self._lies.append(f"{kind}: {text}")

        core, symbol = self.venue.core, self.config.symbol
        return Oracle(
            core, lambda: (self.account or self.key.address).lower(), symbol, wall_clock, _SLACK, lied
        )

    async def _connect(self, account: str | None) -> Exchange:
        return HyperliquidExchange(paper(self.venue.base_url), self.key)

    def _run(self) -> None:
        try:
            self._reasons.append(asyncio.run(self.engine.run(self.stop)))
        except BaseException as error:  # noqa: BLE001 - raised again where the test waits
            self._errors.append(error)


_NO_SPOT: dict[str, Any] = {"universe": [], "tokens": []}
