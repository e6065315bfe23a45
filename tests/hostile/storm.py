"""One run: a real engine with the real client, a storm between it and the venue, and calm at last."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from hypertui.core.market import ZERO, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, Pace, paper
from hypertui.exchange.protocol import Exchange
from hypertui.execution.timing import Timing
from hypertui.port.commands import OnExit
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.model.events import Batch
from hypertui.venue.model.orders import VenueOrder
from tests.hostile.proxy import CALM, Proxy, Weather, kinds
from tests.support.live_engine import SOL, LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

TIMEOUT = 0.6
# A request that was under way, the pause after it, the question about what became of an action that has to
# expire before, and the stop; on a machine that has much else to do.
PATIENCE = 5.0
LONGEST_PAUSE = 12.0  # that the venue is given when it asks for one, with its jitter
_LIES = 0.2
_LONG = 2.0
_CONFIG = replace(
    SOL, timing=Timing(confirm_after=400, expires_after=1_500), reconcile_every=4_000, stale_after=5_000
)
_PACE = Pace(
    ping_every=0.4,
    silence=1.2,
    open_timeout=1.0,
    close_timeout=0.1,
    ask_again=0.3,
    first_wait=0.05,
    longest_wait=1.0,
)
_START = Decimal(100)
_CHANCES = ((0.1, 0.4, 0.8), (0.05, 0.2, 0.4), (0.1, 0.5))
_HELD = re.compile(r"(no|-?[0-9]+(?:\.[0-9]+)?) SOL held")
_AMOUNT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) SOL")


@dataclass(slots=True)
class Verdict:
    """What was wrong with a run, in words; `covered` is how long (s) after the calm coins were bare."""

    seed: int
    problems: list[str] = field(default_factory=list)
    said: str = ""
    covered: float = 0.0
    happened: str = ""
    story: list[str] = field(default_factory=list)  # where coins were bare for long

    def line(self) -> str:
        """For a terminal."""
        wrong = "; ".join(self.problems) or "ok"
        return f"run {self.seed}: {wrong} | covered {self.covered:.1f} s after the calm | {self.said}"


class HostileEngine(LiveEngine):
    """Behind a proxy, and as impatient as a storm of seconds asks for."""

    proxy: Proxy

    async def _connect(self, account: str | None) -> Exchange:
        return HyperliquidExchange(paper(self.proxy.url), self.key, timeout=TIMEOUT, pace=_PACE)


class Witness:
    """Watches the account from inside the venue."""

    def __init__(self, venue: LocalVenue, address: str) -> None:
        self.problems: list[str] = []
        self._venue = venue
        self._address = address
        self._sizes: dict[int, Decimal] = {}
        venue.call(lambda: venue.core.listeners.append(self._on_batch))

    def working(self) -> int:
        """How many orders work."""
        account = self._account
        return 0 if account is None else self._venue.call(lambda: len(account.open_orders))

    def books(self) -> tuple[Decimal, Decimal, Decimal]:
        """Coins held, coins under live stops, and coins that working buys would add."""
        return self._venue.call(self._books)

    @property
    def _account(self) -> Account | None:
        return self._venue.core.accounts.get(self._address)

    def _books(self) -> tuple[Decimal, Decimal, Decimal]:
        account = self._account
        if account is None:
            return ZERO, ZERO, ZERO
        working = list(account.open_orders.values())
        stops = [o for o in working if o.side is Side.SELL and o.request.reduce_only]
        buys = [o for o in working if o.side is Side.BUY]
        return account.size("SOL"), _coins(stops), _coins(buys)

    def _on_batch(self, batch: Batch) -> None:
        account = self._account
        if account is None:
            return
        held, _, buys = self._books()
        if held < 0:
            self._complain(f"short of {-held}")
        for order in account.orders.values():
            if order.side is Side.BUY:
                entry = order.request.trigger is None
                self._sizes.setdefault(order.oid, (order.remaining + order.filled) / (4 if entry else 1))
        entries = [size for size in self._sizes.values() for _ in range(4)][:4]
        bound = sum(sorted([*entries, *self._sizes.values()])[-5:], ZERO) + Decimal("0.25")
        if held + buys > bound:
            self._complain(f"{held} held and {buys} in buys, more than {bound}")

    def _complain(self, text: str) -> None:
        if len(self.problems) < 3:
            self.problems.append(text)


def _coins(orders: list[VenueOrder]) -> Decimal:
    return sum((order.remaining for order in orders), ZERO)


def run(seed: int, seconds: float, lies: bool = False) -> Verdict:
    """A storm of so many seconds, drawn by `seed`, and what was wrong in it and after it. With `lies`, what
    is said may be false too."""
    random, verdict = Random(seed), Verdict(seed)
    weather = Weather(*(random.choice(chances) for chances in _CHANCES), lies=_LIES if lies else 0.0)
    from_the_start = random.random() < 0.2
    sudden = random.random() < 0.3  # whether the engine leaves in the storm
    rules = {
        "passed_trigger": random.choice(("fire", "reject")),
        "flat_reduce_only_trigger": random.choice(("keep", "reject")),
    }
    with _trade(seed, rules) as (venue, proxy, engine, witness):
        if from_the_start:
            proxy.set(weather)
        engine.__enter__()
        try:
            _wait(lambda: engine.ended or engine.settled, seconds if from_the_start else 10.0)
            _walk(random, venue, proxy, weather, engine, seconds)
            if not sudden:
                proxy.set(CALM)
                _judge_cover(verdict, proxy, engine, witness)
            _judge_end(verdict, engine, witness, random.choice((OnExit.BUYS, OnExit.LEAVE, OnExit.FLATTEN)))
        except Exception as error:  # noqa: BLE001 - a defect is what is looked for
            verdict.problems.append(f"{type(error).__name__}: {error}")
        finally:
            proxy.set(CALM)
            verdict.happened = kinds(proxy.happened)
            with suppress(Exception):  # it has been told
                engine.__exit__()
            verdict.problems += witness.problems
    return verdict


@contextmanager
def _trade(seed: int, rules: Mapping[str, str]) -> Iterator[tuple[LocalVenue, Proxy, HostileEngine, Witness]]:
    with (
        LocalVenue({"SOL": _START}, rate_limits="off", **rules) as venue,
        Proxy(venue.base_url, seed) as proxy,
    ):
        engine = HostileEngine(venue, _CONFIG)
        engine.proxy = proxy
        yield venue, proxy, engine, Witness(venue, engine.key.address)


def _walk(
    random: Random,
    venue: LocalVenue,
    proxy: Proxy,
    weather: Weather,
    engine: HostileEngine,
    seconds: float,
) -> None:
    """Move the market by up to two units at a time, and not far away. Now and then it clears up for a moment,
    so that something is bought at all; the last that the storm sees is a rise or a fall."""
    until, price = time.monotonic() + seconds, _START
    proxy.set(weather)
    while time.monotonic() < until and not engine.ended:
        home = (_START - price) / 20
        price = (price + home + Decimal(random.randint(-20, 20)) / 20).quantize(Decimal("0.01"))
        venue.set_price("SOL", price)
        time.sleep(random.uniform(0.02, 0.2))
        if random.random() < 0.15:
            proxy.set(CALM)
            time.sleep(random.uniform(0.1, 0.6))
            proxy.set(weather)
    direction = random.choice((1, 1, -1))
    for _ in range(4):
        price += direction * Decimal("0.4")
        venue.set_price("SOL", price)
        time.sleep(0.03)


def _judge_cover(verdict: Verdict, proxy: Proxy, engine: HostileEngine, witness: Witness) -> None:
    calm, at = time.monotonic(), wall_clock()
    patience = max(0.0, proxy.throttled_at + LONGEST_PAUSE - calm) + PATIENCE

    def covered() -> bool:
        held, stops, _ = witness.books()
        return held - stops < Decimal("0.12")  # what is worth less than the least order waits for the next

    _wait(lambda: engine.ended or covered(), patience)
    verdict.covered = time.monotonic() - calm
    if verdict.covered > _LONG:
        events = [
            event for event in engine.engine.events_after(0) if event.at > at - 3_000 and event.kind != "step"
        ]
        verdict.story = [f"{event.at - at:6} ms {event.kind}: {event.text}" for event in events]
    if not covered() and not engine.ended:
        held, stops, _ = witness.books()
        alarms = [alarm.text for alarm in engine.snapshot.alarms if alarm.active]
        verdict.problems.append(f"{held - stops} of {held} bare, mode {engine.mode()}, alarms {alarms}")


def _judge_end(verdict: Verdict, engine: HostileEngine, witness: Witness, on_exit: OnExit) -> None:
    engine.stop.request(on_exit)
    _wait(lambda: engine.ended, 40.0)
    reason = engine.reason
    verdict.said = f"{reason.status} ({on_exit}): {reason.text}"
    verdict.problems += untrue(reason.text, witness)


def untrue(said: str, witness: Witness) -> list[str]:
    """What the last line says otherwise than it is."""
    if "by the own books" in said:
        return []  # as of when it says
    held, stops, buys = witness.books()
    wrong = []
    if "no position" in said or "position 0" in said or "nothing was bought" in said:
        wrong += [f"said {said!r}, {held} held"] if held else []
    if "no buys" in said and buys:
        wrong.append(f"said {said!r}, buys for {buys} work")
    if "no orders" in said and (stops or buys):
        wrong.append(f"said {said!r}, {stops} in stops and {buys} in buys work")
    counted = re.search(r"left with ([0-9]+) orders? live", said)
    if counted is not None and int(counted[1]) != witness.working():
        wrong.append(f"said {said!r}, {witness.working()} orders work")
    told = _HELD.findall(said)
    if told:
        if Decimal(told[-1].replace("no", "0")) != held:
            wrong.append(f"said {said!r}, {held} held")
        return wrong
    amounts = [Decimal(amount) for amount in _AMOUNT.findall(said)]
    if amounts and held not in amounts and stops not in amounts:
        wrong.append(f"said {said!r}, {held} held and {stops} in stops")
    return wrong


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
