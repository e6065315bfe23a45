"""A reader of the events who stops reading holds up nothing, and one who goes ends the run in order."""

import os
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.journal import Journal
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "10"]
FOUR_STOPS, STOPS_AND_BUY = Counter(sell=4), Counter(sell=3, buy=1)
FEW = 4_096  # bytes of a pipe; some ten events fill it


def started(venue: LocalVenue, state: Path, output: int) -> Process:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    command = [sys.executable, "-m", "hypertui", "run", "--headless", "--base-url", venue.base_url]
    with (state / "errors").open("wb") as errors:
        return Process(
            [*command, *SOL, "--state-dir", str(state)],
            env=clean | {"HYPERTUI_SECRET_KEY": "0x" + "78" * 32},
            cwd=state,
            stdout=output,
            stderr=errors,
        )


def steps(state: Path) -> int:
    file = state / "paper" / "journal.db"
    if not file.exists():
        return 0
    with Journal.open(f"sqlite:///{file}") as journal:
        return sum(1 for trade in journal.trades() for _ in journal.steps(trade.id))


@pytest.fixture
def reading() -> tuple[int, int]:
    import fcntl

    reader, writer = os.pipe()
    fcntl.fcntl(writer, 1031, FEW)  # F_SETPIPE_SZ
    return reader, writer


def test_events_that_nobody_reads_do_not_hold_up_the_engine(tmp_path: Path, reading: tuple[int, int]) -> None:
    reader, writer = reading
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        process = started(venue, tmp_path, writer)
        os.close(writer)
        try:
            wait_until(lambda: working(venue) == FOUR_STOPS, "the entry", 30)
            for _ in range(15):
                venue.set_price("SOL", Decimal("150.6"))
                wait_until(lambda: risen(venue), "four stops, one of them at 150", 30)
                venue.set_price("SOL", Decimal(150))
                wait_until(lambda: working(venue) == STOPS_AND_BUY, "a buy for the stop that fired", 30)
            wait_until(lambda: steps(tmp_path) >= 30, "thirty steps with a full pipe", 30)
        finally:
            process.terminate()
            assert process.wait(30) == 0, (tmp_path / "errors").read_text()
            os.close(reader)
        assert set(working(venue)) == {"sell"}


def test_a_reader_who_goes_ends_the_run_with_the_stops_working(
    tmp_path: Path, reading: tuple[int, int]
) -> None:
    reader, writer = reading
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        process = started(venue, tmp_path, writer)
        os.close(writer)
        wait_until(lambda: working(venue) == FOUR_STOPS, "the entry", 30)
        os.close(reader)
        venue.set_price("SOL", Decimal("150.6"))
        assert process.wait(30) == 0, (tmp_path / "errors").read_text()
        assert set(working(venue)) == {"sell"}


def risen(venue: LocalVenue) -> bool:
    """Whether four stops rest and the first of them has followed the price up."""

    def triggers() -> list[Decimal]:
        orders = [order for each in venue.core.accounts.values() for order in each.open_orders.values()]
        return [order.request.trigger.price for order in orders if order.request.trigger]

    return working(venue) == FOUR_STOPS and max(venue.call(triggers)) >= 150


def working(venue: LocalVenue) -> Counter[str]:
    """How many orders of each side rest at the venue."""
    accounts = venue.core.accounts
    return venue.call(
        lambda: Counter(o.side.value for each in accounts.values() for o in each.open_orders.values())
    )
