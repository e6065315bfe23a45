"""How long a price takes to become an order at the venue, beside a bare `Exchange.order` of the SDK.

The engine as `hypertui run` has it, with the journal in a file, trades on a venue in a process of its own.
The price walks up and down by one unit at a time; each step settles before the next one. Halfway between two
steps the SDK places an order of the same kind for an account of its own, and cancels it again: after as long
a pause as the engine has had, in which a processor forgets what it was at. `warm` is a second such order that
follows at once.
"""

import json
import tempfile
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from eth_account import Account
from hyperliquid.exchange import Exchange as SdkExchange
from hyperliquid.utils.types import Cloid

from benchmarks.engine import PATIENCE, Engine
from benchmarks.figures import milliseconds, ratio
from benchmarks.market import SYMBOL, SetPrices, running
from benchmarks.taps import ACTION, ANSWER, ARRIVED, COMMITTED, FRAME, SENT, Event, Recorder
from hypertui.port.snapshot import Network
from tests.support.ladders import ladder_config, terms_of

STEPS = 1_000
MOST_STEPS = 2_000
WARM_UP = 50  # steps that are not counted
TURN = 30  # units up before the walk goes down again
CONFIG = ladder_config(Network.PAPER, SYMBOL, Decimal(50), Decimal(2_000), 20)
PACE = 0.07  # seconds from one step to the next: faster, and the engine would run out of request weight
QUIET = 0.003  # by then the feed has brought what the bare order changed


def step() -> dict[str, object]:
    """From the price message's bytes at the engine's socket to the last byte of the order that it causes, and
    to the venue's answer read."""
    beside = Path(__file__).parent  # a disk: in the folder for temporary files a commit may cost nothing
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=beside) as folder,
        running() as (url, set_prices),
    ):
        return _measure(url, set_prices, Path(folder))


@dataclass(frozen=True, slots=True)
class Paired:
    """An action of orders, all stops or all buys, and the price message that caused it, in ns: how long its
    commit took, and the times from the message's arrival until that began, and until the orders left and were
    acknowledged."""

    stops: bool
    commit: int
    decided: int
    left: int
    acknowledged: int


def paired(events: list[Event], price: Decimal) -> Paired | None:
    """The times of a step's first action; None where it has orders of both kinds, and where anything but the
    one message with its price may have caused it."""
    at = [kind for _, kind, _ in events]
    if at[:2] != [ARRIVED, FRAME] or not {COMMITTED, ACTION, SENT, ANSWER} <= set(at):
        return None
    frame = json.loads(events[1][2])
    if frame["channel"] != "activeAssetCtx" or Decimal(frame["data"]["ctx"]["markPx"]) != price:
        return None
    acted, answer = at.index(ACTION), at.index(ANSWER)
    action = json.loads(events[acted][2])["action"]
    if action["type"] != "order" or ARRIVED in at[2:acted]:
        return None
    reduce = {order["r"] for order in action["orders"]}
    if len(reduce) != 1:
        return None
    arrived = events[0][0]
    left = next(time for time, kind, _ in events[acted:] if kind == SENT)
    ended, _, took = events[at.index(COMMITTED)]
    began = ended - int(took)
    return Paired(reduce == {True}, int(took), began - arrived, left - arrived, events[answer][0] - arrived)


class Bare:
    """The SDK alone, as its documentation shows it."""

    def __init__(self, url: str) -> None:
        self._exchange = SdkExchange(Account.create(), url)
        self._placed = 0

    def order(self, price: Decimal) -> int:
        """The ns that placing a stop above `price` takes; it is cancelled at once."""
        self._placed += 1
        cloid = Cloid.from_int(self._placed)
        trigger = float(price + 100 * terms_of(CONFIG).unit_size)
        kind = {"trigger": {"isMarket": True, "triggerPx": trigger, "tpsl": "sl"}}
        began = time.perf_counter_ns()
        answer = self._exchange.order(SYMBOL, True, 0.01, trigger, kind, cloid=cloid)
        took = time.perf_counter_ns() - began
        if "resting" not in answer["response"]["data"]["statuses"][0]:
            raise RuntimeError(f"the bare order was not taken: {answer}")
        self._exchange.cancel_by_cloid(SYMBOL, cloid)
        return took


def _measure(url: str, set_prices: SetPrices, folder: Path) -> dict[str, object]:
    placed = threading.Event()
    recorder = Recorder(lambda kind: placed.set() if kind == "order" else None)
    steps: list[Paired] = []
    bares: list[int] = []
    warm_bares: list[int] = []
    bare = Bare(url)
    with recorder.recording(), Engine(url, folder, [CONFIG]) as engine:
        engine.wait_for_unit(0)
        taken = 0
        began = time.monotonic()
        for unit in walk():
            _sleep_until(began + taken * PACE)
            price = engine.unit_price(unit)
            recorder.take()
            placed.clear()
            set_prices({SYMBOL: price})
            placed.wait(PATIENCE)  # looking at the engine before that would be in its way
            engine.wait_for_unit(unit)
            events = recorder.take()
            _sleep_until(began + (taken + 0.5) * PACE)
            taken += 1
            took, took_warm = bare.order(price), bare.order(price)
            time.sleep(QUIET)
            if taken <= WARM_UP:
                continue
            bares.append(took)
            warm_bares.append(took_warm)
            times = paired(events, price)
            if times is not None:
                steps.append(times)
            if len(steps) == STEPS or taken == MOST_STEPS:
                break
    alone, warm = milliseconds(bares), milliseconds(warm_bares)
    return {
        "not_paired": len(bares) - len(steps),
        "sdk_order_p50_ms": alone.p50,
        "sdk_order_p99_ms": alone.p99,
        "sdk_order_warm_p50_ms": warm.p50,
        "sdk_order_warm_p99_ms": warm.p99,
        **_told(steps, alone.p50, warm.p50, ""),
        **_told([one for one in steps if one.stops], alone.p50, warm.p50, "stops_"),
        **_told([one for one in steps if not one.stops], alone.p50, warm.p50, "buys_"),
    }


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _told(steps: list[Paired], alone: float, warm: float, kind: str) -> dict[str, object]:
    """The figures of these steps, with names that begin with `kind`."""
    commit = milliseconds([one.commit for one in steps])
    decided = milliseconds([one.decided for one in steps])
    left = milliseconds([one.left for one in steps])
    acknowledged = milliseconds([one.acknowledged for one in steps])
    return {
        f"{kind}steps": len(steps),
        f"{kind}decided_p50_ms": decided.p50,
        f"{kind}decided_p99_ms": decided.p99,
        f"{kind}commit_p50_ms": commit.p50,
        f"{kind}commit_p99_ms": commit.p99,
        f"{kind}left_p50_ms": left.p50,
        f"{kind}left_p99_ms": left.p99,
        f"{kind}acknowledged_p50_ms": acknowledged.p50,
        f"{kind}acknowledged_p99_ms": acknowledged.p99,
        f"{kind}ratio": ratio(acknowledged.p50, alone),
        f"{kind}ratio_to_warm": ratio(acknowledged.p50, warm),
    }


def walk() -> "list[int]":
    """Units one after the other: up to `TURN`, down to as far below the entry, and up again."""
    units = [*range(1, TURN + 1), *range(TURN - 1, -TURN - 1, -1), *range(-TURN + 1, 1)]
    return units * (MOST_STEPS // len(units) + 1)
