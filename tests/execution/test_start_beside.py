"""A trade that starts, or is taken up again, keeps the loop from no other trade of its engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli.journal import journals
from hypertui.execution import durability
from hypertui.execution.playback import take_up
from hypertui.execution.trade_history import TradeHistory
from hypertui.journal import Journal
from hypertui.journal.batch import Batch, Refusals
from hypertui.journal.records import InputRecord
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode, Network
from tests.execution.desk import Desk
from tests.simulation.loop import VirtualLoop, run
from tests.support.desk_engine import DeskEngine
from tests.support.ladders import ladder_config, ladder_of
from tests.support.live_engine import DEADLINE, wait_until, wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.whole_state import difference

D = Decimal
SOL = ladder_config(Network.PAPER, "SOL", D("0.5"), D(2_000), 20)
ETH = ladder_config(Network.PAPER, "ETH", D(10), D(1_500), 25)


class SlowDisk:
    """Holds back the commit that has the next input of a kind. `reached` says that it is being made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._kind: str | None = None
        self._goes_on = threading.Event()
        self.reached = threading.Event()
        monkeypatch.setattr(durability, "_PATIENCE", DEADLINE)
        write = Journal.write

        def written(journal: Journal, batch: Batch, at_once: bool = False) -> Refusals:
            if any(_kind_of(row) == self._kind for taken in batch.values() for row in taken.rows):
                self.reached.set()
                assert self._goes_on.wait(DEADLINE)
            return write(journal, batch, at_once)

        monkeypatch.setattr(Journal, "write", written)

    @contextmanager
    def holding(self, kind: str) -> Iterator[None]:
        """Until the end of this."""
        self.reached.clear()
        self._goes_on.clear()
        self._kind = kind
        try:
            yield
        finally:
            self._kind = None
            self._goes_on.set()


def _kind_of(row: Any) -> str:
    record, values = row
    return str(values["kind"]) if record is InputRecord else ""


def stops(live: DeskEngine) -> set[Decimal]:
    """Where the stops of SOL stand, by the venue's own word."""
    return {Decimal(row["triggerPx"]) for row in live.working() if row["coin"] == "SOL"}


def moves_a_stop(live: DeskEngine, unit: int) -> None:
    """Take SOL to a unit, and wait until the venue has the stop that follows it."""
    price, stop = (
        live.look("SOL", lambda trade, at=at: ladder_of(trade.tracker).grid.price(at), D(0))  # type: ignore[misc]
        for at in (unit, unit - 1)
    )
    assert stop not in stops(live)
    live.venue.set_price("SOL", price)
    live.wait_for(lambda: stop in stops(live), f"a stop at {stop}")


def test_a_stop_moves_while_the_rows_of_a_start_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    with (
        LocalVenue({"SOL": D(150), "ETH": D(3_000)}) as venue,
        journals(tmp_path, None, wall_clock) as opened,
        DeskEngine(venue, (SOL, ETH), opened) as live,
    ):
        live.wait_for(live.all_settled, "two entries")
        assert live.order(Verb.FLATTEN, "ETH").accepted
        live.wait_for(lambda: live.trade("ETH").mode is Mode.HALTED, "ETH to be flat")
        bought = len(live.fills())
        with disk.holding("entering"):
            assert live.order(Verb.START, "ETH").accepted
            live.wait_for(disk.reached.is_set, "the entry of another trade to be written")
            moves_a_stop(live, 1)
            assert len(live.fills()) == bought, "nothing is bought before its row is durable"
        live.wait_for(live.all_settled, "the other entry")
        assert len(live.fills()) > bought

        loop = live.engine._loop
        assert loop is not None
        loop.call_soon_threadsafe(live.engine.leave, "ETH", OnExit.LEAVE)
        with disk.holding("started"):
            wait_until(lambda: live.order(Verb.START, "ETH").accepted, "ETH to be over")
            live.wait_for(disk.reached.is_set, "the number of a start to be written")
            moves_a_stop(live, 2)
        live.wait_for(live.all_settled, "ETH again")


class TickingLoop(VirtualLoop):
    """A millisecond passes whenever somebody looks."""

    def time(self) -> float:
        self.now += 0.001
        return self.now


def test_a_long_history_is_replayed_in_turns_with_all_else() -> None:
    desk = Desk()
    for price in ("99", "98", "97", "98", "99", "100", "101", "100", "102") * 5:
        desk.mark(price)
        for order in [order for order in desk.tracker.alive if order.due]:
            desk.fill(order)
        desk.settle()
    history = TradeHistory((), None, desk.journalled)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def beside() -> None:
        task = asyncio.create_task(others())
        assert not difference(await take_up(desk.opened, history), desk.trade)
        task.cancel()

    run(TickingLoop(0.0), beside())
    assert turns > len(history.since) / 4 > 50
