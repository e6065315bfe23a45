"""Which notices are due, in virtual time: at once, again while it lasts, and at the end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.notices.conditions import SETTLED, AlarmChange, Change, Conditions, notice
from hypertui.notices.hours import DAY, QuietHours, latest, time_of_day
from hypertui.port.snapshot import Severity
from tests.notices.parts import HOUR, MINUTE, NOON

WARNING, CRITICAL, INFO = Severity.WARNING, Severity.CRITICAL, Severity.INFO
NIGHT = QuietHours.parse("22:00-07:00")


def change(
    what: Change, at: int, severity: Severity = WARNING, text: str = "no price", key: str = "stale"
) -> AlarmChange:
    return AlarmChange("BTC", key, what, severity, text, at)


def told(conditions: Conditions, until: int, since: int = NOON, step: int = MINUTE) -> list[tuple[int, str]]:
    """What is told when it is asked for at each `step`, with the minutes since `since`."""
    found = []
    for now in range(since, until + 1, step):
        found += [((now - since) // MINUTE, said.text) for said in conditions.due(now)]
    return found


def test_a_condition_is_told_at_once_again_while_it_lasts_and_at_its_end() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    assert told(conditions, NOON + 15 * HOUR) == [
        (0, "no price"),
        (10, "no price (for 10 min now)"),
        (30, "no price (for 30 min now)"),
        (120, "no price (for 2 h 00 min now)"),
        (480, "no price (for 8 h 00 min now)"),
        (840, "no price (for 14 h 00 min now)"),
    ]
    end = NOON + 15 * HOUR
    conditions.take(change(Change.OVER, end))
    assert told(conditions, end + DAY, end) == [(1, "over after 15 h 00 min: no price")]


def test_an_end_is_told_with_how_long_it_took() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    assert len(conditions.due(NOON)) == 1
    conditions.take(change(Change.OVER, NOON + 47 * MINUTE))
    assert conditions.due(NOON + 47 * MINUTE + SETTLED - 1) == []
    (over,) = conditions.due(NOON + 47 * MINUTE + SETTLED)
    assert (over.text, over.severity, over.trade, over.key) == (
        "over after 47 min: no price", WARNING, "BTC", "stale",
    )  # fmt: skip
    assert conditions.due(NOON + DAY) == []


def test_whoever_leaves_says_at_once_what_has_ended() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.due(NOON)
    conditions.take(change(Change.OVER, NOON + 1))
    assert [said.text for said in conditions.due(NOON + 2, leaving=True)] == ["over after 0 s: no price"]


def test_what_comes_and_goes_is_one_condition() -> None:
    conditions = Conditions(WARNING)
    said = []
    for second in range(0, 600, 20):
        what = Change.BEGUN if second % 40 == 0 else Change.OVER
        conditions.take(change(what, NOON + second * 1_000))
        said += conditions.due(NOON + second * 1_000)
    assert [each.text for each in said] == ["no price"]
    (over,) = conditions.due(NOON + 11 * MINUTE)
    assert over.text == "over after 9 min: no price"


def test_one_that_nobody_saw_is_told_all_the_same() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.take(change(Change.OVER, NOON + 100))
    assert told(conditions, NOON + HOUR) == [(0, "no price"), (2, "over after 0 s: no price")]


def test_an_acknowledged_one_is_told_at_its_end_alone() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.due(NOON)
    conditions.take(change(Change.ACKNOWLEDGED, NOON + MINUTE))
    assert told(conditions, NOON + DAY) == []
    conditions.take(change(Change.OVER, NOON + DAY))
    assert [said.text for said in conditions.due(NOON + DAY + SETTLED)] == ["over after 1 d 00 h: no price"]


def test_one_that_begins_again_after_it_was_acknowledged_is_told() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.due(NOON)
    conditions.take(change(Change.ACKNOWLEDGED, NOON + 1))
    conditions.take(change(Change.OVER, NOON + 2))
    conditions.take(change(Change.BEGUN, NOON + 3))
    assert len(conditions.due(NOON + 3)) == 1


def test_a_turn_for_the_worse_is_told_at_once_and_counted_anew() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.due(NOON)
    conditions.take(change(Change.ACKNOWLEDGED, NOON + 1))
    worse = NOON + 5 * MINUTE
    conditions.take(change(Change.WORSE, worse, CRITICAL, "no price for 120 s"))
    (said,) = conditions.due(worse)
    assert (said.text, said.severity) == ("worse: no price for 120 s", CRITICAL)
    conditions.take(change(Change.WORSE, worse, CRITICAL, "no price for 120 s"))
    assert conditions.due(worse) == [], "and once"
    assert told(conditions, worse + 15 * MINUTE, worse) == [(10, "no price for 120 s (for 15 min now)")]


def test_one_that_gets_better_and_worse_is_told_once_as_that_bad() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON, CRITICAL))
    said = conditions.due(NOON)
    for second in range(1, 60):
        conditions.take(change(Change.WORSE, NOON + second * 1_000, CRITICAL))
        said += conditions.due(NOON + second * 1_000)
    assert len(said) == 1


def test_repeats_have_the_words_of_now() -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.due(NOON)
    conditions.take(change(Change.REWORDED, NOON, text="no price for 600 s"))
    assert [said.text for said in conditions.due(NOON + 10 * MINUTE)] == [
        "no price for 600 s (for 10 min now)"
    ]


def test_what_is_below_the_least_is_told_when_it_gets_worse() -> None:
    conditions = Conditions(CRITICAL)
    conditions.take(change(Change.BEGUN, NOON))
    assert told(conditions, NOON + HOUR) == []
    conditions.take(change(Change.WORSE, NOON + HOUR, CRITICAL))
    assert [said.text for said in conditions.due(NOON + HOUR)] == ["no price"]
    conditions.take(change(Change.BEGUN, NOON, key="other"))
    conditions.take(change(Change.OVER, NOON, key="other"))
    assert conditions.due(NOON + HOUR + 1) == []


def test_a_warning_of_the_night_is_told_in_the_morning_if_it_still_holds() -> None:
    conditions = Conditions(WARNING, NIGHT)
    night = NOON + 12 * HOUR  # midnight
    conditions.take(change(Change.BEGUN, night))
    conditions.take(change(Change.BEGUN, night, key="gone"))
    conditions.take(change(Change.OVER, night + MINUTE, key="gone"))
    assert told(conditions, night + 7 * HOUR, night)[0] == (7 * 60, "no price")
    assert len(told(conditions, night + 7 * HOUR + MINUTE, night + 7 * HOUR)) == 0


def test_a_critical_one_goes_at_night_and_its_end_too() -> None:
    conditions = Conditions(WARNING, NIGHT)
    night = NOON + 12 * HOUR
    conditions.take(change(Change.BEGUN, night, CRITICAL))
    assert len(conditions.due(night)) == 1
    conditions.take(change(Change.OVER, night + MINUTE, CRITICAL))
    assert len(conditions.due(night + HOUR)) == 1


def test_the_end_at_night_of_a_warning_of_the_evening_is_told_in_the_morning() -> None:
    conditions = Conditions(WARNING, NIGHT)
    evening = NOON + 9 * HOUR
    conditions.take(change(Change.BEGUN, evening))
    conditions.due(evening)
    conditions.take(change(Change.OVER, evening + 2 * HOUR))
    morning = NOON + 19 * HOUR
    assert told(conditions, morning - 1, evening + HOUR) == []
    assert [said.text for said in conditions.due(morning)] == ["over after 2 h 00 min: no price"]


STEPS = st.lists(
    st.tuples(st.sampled_from(list(Change)), st.sampled_from([WARNING, CRITICAL]), st.integers(0, 3 * HOUR)),
    max_size=30,
)


@given(STEPS, st.sampled_from([None, NIGHT]), st.sampled_from([WARNING, CRITICAL]))
def test_whatever_an_alarm_does_it_is_no_flood_and_nothing_is_told_of_an_end_alone(
    steps: list[tuple[Change, Severity, int]], quiet: QuietHours | None, least: Severity
) -> None:
    def run() -> list[tuple[int, Severity, str]]:
        conditions, now, said = Conditions(least, quiet), NOON, []
        for what, severity, later in steps:
            conditions.take(change(what, now, severity))
            said += conditions.due(now)
            now += later
            said += conditions.due(now)
        return [(each.at, each.severity, each.text) for each in said]

    found = run()
    assert found == run(), "the same again"
    loud = [(at, text) for at, _, text in found if not text.startswith("over")]
    acknowledgements = sum(what is Change.ACKNOWLEDGED for what, _, _ in steps)
    begun = sum(text.startswith("over") for _, _, text in found) + 1
    close = [pair for pair in pairwise(loud) if pair[1][0] - pair[0][0] < 10 * MINUTE]
    assert len(close) <= 2 * begun + acknowledgements, "close together only where it is news"
    last = ""
    for at, severity, text in found:
        assert severity is CRITICAL or (least is WARNING and not (quiet and quiet.hold(at)))
        assert not (text.startswith("over") and (not last or last.startswith("over")))
        last = text


@given(st.integers(0, 40 * 24 * 60))
def test_it_is_always_told_again_within_six_hours(minutes: int) -> None:
    conditions = Conditions(WARNING)
    conditions.take(change(Change.BEGUN, NOON))
    conditions.due(NOON)
    conditions.due(NOON + minutes * MINUTE)
    assert len(conditions.due(NOON + minutes * MINUTE + 6 * HOUR)) == 1


@pytest.mark.parametrize(
    ("hours", "within", "without"),
    [("22:00-07:00", ("22:00", "23:59", "00:00", "06:59"), ("07:00", "21:59", "12:00")),
     ("01:30-02:00", ("01:30", "01:59"), ("02:00", "01:29", "23:00"))],
)  # fmt: skip
def test_quiet_hours(hours: str, within: tuple[str, ...], without: tuple[str, ...]) -> None:
    quiet = QuietHours.parse(hours)
    assert all(quiet.hold(3 * DAY + time_of_day(time)) for time in within)
    assert not any(quiet.hold(3 * DAY + time_of_day(time)) for time in without)


@pytest.mark.parametrize("text", ["", "22:00", "22-7", "24:00-07:00", "22:60-07:00", "22:00-22:00", "a-b"])
def test_no_quiet_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r"span of the day|begins when it ends"):
        QuietHours.parse(text)


@given(st.integers(0, 2**45), st.integers(0, DAY - 1))
def test_the_latest_time_of_the_day(now: int, of_day: int) -> None:
    found = latest(now, of_day)
    assert now - DAY < found <= now
    assert found % DAY == of_day


def test_a_notice_holds_no_secret_and_is_short() -> None:
    said = notice(
        NOON, INFO, "", "x", f"key 0x{'5a' * 32}\nat https://ann:hunter2@host/ \x1b[31m" + "x" * 9_000
    )
    assert said.text.startswith("key ***\nat https://ann:***@host/ x")
    assert len(said.text) <= 3_001
