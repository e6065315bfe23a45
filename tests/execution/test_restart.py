"""Killed at any moment, the next start takes up the same trade: nothing twice, nothing lost."""

import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from hypertui.exchange.hyperliquid import SigningKey
from hypertui.journal import Journal
from hypertui.journal.records import FillRecord
from hypertui.venue.model.orders import VenueOrder
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

SECRET = "0x" + "56" * 32
ADDRESS = SigningKey.parse(SECRET).address
SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]
START_WEIGHT = 150 + 45  # and what the charts ask for where it is to spare
UNDER_WAY = 20 + 2 * 8  # the fills once more, and each order that was on its way when its process died
KILLS = int(os.environ.get("KILLS", "10"))


class Run:
    """One life of a headless engine; its events are read as they come."""

    def __init__(self, venue: LocalVenue, state: Path, *arguments: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
        command = [sys.executable, "-m", "hypertui", "run", "--headless", "--base-url", venue.base_url, *SOL]
        self._weight = weight_spent(venue)
        self._venue = venue
        self.errors = (state / "errors").open("a+b")
        self.output = (state / "events").open("a+b")
        self._begin = self.output.seek(0, os.SEEK_END)
        self.process = Process(
            [*command, "--state-dir", str(state), *arguments],
            env=clean | {"HYPERTUI_SECRET_KEY": SECRET},
            cwd=state,
            stdout=self.output,
            stderr=self.errors,
        )

    def trades(self) -> bool:
        """Whether it says that it trades."""
        said = (Path(self.output.name)).read_bytes()[self._begin :]
        return b'"mode": "running"' in said

    @property
    def weight(self) -> int:
        """The request weight that this life has spent."""
        return weight_spent(self._venue) - self._weight

    def last_words(self) -> str:
        """The newest events that it said."""
        said = Path(self.output.name).read_text().splitlines()[-8:]
        return " | ".join(json.loads(line)["text"] for line in said if line.endswith("}"))

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(30)
        self.errors.close()
        self.output.close()
        return status


def weight_spent(venue: LocalVenue) -> int:
    return venue.call(lambda: venue.server.peers.weight_spent)


def working(venue: LocalVenue) -> list[VenueOrder]:
    account = venue.core.account(ADDRESS)
    return [] if account is None else list(account.open_orders.values())


def at_rest(venue: LocalVenue) -> bool:
    """Four orders, none twice at a price, stops as large as the position, side by side around the mark; or
    five stops, where a slot of trust was filled and the next sale has not come yet."""

    def look() -> bool:
        account = venue.core.account(ADDRESS)
        orders = working(venue)
        stops = [order for order in orders if order.side == "sell"]
        if account is None or len(orders) != max(4, len(stops)) or len(stops) > 5:
            return False
        covered = sum((order.remaining for order in stops), Decimal(0)) == account.size("SOL")
        prices = sorted(order.request.trigger.price for order in orders if order.request.trigger is not None)
        mark = venue.core.books["SOL"].mark
        stops_below = [price for price in prices if price < mark]
        steps = {later - earlier for earlier, later in pairwise(prices)}
        return covered and len(stops_below) == len(stops) and steps <= {Decimal("0.5"), Decimal("1.0")}

    return venue.call(look)


def wait_for_rest(venue: LocalVenue, run: Run, what: str) -> None:
    try:
        wait_until(lambda: run.trades() and at_rest(venue), what, 30)
    except AssertionError as error:
        raise AssertionError(f"{error}: {described(venue)}; {run.last_words()}") from None
    most = START_WEIGHT + UNDER_WAY
    assert run.weight <= most, f"{what}: the start has cost {run.weight} of request weight"


def described(venue: LocalVenue) -> str:
    """What the venue has of the account, in one line."""

    def look() -> str:
        orders = ", ".join(
            f"{o.side} {o.remaining} at {o.request.trigger.price if o.request.trigger else o.limit}"
            for o in working(venue)
        )
        account = venue.core.account(ADDRESS)
        held = None if account is None else account.size("SOL")
        return f"mark {venue.core.books['SOL'].mark}, held {held}, orders {orders or 'none'}"

    return venue.call(look)


def test_killed_again_and_again_it_goes_on(tmp_path: Path) -> None:
    random = Random(9)
    price = Decimal(150)
    with LocalVenue({"SOL": price}, rate_limits="off") as venue:
        for kill in range(KILLS):
            run = Run(venue, tmp_path)
            try:
                if kill % 3 == 0:
                    wait_for_rest(venue, run, f"rest of life {kill}")
                for _ in range(random.randint(0, 60)):
                    price += random.choice((-1, 1)) * Decimal("0.11") * random.randint(0, 8)
                    venue.set_price("SOL", price)
                    run.process.poll()
                moments = random.uniform(0, 2.0)
                with pytest.raises(subprocess.TimeoutExpired):
                    run.process.wait(moments)
            finally:
                run.kill()
        run = Run(venue, tmp_path)
        try:
            wait_for_rest(venue, run, "rest after the last start")
        finally:
            assert run.end(signal.SIGTERM) == 0, (tmp_path / "errors").read_text()
        account = venue.core.account(ADDRESS)
        assert account is not None
        fills = journalled(tmp_path)
        assert [fill.role for fill in fills].count("entry") == 1
        assert len(fills) == len(account.fills)  # every fill of the venue, each of them once
        paid = sum(
            (fill.value * fill.side.sign + fill.fee for fill in (row.fill for row in fills)), Decimal(0)
        )
        funding = account.funding_total.get("SOL", Decimal(0))  # a long test sees a full hour
        assert account.cash - account.deposits - funding == -paid
        cloids = [order.request.cloid for order in account.orders.values()]
        assert len(set(cloids)) == len(cloids)


def journalled(state: Path) -> list[FillRecord]:
    """The fills of the one trade in the journal."""
    with Journal.open(f"sqlite:///{state / 'paper' / 'journal.db'}") as journal:
        (trade,) = journal.trades()
        assert trade.ended_at is None
        return list(journal.fills(trade.id))
