"""A replayed hour shows at any moment what the live engine showed, whichever way one came there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.journal.records import AlarmRecord, MarkRecord, RulesRecord
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import OrderView
from hypertui.replay.playhead import Playhead
from hypertui.replay.replayed_trade import ReplayRefused
from hypertui.replay.timeline import Timeline
from tests.ledger.helpers import ID, TRADE, input_of
from tests.replay.recorded import RecordedHour, record

# What a journal does not have: how the engine and its line were, what it asked before the trade, and why
# nothing new was placed. The account's address is another one on the tape.
_NOT_RECORDED = {
    "day_pnl",  # what an engine saw of the day
    "day_since",
    "seq", "steady", "name", "account", "started_at", "findings", "sources", "health", "budget", "clock_skew",
    "tasks", "journal", "refusals", "holds", "listed_at", "account_at", "known_at", "alarms", "prices",
    "price_change", "series", "invariant", "figures",
}  # fmt: skip


@contextmanager
def _playhead(hour: RecordedHour, keep_every: int = 100) -> Iterator[Playhead]:
    with History.open(hour.url) as journal:
        (trade,) = journal.trades()
        yield Playhead(Timeline(journal, trade), keep_every)


def _own(orders: Sequence[OrderView]) -> Sequence[OrderView]:
    """The orders without what the venue listed."""
    return [
        replace(order, listed=None, listed_trigger=None, fault="", note="")
        for order in orders
        if order.working is not None or order.expected is not None
    ]


def _shown(snapshot: Snapshot) -> dict[str, object]:
    shown = {
        each.name: getattr(snapshot, each.name) for each in fields(Snapshot) if each.name not in _NOT_RECORDED
    }
    return shown | {"orders": _own(snapshot.orders)}


def _moments(hour: RecordedHour, playhead: Playhead) -> Iterator[tuple[Snapshot, Snapshot]]:
    """What was shown live and what is replayed, where the price of the moment is the recorded one."""
    for live in hour.published:
        if live.orders:
            playhead.go_to(live.at)
            replayed = playhead.snapshot()
            if (live.mark_at, live.mark, live.mid) == (replayed.mark_at, replayed.mark, replayed.mid):
                yield live, replayed


def test_orders_ladder_fills_and_money_are_those_of_the_live_engine(hour: RecordedHour) -> None:
    with _playhead(hour) as playhead:
        seen = [(_shown(live), _shown(replayed)) for live, replayed in _moments(hour, playhead)]
    assert len(seen) > 30
    for live, replayed in seen:
        assert live == replayed
    assert sum(len(live["fills"]) > 0 for live, _ in seen) > 20  # type: ignore[arg-type]


def test_the_lamp_says_what_it_said_then(hour: RecordedHour) -> None:
    with _playhead(hour) as playhead:
        for live, replayed in _moments(hour, playhead):
            assert live.invariant is not None
            assert replayed.invariant is not None
            assert replace(replayed.invariant, settled=True) == replace(live.invariant, settled=True)


def test_going_back_shows_the_same_as_going_forward(hour: RecordedHour) -> None:
    moments = [live.at for live in hour.published[1::8]]
    with _playhead(hour) as playhead:
        forward, told = {}, {}
        for at in moments:
            playhead.go_to(at)
            forward[at], told[at] = replace(playhead.snapshot(), seq=0), list(playhead.events)
        playhead.go_to_end()
        for at in (*reversed(moments), *moments[::3]):
            playhead.go_to(at)
            assert replace(playhead.snapshot(), seq=0) == forward[at]
            assert playhead.events == told[at]


def test_every_move_and_fill_is_stepped_to_and_back(hour: RecordedHour) -> None:
    with _playhead(hour) as playhead:
        there = []
        for _ in range(60):
            assert playhead.go_to_next()
            there.append(replace(playhead.snapshot(), seq=0))
        assert playhead.go_to_next()
        back = []
        while playhead.go_to_previous():
            back.append(replace(playhead.snapshot(), seq=0))
        assert back == there[::-1]
        assert playhead.snapshot().mode is Mode.STARTING


def test_what_was_told_is_told_in_the_same_words(hour: RecordedHour) -> None:
    kinds = ("order", "fill", "step", "command", "alarm")
    then = [(event.at, event.text) for event in hour.events if event.kind.value in kinds]
    with _playhead(hour) as playhead:
        playhead.go_to_end()
        now = [(event.at, event.text) for event in playhead.events if event.kind.value in kinds]
        assert [event.seq for event in playhead.events] == list(range(1, len(playhead.events) + 1))
    # The entry's size is written without the zeros that its lot has.
    assert now[1:] == then[1:]


def test_the_candles_are_those_of_the_journals_prices(hour: RecordedHour) -> None:
    live = hour.published[-1].series
    with _playhead(hour) as playhead, History.open(hour.url) as journal:
        playhead.go_to_end()
        replayed = playhead.snapshot().series
        rows = [row for _, row in journal.told(playhead.trade.id, [MarkRecord])]
    assert [series.every for series in replayed] == [series.every for series in live] == [60_000, 900_000]
    assert len(live[0].candles) > 1
    for then, now in zip(live, replayed, strict=True):
        assert [candle.at for candle in now.candles] == [candle.at for candle in then.candles]
        for was, candle in zip(then.candles, now.candles, strict=True):
            within = [row.mark for row in rows if candle.at <= row.at < candle.at + now.every]
            assert was.low <= candle.low <= min(within) <= max(within) <= candle.high <= was.high


def test_what_is_not_recorded_is_not_there(hour: RecordedHour) -> None:
    with _playhead(hour) as playhead:
        playhead.go_to(hour.published[30].at)
        shown = playhead.snapshot()
    assert shown.health.latency is None
    assert (shown.budget, shown.clock_skew, shown.journal, shown.listed_at) == (None, None, None, None)
    assert shown.tasks == ()
    assert {order.note for order in shown.orders} == {"not recorded"}
    assert dict(shown.refusals) == dict.fromkeys(Verb, "this is a replay")


def test_an_hour_takes_a_few_seconds_of_the_processor(hour: RecordedHour) -> None:
    began = time.process_time()
    with _playhead(hour) as playhead:
        for at in range(hour.published[0].at, hour.published[-1].at, 2_000):  # a snapshot ten times a second
            playhead.go_to(at)
            playhead.snapshot()
    assert time.process_time() - began < 20


def test_a_trade_that_was_never_opened_is_refused(file_url: str) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
    with History.open(file_url) as opened, pytest.raises(ReplayRefused, match="never opened"):
        Playhead(Timeline(opened, TRADE))


def test_terms_that_nobody_can_read_are_refused(file_url: str) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        journal.add(_RULES, input_of(1))
    with History.open(file_url) as opened, pytest.raises(ReplayRefused, match="terms that cannot be read"):
        Playhead(Timeline(opened, TRADE))


def test_inputs_that_cannot_be_taken_halt_the_replay_there(hour: RecordedHour, file_url: str) -> None:
    with History.open(hour.url) as old:
        (trade,) = old.trades()
    record = replace(TRADE, settings=trade.settings)
    with Journal.open(file_url) as journal:
        journal.begin(record)
        journal.add(_RULES, input_of(1), AlarmRecord(ID, 1_700_000_000_100, "a", "warning", "later", True))
    with History.open(file_url) as opened:
        playhead = Playhead(Timeline(opened, record))
        playhead.go_to_end()
        shown = playhead.snapshot()
    assert shown.mode is Mode.HALTED
    assert "cannot be replayed from here on: this version knows no input 'mark'" in shown.reason
    assert [alarm.text for alarm in shown.alarms] == ["later"]


_RULES = RulesRecord(ID, 1, 5, 40, Decimal(10), False, 2_000, 5_000)


@pytest.mark.parametrize("name", ["seed 0007", "seed 0008"])
def test_a_trade_that_several_processes_took_up_is_replayed_through_their_deaths(
    name: str, tmp_path: Path
) -> None:
    """What was shown just before a process was killed is gone with the rows that it had not written; what a
    start has not asked for yet is not shown live."""
    forgotten = {"equity", "margin_used", "liquidation_price", "liquidation_distance", "venue_position"}
    forgotten |= {"last_step", "last_step_at", "wish", "alarms", "commands"}
    hour = record(name, tmp_path)
    seen = 0
    with _playhead(hour) as playhead, History.open(hour.url) as journal:
        starts = {row.at for row in journal.inputs(playhead.trade.id) if row.kind == "started"}
        assert starts
        for live, replayed in _moments(hour, playhead):
            if live.at not in starts:
                seen += 1
                shown, then = _shown(replayed), _shown(live)
                assert {key: shown[key] for key in shown.keys() - forgotten} == {
                    key: then[key] for key in then.keys() - forgotten
                }
    assert seen > 20
