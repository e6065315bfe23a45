"""A share of yesterday's profit moves once: an engine makes the profit, the local venue moves the money."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from decimal import Decimal as D
from pathlib import Path
from typing import TypeVar

import pytest

from hypertui.accumulation.accumulator import AccumulationRules, Accumulator
from hypertui.accumulation.profit import day_profit
from hypertui.cli import accumulating, main
from hypertui.cli.accumulating import accumulation_finding
from hypertui.cli.journal import journals
from hypertui.core.accumulation import DAY, DUE, AccumulationState, day_name
from hypertui.exchange.hyperliquid import HyperliquidExchange, NonceSource, SigningKey, paper
from hypertui.journal.accumulations import AccumulationJournal, AccumulationRecord
from hypertui.port.commands import Verb
from hypertui.provenance import SettingsError
from hypertui.runtime.accumulating import Accumulated, Reserve
from hypertui.settings import load_settings
from tests.support.live_engine import LiveEngine, wait_until, wall_clock
from tests.support.local_venue import LocalVenue, VenueClock
from tests.support.prefork import Process

SECRET = "0x" + "5b" * 32
KEY = SigningKey.parse(SECRET)
MOVED, SKIPPED, FAILED, SENDING = (
    AccumulationState.MOVED,
    AccumulationState.SKIPPED,
    AccumulationState.FAILED,
    AccumulationState.SENDING,
)
NOTHING = Reserve(D(0))
FIFTH = AccumulationRules(D("0.2"))
_Found = TypeVar("_Found")


class Evening:
    """An account whose trade has made something, and the time (ms) at which that day is due."""

    def __init__(self, venue: LocalVenue, clock: VenueClock, folder: Path) -> None:
        self.venue = venue
        self.clock = clock
        self.folder = folder
        self.url = f"sqlite:///{folder / 'journal.db'}"
        self.day = 0

    def trade(self, unit: int) -> None:
        """Buy SOL near 150 USD and sell all of it so many units of half a USD higher, by an engine."""
        self.venue.set_price("SOL", 150)
        with journals(self.folder, None, wall_clock) as opened:
            live = LiveEngine(self.venue, journal=opened)
            live.key = KEY
            with live:
                live.opened()
                live.go_to(unit)
                assert live.command(Verb.FLATTEN).accepted
                live.wait_for(lambda: live.snapshot.closed_at is not None, "the trade to be flat")
                self.day = max(int(fill["time"]) for fill in live.fills()) // DAY * DAY

    def sleep(self) -> None:
        """Until the day is due."""
        self.clock.ahead = self.now - wall_clock()

    @property
    def now(self) -> int:
        return self.day + DAY + DUE + 1_000

    @property
    def net(self) -> D:
        return day_profit(self.url, "paper", KEY.address, self.day).net

    def do(self, work: Callable[[HyperliquidExchange], Awaitable[_Found]], timeout: float = 5) -> _Found:
        """What `work` does with a client that draws its numbers by the time of that evening."""

        async def run() -> _Found:
            nonces = NonceSource(clock=self.clock)
            exchange = HyperliquidExchange(paper(self.venue.base_url), KEY, timeout=timeout, nonces=nonces)
            try:
                return await work(exchange)
            finally:
                await exchange.close()

        return asyncio.run(run())

    def look(
        self,
        rules: AccumulationRules = FIFTH,
        reserve: Reserve | None = NOTHING,
        later: int = 0,
        timeout: float = 5,
    ) -> Accumulated | None:
        """A look by a process that has just begun."""
        accumulator = Accumulator(self.url, "paper", rules)
        return self.do(lambda exchange: accumulator.look(exchange, reserve, self.now + later), timeout)

    def rows(self) -> list[AccumulationRecord]:
        with AccumulationJournal.read(self.url) as kept:
            return list(kept.newest("paper", 10))

    @property
    def spot(self) -> D:
        return self.venue.call(lambda: self.venue.core.stored(KEY.address).spot)


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    clock = VenueClock()
    with LocalVenue({"SOL": D(150)}, clock) as venue:
        yield Evening(venue, clock, tmp_path)


@pytest.fixture
def gain(evening: Evening) -> Evening:
    evening.trade(8)
    evening.sleep()
    assert evening.net > 20
    return evening


def test_a_fifth_moves_once_and_no_later_look_moves_more(gain: Evening) -> None:
    early = Accumulator(gain.url, "paper", FIFTH)
    assert gain.do(lambda exchange: early.look(exchange, NOTHING, gain.day + DAY + DUE - 1)) is None
    assert gain.rows() == []
    found = gain.look()
    amount = (gain.net / 5).quantize(D("0.01"), "ROUND_DOWN")
    assert found is not None
    assert found.state is MOVED
    assert found.text.startswith(f"{day_name(gain.day)}: {amount} USD moved to the spot wallet: 20 % of ")
    assert gain.spot == amount
    (row,) = gain.rows()
    assert (row.state, row.amount, row.net, row.day) == ("MOVED", amount, gain.net, day_name(gain.day))
    assert [gain.look(), gain.look(later=3_600_000)] == [None, None]
    assert gain.spot == amount


def test_two_that_look_at_once_move_it_once(gain: Evening) -> None:
    async def both(exchange: HyperliquidExchange) -> list[Accumulated | None]:
        looks = (Accumulator(gain.url, "paper", FIFTH).look(exchange, NOTHING, gain.now) for _ in range(2))
        return await asyncio.gather(*looks)

    found = gain.do(both)
    assert [each.state for each in found if each is not None and each.state is MOVED] == [MOVED]
    assert gain.spot == gain.rows()[0].amount


def test_a_loss_moves_nothing_and_is_said_once(evening: Evening) -> None:
    evening.trade(-1)
    evening.sleep()
    found = evening.look()
    assert found is not None
    assert found.state is SKIPPED
    assert found.text.endswith(f"the net result is {evening.net:.2f} USD, no gain: nothing moves")
    assert (evening.look(), evening.spot, evening.rows()[0].nonce) == (None, 0, None)


def test_what_the_trades_need_stays(gain: Evening) -> None:
    assert gain.look(reserve=None) == Accumulated(None, "what margin the trades need is not known yet")
    found = gain.look(reserve=Reserve(D(10_000) + gain.net))
    assert found is not None
    assert found.state is SKIPPED
    assert "0.00 USD of margin are free beside what the trades need" in found.text
    assert gain.spot == 0


def test_the_liquidation_price_stays_where_the_stops_are_safe(gain: Evening) -> None:
    found = gain.look(reserve=Reserve(D(0), gain.net / 10))
    assert found is not None
    assert (found.state, gain.spot) == (SKIPPED, 0)
    assert f"{gain.net / 10:.1f}" in found.text


def test_mainnet_without_its_word_says_what_would_move(gain: Evening) -> None:
    found = gain.look(AccumulationRules(D("0.2"), live=False))
    assert found is not None
    assert (found.state, gain.spot) == (SKIPPED, 0)
    assert "would move: mainnet needs accumulate.live = true: nothing moves" in found.text


def test_a_fill_that_the_journal_lacks_holds_it_up(gain: Evening) -> None:
    with closing(sqlite3.connect(gain.folder / "journal.db")) as journal:
        journal.execute("DELETE FROM fills WHERE time = (SELECT max(time) FROM fills)")
        journal.commit()
    found = gain.look()
    assert found is not None
    assert found.state is None
    assert "of SOL of that day lack in the journal" in found.text
    assert (gain.rows(), gain.spot) == ([], 0)


@pytest.mark.parametrize("fault", ["http-timeout-after", "http-timeout-before", "http-502"])
def test_where_no_answer_came_the_transfers_are_asked_for_first(gain: Evening, fault: str) -> None:
    gain.venue.fail(fault, only="usdClassTransfer", count=1)
    found = gain.look(timeout=0.3)
    assert found is not None
    assert found.state is SENDING
    amount = gain.rows()[0].amount
    assert gain.spot == (amount if fault == "http-timeout-after" else 0)
    again = gain.look(later=60_000)
    assert again is not None
    assert again.state is MOVED
    assert (gain.spot, gain.rows()[0].state) == (amount, "MOVED")
    assert gain.look(later=120_000) is None


def test_what_has_not_moved_in_an_hour_is_not_sent_again(gain: Evening) -> None:
    gain.venue.fail("http-timeout-before", only="usdClassTransfer", count=1)
    gain.look(timeout=0.3)
    found = gain.look(later=3_700_000)
    assert found is not None
    assert found.state is FAILED
    assert "too old to be sent again" in found.text
    assert (gain.look(later=3_800_000), gain.spot) == (None, 0)


def test_what_has_not_moved_is_not_sent_again_where_it_may_not_move(gain: Evening) -> None:
    gain.venue.fail("http-timeout-before", only="usdClassTransfer", count=1)
    gain.look(timeout=0.3)
    forbidden = AccumulationRules(D("0.2"), live=False)
    found = gain.look(forbidden, later=60_000)
    assert found is not None
    assert (found.state, gain.spot) == (SENDING, 0)
    assert found.text.endswith("are not sent again: mainnet needs accumulate.live = true")
    found = gain.look(forbidden, later=3_700_000)
    assert found is not None
    assert (found.state, gain.spot) == (FAILED, 0)


def test_a_number_ahead_of_the_clock_hides_no_transfer(gain: Evening) -> None:
    """Another program of the key has drawn numbers of half an hour from now."""
    gain.venue.fail("http-timeout-after", only="usdClassTransfer", count=1)
    accumulator = Accumulator(gain.url, "paper", FIFTH)

    async def look(exchange: HyperliquidExchange) -> Accumulated | None:
        ahead = gain.now + 1_800_000
        exchange.funds._nonces._clock = lambda: ahead  # type: ignore[attr-defined]
        return await accumulator.look(exchange, NOTHING, gain.now)

    found = gain.do(look, timeout=0.3)
    assert found is not None
    assert found.state is SENDING
    again = gain.look(later=60_000)
    assert again is not None
    assert (again.state, gain.spot) == (MOVED, gain.rows()[0].amount)


def test_an_account_whose_wallets_are_one_has_nothing_to_move(gain: Evening) -> None:
    gain.venue.call(lambda: setattr(gain.venue.core.stored(KEY.address), "abstraction", "unifiedAccount"))
    gain.venue.call(lambda: setattr(gain.venue.core.stored(KEY.address), "spot", D(50)))
    found = gain.look()
    assert found is not None
    assert found.state is SKIPPED
    assert "unified account: its spot wallet is its margin already" in found.text


PROCESS = """
import asyncio, sys
from decimal import Decimal
from hypertui.runtime.accumulating import Reserve
from hypertui.accumulation.accumulator import AccumulationRules, Accumulator
from hypertui.exchange.hyperliquid import HyperliquidExchange, NonceSource, SigningKey, paper

url, place, secret, now = sys.argv[1:]

async def run():
    exchange = HyperliquidExchange(
        paper(place), SigningKey.parse(secret), timeout=60, nonces=NonceSource(clock=lambda: int(now))
    )
    rules = AccumulationRules(Decimal("0.2"))
    await Accumulator(url, "paper", rules).look(exchange, Reserve(Decimal(0)), int(now))

asyncio.run(run())
"""


def test_killed_between_the_sending_and_the_answer_it_moves_once(gain: Evening) -> None:
    gain.venue.fail("http-timeout-after", only="usdClassTransfer", count=1, seconds=60.0)
    arguments = [gain.url, gain.venue.base_url, SECRET, str(gain.now)]
    killed = Process([sys.executable, "-c", PROCESS, *arguments])
    try:
        wait_until(lambda: gain.spot > 0 or killed.poll() is not None, "the money to move", 60.0)
        assert killed.poll() is None, "it waits for its answer"
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    (row,) = gain.rows()
    assert row.state == "SENDING"
    moved = gain.spot
    found = gain.look(later=120_000)
    assert found is not None
    assert (found.state, gain.spot, moved) == (MOVED, row.amount, row.amount)


def test_the_command_shows_what_moved_and_what_would(
    gain: Evening, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gain.look()
    monkeypatch.setenv("HYPERTUI_LEDGER__URL", gain.url)
    monkeypatch.chdir(gain.folder)
    assert main(["accumulate", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in rows] == ["MOVED", "so far"]
    assert rows[1]["text"] == "accumulate.share is 0: nothing would move"
    monkeypatch.setenv("HYPERTUI_ACCUMULATE__SHARE", "0.2")
    assert main(["accumulate"]) == 0
    assert "20 % of" in capsys.readouterr().out


def test_a_ledger_with_something_to_review_moves_nothing(
    gain: Evening, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at the time, nor in what the command says of today."""
    with closing(sqlite3.connect(gain.folder / "journal.db")) as journal:
        journal.execute("DELETE FROM fills WHERE time = (SELECT min(time) FROM fills)")
        journal.commit()
    found = gain.look()
    assert found is not None
    assert (found.state, gain.spot, gain.rows()) == (None, 0, [])
    monkeypatch.setattr(accumulating.time, "time_ns", lambda: (gain.day + 1) * 1_000_000)
    monkeypatch.setenv("HYPERTUI_LEDGER__URL", gain.url)
    monkeypatch.setenv("HYPERTUI_ACCUMULATE__SHARE", "0.2")
    monkeypatch.chdir(gain.folder)
    assert main(["accumulate", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (D(row["amount"]), "hypertui ledger review" in row["text"]) == (0, True)


def test_the_doctor_says_whether_it_could_move(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(evening.folder)

    def found(**said: object) -> list[tuple[str, str]]:
        settings = load_settings(None, {"accumulate": said})
        findings = evening.do(lambda exchange: accumulation_finding(settings, exchange))
        return [(finding.level.value, finding.text) for finding in findings]

    assert found() == []
    assert found(share="0.2") == [
        ("green", "20 % of each day's profit moves to the spot wallet at 00:05 UTC")
    ]
    account = evening.venue.call(lambda: evening.venue.core.stored(KEY.address))
    evening.venue.call(lambda: evening.venue.core.treasury.set_abstraction(account, "unifiedAccount"))
    evening.venue.call(lambda: setattr(account, "spot", D(50)))
    ((level, text),) = found(share="0.2")
    assert (level, text.startswith("20 % of each day's profit would not move: the account is a unified")) == (
        "amber",
        True,
    )


@pytest.mark.parametrize("said", [{"share": "1.2"}, {"share": "-0.1"}, {"to": "vault"}, {"share": "much"}])
def test_what_cannot_be_set_is_refused(
    said: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="accumulate"):
        load_settings(None, {"accumulate": said})
