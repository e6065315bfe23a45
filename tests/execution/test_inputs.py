"""The way to the venue and back, as it has been lately."""

from hypothesis import given
from hypothesis import strategies as st

from hypertui.execution.market_data import MarketData
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from tests.support.live_engine import SOL


@given(st.lists(st.integers(0, 6_000), min_size=1, max_size=40))
def test_the_round_trip_is_the_middle_of_the_newest_answers(ways: list[int]) -> None:
    now = 10_000
    inputs = MarketData(SOL, lambda: now, Alarms(EventLog(lambda: now), lambda: now), HealthTally(now))
    assert inputs.round_trip == 0
    for way in ways:
        inputs.on_answer(now - way)
    newest = sorted(ways[-15:])
    assert sum(way < inputs.round_trip for way in newest) <= len(newest) // 2
    assert sum(way > inputs.round_trip for way in newest) <= len(newest) // 2
    assert inputs.round_trip in newest
