"""Three trades on one account: their markets walk, and now and then everything is held against the venue."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from hypertui.cli.journal import journals
from hypertui.core.market import ZERO
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Mode, Network, Severity, Snapshot
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.budget import request_cap
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.throttle import WEIGHT
from tests.support.desk_engine import DeskEngine
from tests.support.ladders import ladder_config, terms_of
from tests.support.live_engine import wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.oracle import Oracle

PRICES = {"BTC": Decimal(64_000), "ETH": Decimal(3_000), "SOL": Decimal(150)}
_TICKS = {"BTC": Decimal(1), "ETH": Decimal("0.1"), "SOL": Decimal("0.01")}
CONFIGS = (
    ladder_config(Network.PAPER, "BTC", Decimal(250), Decimal(2_000), 40),
    ladder_config(Network.PAPER, "ETH", Decimal(10), Decimal(2_000), 25),
    ladder_config(Network.PAPER, "SOL", Decimal("0.5"), Decimal(2_000), 20),
)
_EVERY = 0.1  # seconds between two moves of all markets
_STRIDE = 0.7  # units: the standard deviation of a move
_LEAP = (0.01, 2.0)  # how often a market leaps, and the same of that
_HOME = 0.02  # how much of its way back to where it began a market takes with each move
_WALK = 8.0  # seconds from one settled moment to the next
_PATIENCE = 30.0
_FUNDED = 90.0  # seconds until funding is known, which is asked for once a minute where the weight allows it
_SLACK = 2_000  # ms that a message, and the thread that takes it, may need on a machine that is busy
_MOST = 20  # problems are told


class _Clock:
    """Never says the same time (ms) twice: no two blocks of the exchange share one, so that it is known of
    each fill whether an answer about the account has it in it. Here, in such markets, several would."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        self._last = max(wall_clock(), self._last + 1)
        return self._last


class Rehearsal:
    """One run, drawn by `seed`. `problems` says in words what was wrong."""

    def __init__(self, seed: int) -> None:
        self.problems: list[str] = []
        self._random = Random(seed)
        self._sent: Counter[str] = Counter()  # orders, cancels and what else there is
        self._refused: Counter[str] = Counter()  # whole actions, by the venue's words
        self._throttled = 0
        self._crossed = 0
        self._settled = 0
        self._outages = 0  # of the disk, as a trade sees them: not its fault, and it has to come through them
        self._weight = float(WEIGHT)  # the lowest that was left
        self._requests: int | None = None
        self._places = dict.fromkeys(PRICES, 0.0)  # of the markets, in units from where they began

    def line(self) -> str:
        """For a terminal."""
        wrong = "; ".join(self.problems[:_MOST]) or "ok"
        nonces = sum(count for text, count in self._refused.items() if "nonce" in text)
        return (
            f"{self._crossed} units crossed, {self._sent['order']} orders and "
            f"{self._sent['cancel']} cancels sent; "
            f"at least {self._weight:.0f} of {WEIGHT} weight and {self._requests} requests left; "
            f"{nonces} nonces refused, {self._throttled} requests throttled; "
            f"{self._settled} settled moments, {self._outages} outages of the disk | {wrong}"
        )

    def run(self, seconds: float) -> None:
        """Trade for so long."""
        with (
            tempfile.TemporaryDirectory(prefix="desk-") as folder,
            LocalVenue(PRICES, _Clock()) as venue,
            self._watched(),
            journals(Path(folder), None, wall_clock) as open_trade,
        ):
            assert venue.core.options.rate_limits == "real"
            live = DeskEngine(venue, CONFIGS, open_trade)
            live.engine.listen(self._on_event)
            oracles = {config.title: self._oracle(live, config) for config in CONFIGS}
            until = time.monotonic() + seconds
            try:
                with live:
                    self._hold(live, oracles)
                    while time.monotonic() < until and not live.ended:
                        self._walk(venue, min(until, time.monotonic() + _WALK))
                        self._hold(live, oracles)
                    if live.ended:
                        self._complain(f"the engine ended: {live.reason.text}")
            except AssertionError as error:
                self._complain(f"{error} ({_state(live)})")
            self._throttled = venue.call(lambda: venue.server.peers.throttled)
            for text, count in self._refused.items():
                self._complain(f"{count} actions refused: {text}")
            if self._throttled:
                self._complain(f"{self._throttled} requests throttled")

    # What the markets do

    def _walk(self, venue: LocalVenue, until: float) -> None:
        random = self._random
        while time.monotonic() < until:
            began = time.monotonic()
            for config in CONFIGS:
                symbol = config.symbol
                often, far = _LEAP
                stride = far if random.random() < often else _STRIDE
                self._places[symbol] += random.gauss(-_HOME * self._places[symbol], stride)
                way = Decimal(self._places[symbol]) * terms_of(config).unit_size
                venue.set_price(symbol, (PRICES[symbol] + way).quantize(_TICKS[symbol]))
            self._weight = min(self._weight, venue.call(lambda: venue.server.peers.weight_left))
            time.sleep(max(0.0, began + _EVERY - time.monotonic()))

    # What is held against the venue

    def _hold(self, live: DeskEngine, oracles: dict[str, Oracle]) -> None:
        """Wait until all is settled, and compare."""
        live.wait_for(live.all_settled, "rest", _PATIENCE)
        self._settled += 1
        account = live.venue.core.account(live.key.address)
        assert account is not None
        working = live.venue.call(lambda: Counter(order.symbol for order in account.open_orders.values()))
        for name in live.names:
            if working[name] != 4:
                self._complain(f"{working[name]} orders of {name} at rest")
        self._compare_equity(live, account)
        published, live.engine.published = live.engine.published, []
        for snapshot in published:
            oracles[snapshot.name].judge(snapshot)
        for snapshot in live.engine.view.trades:
            if snapshot.mode is not Mode.RUNNING:
                self._complain(f"{snapshot.name} is {snapshot.mode}: {snapshot.reason}")

    def _compare_equity(self, live: DeskEngine, account: Account) -> None:
        venue = live.venue

        def off() -> Decimal:
            made = sum((live.trade(name).net_pnl for name in live.names), ZERO)
            value = venue.call(lambda: venue.core.margin(account).value)
            return round(value, 2) - round(venue.core.options.faucet + made, 2)

        try:
            live.wait_for(lambda: off() == 0, "views that make the equity", _FUNDED)
        except AssertionError:
            self._complain(f"the account's equity is {off():+} USD off from what the trades have made")

    def _oracle(self, live: DeskEngine, config: TradeConfig) -> Oracle:
        def lied(kind: str, text: str) -> None:
            self._complain(f"{config.title}: {kind}: {text}")

        venue = live.venue
        return venue.call(
            lambda: Oracle(
                venue.core, lambda: live.key.address.lower(), config.symbol, wall_clock, _SLACK, lied
            )
        )

    def _on_event(self, event: Event) -> None:
        self._crossed += event.kind is EventKind.STEP
        if event.kind is EventKind.ALARM and event.severity is Severity.CRITICAL:
            if event.data["alarm"] == "journal":
                self._outages += 1
            else:
                self._complain(f"{event.trade}: {event.text}")

    def _complain(self, text: str) -> None:
        self.problems.append(text)

    # What the venue is sent

    @contextmanager
    def _watched(self) -> Iterator[None]:
        submit = Gateway.submit

        def watched(gateway: Gateway, body: Any) -> Any:
            answer = submit(gateway, body)
            self._note(gateway, body["action"], answer)
            return answer

        with mock.patch.object(Gateway, "submit", watched):
            yield

    def _note(self, gateway: Gateway, action: Any, answer: Any) -> None:
        for kind in ("order", "cancel"):
            self._sent[kind] += len(action.get(f"{kind}s", ()))
        if answer["status"] == "err":
            self._refused[str(answer["response"])] += 1
        for account in gateway._core.accounts.values():
            left = request_cap(account) - account.requests
            self._requests = left if self._requests is None else min(self._requests, left)


def _state(live: DeskEngine) -> str:
    return ", ".join(f"{each.name} {each.mode} {_alarms(each)}" for each in live.engine.view.trades)


def _alarms(snapshot: Snapshot) -> list[str]:
    return [alarm.text for alarm in snapshot.alarms if alarm.active]
