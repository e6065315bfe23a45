"""A trade whose journal fails under it, over the whole path: no new risk, protection, nothing lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from sqlalchemy import event

from hypertui.cli.journal import journals
from hypertui.core.market import Side
from hypertui.engine.live_trade import LiveTrade
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.trade_journal import LedgerJournal
from hypertui.journal import Journal
from hypertui.journal.batch import Batch, Refusals
from hypertui.journal.records import TradeRecord
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode
from tests.ledger.proxy import Proxy
from tests.ledger.test_outages import kill_connections
from tests.simulation.memory import problems_of_memory
from tests.support.ladders import windows_of
from tests.support.live_engine import LiveEngine, wait_until, wall_clock
from tests.support.local_venue import LocalVenue

START = {"SOL": Decimal(150)}


@contextmanager
def trading(url: str, state: Path, **changes: Any) -> Iterator[LiveEngine]:
    """A trade that is open, with its journal at `url`, found as the command finds it."""
    with LocalVenue(START) as venue, trading_on(venue, url, state, **changes) as live:
        yield live


@contextmanager
def trading_on(venue: LocalVenue, url: str, state: Path, **changes: Any) -> Iterator[LiveEngine]:
    """The same on a venue that outlasts it."""
    with (
        journals(state, url, wall_clock) as journal,
        LiveEngine(venue, journal=journal, **changes) as live,
    ):
        yield live.opened()


class Heartbeat:
    """Watches how long the engine's snapshot stays the same, in seconds at most."""

    def __init__(self, live: LiveEngine) -> None:
        self._live = live
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)
        self.longest = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        seen, since = 0, time.monotonic()
        while not self._done.wait(0.005):
            at, now = self._live.snapshot.at, time.monotonic()
            self.longest = max(self.longest, now - since)
            if at != seen:
                seen, since = at, now


def alarms(live: LiveEngine, key: str = "journal") -> list[bool]:
    """The beginnings and ends of an alarm, as events."""
    return [bool(e.data["active"]) for e in live.events("alarm") if e.data["alarm"] == key]


def alarm(live: LiveEngine, key: str = "journal") -> str:
    """The text of an alarm that stands; empty where it does not."""
    standing = (a for a in live.snapshot.alarms if a.key == key and a.active)
    return next((a.text for a in standing), "")


def wait_for_failures(live: LiveEngine, count: int) -> None:
    """Wait until so many further attempts to write have been seen to fail."""
    seen: set[int | None] = set()

    def failed() -> bool:
        retries = (task for task in live.snapshot.tasks if task.name == "journal retry")
        seen.update(task.last for task in retries if task.failed)
        return len(seen) >= count

    live.wait_for(failed, f"{count} attempts that fail", 60)


def placed(live: LiveEngine, side: Literal["buy", "sell"]) -> int:
    """How many orders of a side the venue has ever been sent."""

    def count() -> int:
        account = live.venue.core.account(live.key.address)
        return 0 if account is None else sum(order.side == side for order in account.orders.values())

    return live.venue.call(count)


def move(live: LiveEngine, unit: int, until: str) -> None:
    """Take the price to a unit, and wait until the ladder is there and no order is wrong; buys may miss."""
    live.venue.set_price("SOL", live.unit_price(unit))
    live.wait_for(lambda: live.unit == unit and live.on_engine(_nothing_wrong, False), until)


def _nothing_wrong(trade: LiveTrade) -> bool:
    tracker, target = trade.tracker, windows_of(trade.tracker)
    sells = {(o.level, o.remaining) for o in tracker.alive if o.order.side is Side.SELL}
    buys = {(o.level, o.remaining) for o in tracker.buys()}
    return (
        tracker.quiet
        and sells == {(stop.unit, stop.size) for stop in target.stops}
        and buys <= {(buy.unit, buy.size) for buy in target.buys}
    )


def trade_in(url: str) -> TradeRecord:
    """The one trade in a journal."""
    with Journal.open(url) as journal:
        (trade,) = journal.trades()
    return trade


def assert_nothing_lost(live: LiveEngine, url: str) -> None:
    """Everything is written, each fill of the venue once, and what is written gives the live state again."""
    live.wait_for(lambda: live.on_engine(_all_written, False), "everything to be written")
    number = trade_in(url).id

    def look(trade: LiveTrade) -> list[str]:
        # On the engine's own loop: nothing happens between the two looks.
        with Journal.open(url) as journal:
            inputs = [JournalledInput(row.kind, row.at, row.data) for row in journal.inputs(number)]
        return list(problems_of_memory(trade, inputs))

    assert live.on_engine(look, ["the engine is gone"]) == []
    with Journal.open(url) as journal:
        rows = sorted((row.time, row.order_id, row.trade_number) for row in journal.fills(number))
        steps = [step.seq for step in journal.steps(number)]
        ids = [order.client_id for order in journal.orders(number)]
    assert rows == sorted((fill["time"], fill["oid"], fill["tid"]) for fill in live.fills())
    assert steps == [step.data["seq"] for step in live.events("step")]
    sent = [order.data["client_id"] for order in live.events("order") if order.data["status"] == "sent"]
    assert ids == sent
    assert len(set(ids)) == len(ids)


def _all_written(trade: LiveTrade) -> bool:
    return not trade.context.durability.problem and trade.context.journal.pending == 0


def test_connections_killed_in_the_middle_of_a_trade_lose_nothing(postgres_url: str, tmp_path: Path) -> None:
    with trading(postgres_url, tmp_path) as live:
        for number, unit in enumerate([1, -1, -3, -5, -2, 0, 2]):
            if number % 2:
                kill_connections(postgres_url)
            live.venue.set_price("SOL", live.unit_price(unit))
            if not number % 2:
                kill_connections(postgres_url)
            live.wait_for(lambda unit=unit: live.unit == unit and live.settled, f"unit {unit} to settle")  # type: ignore[misc]
            assert len(live.working()) == 4
        kill_connections(postgres_url)
        live.go_to(3)
        assert_nothing_lost(live, postgres_url)
        sounded = alarms(live)
        assert sounded == [True, False] * (len(sounded) // 2)
        assert len(sounded) >= 4
        assert live.mode() is Mode.RUNNING
        live.stop.request(OnExit.BUYS)
        assert live.reason.status == 0
    with Journal.open(postgres_url) as journal:
        written = [row.active for row in journal.alarms(trade_in(postgres_url).id) if row.key == "journal"]
    assert written == sounded


def test_a_frozen_database_holds_risk_and_stops_no_protection(
    postgres: str, postgres_url: str, tmp_path: Path
) -> None:
    with Proxy(postgres) as proxy, trading(proxy.url, tmp_path) as live, Heartbeat(live) as heart:
        live.go_to(-2)
        assert len([order for order in live.working() if order["side"] == "B"]) == 2
        proxy.freeze()
        buys, sells = placed(live, "buy"), placed(live, "sell")
        move(live, -1, "the fill of a buy that worked already")
        live.wait_for(lambda: "no answer within 0.4 s" in alarm(live), "the alarm")
        live.wait_for(lambda: _covered(live), "a stop for the coins that were bought")
        assert placed(live, "sell") > sells
        assert live.held() > 0
        move(live, -7, "a fall through all stops")
        assert live.held() == 0
        wait_for_failures(live, 2)
        move(live, -6, "a rise on which nothing is bought")
        assert placed(live, "buy") == buys
        assert alarm(live)
        assert live.mode() is Mode.RUNNING
        assert live.on_engine(lambda trade: trade.context.journal.pending, 0) > 0
        proxy.thaw()
        live.wait_for(lambda: live.settled, "the target after the outage")
        assert len(live.working()) == 4
        assert placed(live, "buy") > buys
        live.wait_for(lambda: not alarm(live), "the end of the alarm")
        assert heart.longest < 1
        live.go_to(-4)
        assert_nothing_lost(live, postgres_url)


def _covered(live: LiveEngine) -> bool:
    stops = [order for order in live.working() if order["side"] == "A"]
    return sum((Decimal(order["sz"]) for order in stops), Decimal(0)) == live.held()


def test_stops_move_up_in_an_outage_and_coins_below_their_stop_are_sold(
    postgres: str, postgres_url: str, tmp_path: Path
) -> None:
    with Proxy(postgres) as proxy, trading(proxy.url, tmp_path) as live:
        live.go_to(-2)
        proxy.freeze()
        buys = placed(live, "buy")
        top, bottom = live.unit_price(-1), live.unit_price(-5)

        def spike() -> None:
            live.venue.core.set_price("SOL", top)
            live.venue.core.set_price("SOL", bottom)

        live.venue.call(spike)  # a buy fires, and the price is below its stop before anybody knows
        live.wait_for(lambda: live.unit == -5 and live.held() == 0, "everything to be sold")
        assert placed(live, "buy") == buys
        proxy.thaw()
        live.wait_for(lambda: live.settled, "the target after the outage")
        assert_nothing_lost(live, postgres_url)


def test_a_buy_that_could_not_be_written_down_is_not_sent(
    postgres: str, postgres_url: str, tmp_path: Path
) -> None:
    with Proxy(postgres) as proxy, trading(proxy.url, tmp_path) as live:
        live.wait_for(lambda: _all_heard_of(postgres_url), "the last notice of the four stops")
        proxy.freeze()
        move(live, -1, "a step down")  # the buy at 0 is decided before the journal is known to be down
        decided = [e for e in live.events("order") if e.data["role"] == "buy"]
        assert [e.data["status"] for e in decided] == ["sent", "not placed"]
        assert placed(live, "buy") == 1  # the entry
        proxy.thaw()
        live.wait_for(lambda: live.settled, "the target after the outage")
        assert placed(live, "buy") == 2
        assert_nothing_lost(live, postgres_url)


def _all_heard_of(url: str) -> bool:
    with Journal.open(url) as journal:
        trade = trade_in(url).id
        placed = {order.client_id for order in journal.orders(trade) if order.role == "stop"}
        told = [row.data["report"] for row in journal.inputs(trade) if row.kind == "report"]
    return len(placed) == 4 and placed <= {report["client_id"] for report in told}  # type: ignore[index]


def test_an_account_that_somebody_else_claimed_meanwhile_is_not_written_on(
    postgres_url: str, tmp_path: Path
) -> None:
    with trading(postgres_url, tmp_path) as live:
        account = live.on_engine(lambda trade: trade.context.exchange.account, "")
        trade = trade_in(postgres_url).id
        live.wait_for(lambda: live.on_engine(_all_written, False), "everything to be written")
        with Journal.open(postgres_url) as other:
            written = sum(1 for _ in other.inputs(trade))
        kill_connections(postgres_url)
        with Journal.open(postgres_url) as other:
            other.claim("paper", account, "SOL")
            buys = placed(live, "buy")
            move(live, 1, "the stops to follow")
            live.wait_for(lambda: bool(alarm(live, "journal refused")), "the alarm")
            said = alarm(live, "journal refused")
            assert f"SOL of {account} on paper is traded by another engine: hypertui " in said
            move(live, -2, "a fall through two stops")
            assert _covered(live)
            assert placed(live, "buy") == buys
            assert sum(1 for _ in other.inputs(trade)) == written
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 3
        assert "rows were not written to the journal postgresql://" in live.reason.text
        assert "are lost: SOL of" in live.reason.text


def test_a_full_disk_is_an_outage_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    full = threading.Event()
    with trading(url, tmp_path) as live:
        session = live.on_engine(_session, None)
        assert session is not None
        engine = session.database.engine

        def limit(connection: Any, _record: object = None) -> None:
            if full.is_set():
                connection.execute("PRAGMA max_page_count = 1")  # what it has by now: not one page more

        event.listen(engine, "connect", limit)
        full.set()
        live.on_engine(lambda trade: limit(session.connection.connection.dbapi_connection), None)
        with Heartbeat(live) as heart:
            units = iter([-1, 0] * 40)
            while not alarm(live):
                move(live, next(units), "a step")
            live.wait_for(lambda: "database or disk is full" in alarm(live), "the alarm")
            buys, unit = placed(live, "buy"), live.unit
            wait_for_failures(live, 2)
            move(live, unit - 2, "a fall through two stops")
            assert _covered(live)
            assert placed(live, "buy") == buys
            full.clear()
            live.wait_for(lambda: live.settled and not alarm(live), "the end of the outage")
            assert len(live.working()) == 4
        assert heart.longest < 1
        assert_nothing_lost(live, url)


@contextmanager
def a_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk that hangs while the event is cleared."""
    works, write = threading.Event(), Journal.write

    def hanging(journal: Journal, batch: Batch, at_once: bool = False) -> Refusals:
        works.wait()
        return write(journal, batch, at_once)

    works.set()
    monkeypatch.setattr(Journal, "write", hanging)
    try:
        yield works
    finally:
        works.set()


def test_no_stop_waits_for_a_disk_that_hangs_and_no_buy_overtakes_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with trading(url, tmp_path) as live, a_disk(monkeypatch) as works:
        live.wait_for(lambda: live.on_engine(_all_written, False), "everything to be written")
        works.clear()
        buys, sells = placed(live, "buy"), placed(live, "sell")
        with Heartbeat(live) as heart:
            began = time.monotonic()
            live.venue.set_price("SOL", live.unit_price(1))
            live.wait_for(lambda: placed(live, "sell") == sells + 1, "the stop to follow")
            assert time.monotonic() - began < 0.9
            assert not alarm(live)
            live.wait_for(lambda: "has not answered for 1 s" in alarm(live), "the alarm")
            move(live, -1, "a fall through two stops")
            assert _covered(live)
            assert placed(live, "buy") == buys
            works.set()
            live.wait_for(lambda: live.settled and not alarm(live), "the end of the outage")
        assert heart.longest < 1
        assert placed(live, "buy") > buys
        assert_nothing_lost(live, url)


def test_a_buy_waits_for_its_rows_and_is_taken_back_where_they_do_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with trading(url, tmp_path) as live, a_disk(monkeypatch) as works:
        live.wait_for(lambda: live.on_engine(_all_written, False), "everything to be written")
        works.clear()
        buys = placed(live, "buy")
        live.venue.set_price("SOL", live.unit_price(-1))
        live.wait_for(lambda: any(e.data["role"] == "buy" for e in live.events("order")), "the decision")
        decided = [e for e in live.events("order") if e.data["role"] == "buy"]
        assert [e.data["status"] for e in decided] == ["sent"]
        live.wait_for(lambda: "has not answered for 1 s" in alarm(live), "the alarm")
        live.wait_for(
            lambda: "not placed" in [e.data["status"] for e in live.events("order")], "the end of it"
        )
        assert placed(live, "buy") == buys
        works.set()
        live.wait_for(lambda: live.settled and not alarm(live), "the end of the outage")
        assert placed(live, "buy") == buys + 1
        assert_nothing_lost(live, url)


def test_a_file_that_was_removed_is_not_written_on_before_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    with trading(f"sqlite:///{file}", tmp_path) as live:
        buys = placed(live, "buy")
        file.rename(tmp_path / "away.db")
        move(live, 1, "the stops to follow")
        live.wait_for(lambda: bool(alarm(live, "journal refused")), "the alarm")
        assert "no new risk taken, before the next start" in alarm(live, "journal refused")
        assert f"the journal {file} was removed or replaced while in use" in alarm(live, "journal refused")
        assert not file.exists()
        (tmp_path / "away.db").rename(file)
        move(live, -2, "a fall through two stops")
        assert _covered(live)
        assert placed(live, "buy") == buys
        assert alarm(live)
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 3
        assert f"rows were not written to the journal {file}, and are lost" in live.reason.text


def _session(trade: LiveTrade) -> Any:
    assert isinstance(trade.context.journal, LedgerJournal)
    return trade.context.journal._journal._session


def test_a_trade_that_ends_in_an_outage_has_ended_when_it_is_over(
    postgres: str, postgres_url: str, tmp_path: Path
) -> None:
    with Proxy(postgres) as proxy, trading(proxy.url, tmp_path) as live:
        proxy.freeze()
        live.command(Verb.FLATTEN)
        live.wait_for(lambda: live.mode() is Mode.HALTED, "the end of the trade")
        assert live.held() == 0
        live.wait_for(lambda: bool(alarm(live)), "the alarm")
        assert trade_in(postgres_url).ended_at is None
        proxy.thaw()
        live.wait_for(
            lambda: str(trade_in(postgres_url).ended_how).startswith("flatten by test@tty"), "the end"
        )
        fills = {fill["tid"] for fill in live.fills()}
    with Journal.open(postgres_url) as journal:
        assert {row.trade_number for row in journal.fills(trade_in(postgres_url).id)} == fills


def test_leaving_in_an_outage_says_what_is_lost(postgres: str, postgres_url: str, tmp_path: Path) -> None:
    with Proxy(postgres) as proxy, trading(proxy.url, tmp_path) as live:
        proxy.freeze()
        move(live, -1, "a step")
        live.wait_for(lambda: bool(alarm(live)), "the alarm")
        began = time.monotonic()
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 3
        assert time.monotonic() - began < 14
        text = live.reason.text
        assert text.startswith("left with ")
        assert " rows were not written to the journal postgresql://postgres@127.0.0.1:" in text
        assert "\n" not in text
        proxy.thaw()


def test_too_much_that_waits_pauses_for_good(
    postgres: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.execution.durability._MOST_ROWS", 20)
    with Proxy(postgres) as proxy, trading(proxy.url, tmp_path) as live:
        proxy.freeze()
        for unit in (-1, -2, -3):
            move(live, unit, "a step")
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        assert live.snapshot.reason == "more than 20 rows are queued for the journal"
        proxy.thaw()
        live.wait_for(lambda: live.on_engine(_all_written, False), "everything to be written")
        assert live.mode() is Mode.PAUSED
        assert_nothing_lost(live, postgres_url)
        assert live.command(Verb.RESUME).accepted
        live.wait_for(lambda: live.settled, "the target")
        assert len(live.working()) == 4


def test_a_history_with_a_gap_is_not_played_back(url: str, tmp_path: Path) -> None:
    with LocalVenue(START) as venue:
        with trading_on(venue, url, tmp_path) as live:
            live.go_to(1)
            orders = len(live.working())
            live.stop.request(OnExit.LEAVE)
            assert live.reason.status == 0
        trade = trade_in(url).id
        with Journal.open(url) as journal:
            statement = f"DELETE FROM inputs WHERE trade_id = '{trade}' AND seq = 5"
            journal._session.run(lambda connection: connection.exec_driver_sql(statement))
        with journals(tmp_path / "again", url, wall_clock) as found:
            again = LiveEngine(venue, journal=found)
            again.key = live.key
            with again:
                assert again.reason.status == 2
                assert f"trade {trade} has input 6 where input 5 should be" in again.reason.text
                assert len(again.working()) == orders


def test_a_start_on_a_database_that_is_frozen_is_refused_in_time(postgres: str, tmp_path: Path) -> None:
    with Proxy(postgres) as proxy, LocalVenue(START) as venue:
        proxy.freeze()
        with (
            journals(tmp_path, proxy.url, wall_clock) as found,
            LiveEngine(venue, journal=found) as live,
        ):
            wait_until(lambda: live.ended, "the refusal")
            assert live.reason.status == 2
            assert "out of reach" in live.reason.text
            assert live.fills() == []
