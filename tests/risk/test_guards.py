"""Guards as pure functions: each trips at its limit and not before, and stays so until it is reset."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hypertui.risk.equity import FLOWS_LAG, CapitalFlow, EquityReading, EquityWatch
from hypertui.risk.facts import CourseFacts, CycleMark, ExposureFacts, Facts, MarginFacts, PriceFacts
from hypertui.risk.guards import Guard, GuardAction, GuardState, GuardVerdict
from hypertui.risk.judging import Judgement, judge, rearmed
from hypertui.risk.market import PriceWatch
from hypertui.risk.memory import DAY, GuardMemory, Rearm
from hypertui.risk.rules import GuardRules

NOON = 20_000 * DAY + DAY // 2
FIVE = GuardRules(daily_loss=D("0.05"))

MONEY = some.integers(-20_000_00, 20_000_00).map(lambda cents: D(cents) / 100)
FRACTIONS = some.integers(1, 900).map(lambda thousandths: D(thousandths) / 1000)


def read(watch: EquityWatch, equity: D, at: int, *flows: CapitalFlow) -> EquityWatch:
    """A reading whose flows are known, which `flows` are the last ones of."""
    watch.read(EquityReading(at, equity, at))
    watch.transfers(at, flows)
    return watch


def seen(equity: D | int = 10_000, at: int = NOON) -> EquityWatch:
    return read(EquityWatch(), D(equity), at)


def said(judgement: Judgement, guard: Guard) -> GuardVerdict:
    return next(each for each in judgement.verdicts if each.guard is guard)


# The account's result


@given(FRACTIONS, some.integers(0, 20_000_00), MONEY)
def test_a_days_loss_trips_exactly_at_its_limit_whatever_was_paid_in_or_out(
    limit: D, cents: int, paid: D
) -> None:
    lost = D(cents) / 100
    watch = seen(20_000)
    read(watch, 20_000 - lost + paid, NOON + 10, CapitalFlow(NOON + 5, paid))
    rules = GuardRules(daily_loss=limit)
    verdict = said(judge(Facts(watch), GuardMemory(), rules, NOON + 10), Guard.DAILY_LOSS)
    assert verdict.is_tripped == (lost >= limit * 20_000)
    assert bool(verdict.holds) == verdict.is_tripped
    if lost < limit * 20_000:
        assert f"{(limit * 100).normalize():f}.00 %" not in verdict.text.partition(" of ")[0]


def test_a_limit_in_usd() -> None:
    rules = GuardRules(daily_loss_usd=D(500))
    watch = read(seen(), D("9500.01"), NOON + 1)
    assert said(judge(Facts(watch), GuardMemory(), rules, NOON), Guard.DAILY_LOSS).state is GuardState.WARN
    read(watch, D(9_500), NOON + 2)
    verdict = said(judge(Facts(watch), GuardMemory(), rules, NOON), Guard.DAILY_LOSS)
    assert verdict.is_tripped
    assert verdict.holds == "guard daily loss tripped at 500.00 of 500.00 USD"
    assert verdict.text == "500.00 of 500.00 USD today"


def test_a_loss_whose_transfers_are_not_known_holds_and_does_not_trip() -> None:
    watch = seen()
    watch.read(EquityReading(NOON + 5, D(9_000), NOON + 5))
    found = judge(Facts(watch), GuardMemory(), FIVE, NOON + 5)
    verdict = said(found, Guard.DAILY_LOSS)
    assert (verdict.state, found.asks_transfers, found.memory.trips) == (GuardState.WARN, True, ())
    assert verdict.holds == "guard daily loss: whether money was paid out is being asked"
    watch.transfers(NOON + 6, [CapitalFlow(NOON + 3, D(-1_000))])  # it was no loss at all
    found = judge(Facts(watch), found.memory, FIVE, NOON + 6)
    assert (said(found, Guard.DAILY_LOSS).state, found.asks_transfers) == (GuardState.OK, False)


def test_what_is_not_known_or_old_holds_new_risk() -> None:
    assert said(judge(Facts(), GuardMemory(), FIVE, NOON), Guard.DAILY_LOSS).holds
    old = said(judge(Facts(seen()), GuardMemory(), FIVE, NOON + 75_000), Guard.DAILY_LOSS)
    assert old.holds == "guard daily loss: the equity is 75 s old"
    only_warns = replace(FIVE, account_only_warns=True)
    assert not said(judge(Facts(), GuardMemory(), only_warns, NOON), Guard.DAILY_LOSS).holds


def test_a_trip_stays_though_the_loss_is_made_good_and_the_limit_raised() -> None:
    watch = read(seen(), D(9_500), NOON + 1)
    found = judge(Facts(watch), GuardMemory(), FIVE, NOON + 1)
    read(watch, D(10_100), NOON + 2)
    found = judge(Facts(watch), found.memory, GuardRules(daily_loss=D("0.5")), NOON + 2)
    assert said(found, Guard.DAILY_LOSS).text == "tripped at 5.00 % of 5 %; now 0.00 % of 50 % today"
    assert said(found, Guard.DAILY_LOSS).is_tripped
    # A process that was killed knows no equity yet.
    unknown = said(judge(Facts(), found.memory, FIVE, NOON + 3), Guard.DAILY_LOSS)
    assert unknown.is_tripped
    assert unknown.used == 1


def test_the_next_day_begins_anew() -> None:
    watch = read(seen(), D(9_500), NOON + 1)
    found = judge(Facts(watch), GuardMemory(), FIVE, NOON + 1)
    still = judge(Facts(watch), found.memory, FIVE, NOON + DAY)  # nothing was read since midnight
    assert said(still, Guard.DAILY_LOSS).is_tripped
    read(watch, D(9_400), NOON + DAY)
    found = judge(Facts(watch), found.memory, FIVE, NOON + DAY)
    assert said(found, Guard.DAILY_LOSS).state is GuardState.OK
    assert found.memory.day is not None
    assert found.memory.day.equity == 9_400


def test_a_rearm_counts_anew_and_trips_again() -> None:
    watch = read(seen(), D(9_500), NOON + 1)
    found = judge(Facts(watch), GuardMemory(), FIVE, NOON + 1)
    rearm = Rearm(Guard.DAILY_LOSS, NOON + 2, "ann", "a mistake of mine")
    watch.rearm(rearm)
    found = judge(Facts(watch), rearmed(found.memory, rearm, 0), FIVE, NOON + 2)
    assert said(found, Guard.DAILY_LOSS).state is GuardState.REARMED
    assert said(found, Guard.DAILY_LOSS).text == "0.00 % of 5 % since the re-arm"
    read(watch, D("9025.01"), NOON + 3)
    assert not said(judge(Facts(watch), found.memory, FIVE, NOON + 3), Guard.DAILY_LOSS).is_tripped
    read(watch, D(9_025), NOON + 4)
    assert said(judge(Facts(watch), found.memory, FIVE, NOON + 4), Guard.DAILY_LOSS).is_tripped


def test_another_trade_of_the_account_is_rearmed_with_it() -> None:
    watch = read(seen(), D(9_500), NOON + 1)
    other = judge(Facts(watch), GuardMemory(), FIVE, NOON + 1)
    watch.rearm(Rearm(Guard.DAILY_LOSS, NOON + 2, "ann", "why"))
    other = judge(Facts(watch), other.memory, FIVE, NOON + 2)
    assert said(other, Guard.DAILY_LOSS).state is GuardState.REARMED
    assert other.memory.rearm(Guard.DAILY_LOSS) is not None


@given(some.lists(some.tuples(MONEY, MONEY), min_size=1, max_size=20), FRACTIONS)
def test_a_drawdown_is_from_the_highest_of_what_was_earned(course: list[tuple[D, D]], limit: D) -> None:
    """Each row is a gain and a payment; what was earned is compared with its highest."""
    watch, earned, paid, best, at = seen(100_000), D(100_000), D(0), D(100_000), NOON
    rules, memory, tripped = GuardRules(drawdown=limit, drawdown_warn=None), GuardMemory(), False
    for gain, payment in course:
        at += 10
        earned, paid = earned + gain, paid + payment
        read(watch, earned + paid, at, CapitalFlow(at - 5, payment))
        best = max(best, earned)
        highest = best + paid
        fallen = (best - earned) / highest if highest > 0 else D(best > earned)
        tripped |= fallen >= limit
        found = judge(Facts(watch), memory, rules, at)
        memory = found.memory
        assert said(found, Guard.DRAWDOWN).is_tripped == tripped


def test_a_drawdown_warns_and_does_only_what_is_set() -> None:
    watch = read(seen(), D(9_200), NOON + 1)
    rules = GuardRules(drawdown_warn=D("0.08"))
    verdict = said(judge(Facts(watch), GuardMemory(), rules, NOON + 1), Guard.DRAWDOWN)
    assert (verdict.state, verdict.holds) == (GuardState.WARN, "")
    rules = GuardRules(drawdown_warn=D("0.05"), drawdown=D("0.08"), drawdown_action=GuardAction.FLATTEN)
    verdict = said(judge(Facts(watch), GuardMemory(), rules, NOON + 1), Guard.DRAWDOWN)
    assert verdict.state is GuardState.WARN, "the list of transfers may lag behind: nothing is sold for that"
    assert verdict.holds == "guard drawdown: whether money was paid out is being asked"
    watch.transfers(NOON + 1 + FLOWS_LAG, ())
    verdict = said(judge(Facts(watch), GuardMemory(), rules, NOON + 1 + FLOWS_LAG), Guard.DRAWDOWN)
    assert (verdict.state, verdict.action) == (GuardState.TRIPPED, GuardAction.FLATTEN)
    assert verdict.text == "8.00 % of 8 % below the peak of 10,000.00"


def test_an_answer_that_was_overtaken_takes_nothing_back() -> None:
    watch = seen()
    watch.transfers(NOON + 5, [CapitalFlow(NOON + 4, D(-3_000))])
    watch.transfers(NOON + 3, [CapitalFlow(NOON + 2, D(1))])
    assert watch.moved(NOON, NOON + 9) == -3_000


def test_a_loss_in_percent_is_of_what_was_there_with_what_was_paid_in() -> None:
    watch = seen(1_000)
    watch.read(EquityReading(NOON + 2, D(10_940), NOON + 2))
    watch.transfers(NOON + 3, [CapitalFlow(NOON + 1, D(10_000))])
    verdict = said(judge(Facts(watch), GuardMemory(), FIVE, NOON + 3), Guard.DAILY_LOSS)
    assert (verdict.state, verdict.text) == (GuardState.OK, "0.54 % of 5 % today")


def test_what_was_paid_in_while_nobody_looked_hides_no_loss() -> None:
    memory = judge(Facts(seen()), GuardMemory(), FIVE, NOON).memory
    watch = EquityWatch()
    watch.bring_back(memory)
    watch.read(EquityReading(NOON + 2, D(13_500), NOON + 2))
    verdict = said(judge(Facts(watch), memory, FIVE, NOON + 2), Guard.DAILY_LOSS)
    assert verdict.holds == "guard daily loss: whether money was paid out is being asked"
    watch.transfers(NOON + 3, [CapitalFlow(NOON + 1, D(5_000))])
    verdict = said(judge(Facts(watch), memory, FIVE, NOON + 3), Guard.DAILY_LOSS)
    assert verdict.state is GuardState.TRIPPED


def test_a_peak_before_a_payment_became_known_is_not_lost() -> None:
    watch = seen()
    watch.read(EquityReading(NOON + 1, D(11_000), NOON + 1))
    watch.read(EquityReading(NOON + 2, D(10_500), NOON + 2))
    assert watch.peak is not None
    assert watch.peak.equity == 10_000, "nobody knows yet whether this was earned"
    watch.transfers(NOON + 3, ())
    assert watch.peak.equity == 11_000


def test_a_rise_and_fall_between_two_looks_at_the_transfers_asks_for_them_at_once() -> None:
    rules, watch = GuardRules(drawdown=D("0.1")), seen()
    watch.read(EquityReading(NOON + 5, D(11_000), NOON + 5))
    watch.read(EquityReading(NOON + 10, D("9900.01"), NOON + 10))
    found = judge(Facts(watch), GuardMemory(), rules, NOON + 10)
    assert said(found, Guard.DRAWDOWN).text == "9.99 % of 10 % below the peak of 11,000.00"
    assert (said(found, Guard.DRAWDOWN).holds, found.asks_transfers) == ("", False)
    watch.read(EquityReading(NOON + 15, D(9_900), NOON + 15))
    found = judge(Facts(watch), found.memory, rules, NOON + 15)
    assert found.asks_transfers
    assert not said(found, Guard.DRAWDOWN).is_tripped
    assert said(found, Guard.DRAWDOWN).holds == "guard drawdown: whether money was paid out is being asked"
    in_and_out = [CapitalFlow(NOON + 3, D(1_000)), CapitalFlow(NOON + 8, D(-1_000))]
    paid = watch.apart()
    paid.transfers(NOON + 16, in_and_out)
    verdict = said(judge(Facts(paid), found.memory, rules, NOON + 16), Guard.DRAWDOWN)
    assert (verdict.text, verdict.holds) == ("1.00 % of 10 % below the peak of 10,000.00", "")
    watch.transfers(NOON + 16, [])
    assert said(judge(Facts(watch), found.memory, rules, NOON + 16), Guard.DRAWDOWN).is_tripped


@given(some.lists(some.tuples(some.integers(1, 20_000), some.booleans()), min_size=1, max_size=20))
def test_a_drawdown_names_no_peak_below_an_equity_that_was_seen(course: list[tuple[int, bool]]) -> None:
    watch, most = seen(), 10_000
    for step, (equity, known) in enumerate(course, 1):
        at, most = NOON + step * 1_000, max(most, equity)
        watch.read(EquityReading(at, D(equity), at))
        if known:
            watch.transfers(at, [])
        verdict = said(judge(Facts(watch), GuardMemory(), GuardRules(drawdown=D("0.5")), at), Guard.DRAWDOWN)
        assert verdict.text.endswith(f"below the peak of {most:,}.00")


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        (FIVE, 400),  # four fifths of 5 % of 10,000
        (GuardRules(drawdown_warn=D("0.08")), 800),  # the limit itself, where it only warns
        (GuardRules(drawdown_warn=D("0.08"), drawdown=D("0.2")), 800),
        (GuardRules(daily_loss=D("0.05"), account_only_warns=True), 500),
    ],
)
def test_a_figure_that_flickers_about_the_line_warns_once(rules: GuardRules, line: int) -> None:
    watch, found, states = seen(), Judgement((), GuardMemory()), []
    losses = (line - 1, line, line - 1, line, D(line) * D("0.95"), D(line) * D("0.95") - D("0.01"), line - 1)
    for step, lost in enumerate((*losses, line), 1):
        read(watch, 10_000 - D(lost), NOON + step)
        found = judge(Facts(watch), found.memory, rules, NOON + step + FLOWS_LAG, found.verdicts)
        (verdict,) = found.verdicts
        states.append(verdict.state is GuardState.WARN)
        assert not verdict.holds
    assert states == [False, True, True, True, True, False, False, True]


def test_on_the_programs_own_market_the_account_only_warns() -> None:
    rules = GuardRules(daily_loss=D("0.05"), drawdown=D("0.05"), account_only_warns=True)
    watch = read(seen(), D(5_000), NOON + 1)
    found = judge(Facts(watch), GuardMemory(), rules, NOON + 1)
    assert {each.state for each in found.verdicts} == {GuardState.WARN}
    assert not any(each.holds for each in found.verdicts)


def test_on_the_programs_own_market_a_row_says_that_it_only_warns() -> None:
    rules = GuardRules(daily_loss=D("0.05"), drawdown_warn=D("0.08"), account_only_warns=True)
    found = judge(Facts(seen()), GuardMemory(), rules, NOON)
    assert said(found, Guard.DAILY_LOSS).text == "0.00 % of 5 % today; only warns here"
    assert said(found, Guard.DRAWDOWN).text == "0.00 % of 8 % below the peak of 10,000.00", "as everywhere"


def test_a_trip_in_usd_is_told_in_usd_however_small() -> None:
    rules = GuardRules(daily_loss_usd=D("0.50"))
    verdict = said(
        judge(Facts(read(seen(), D(9_999), NOON + 1)), GuardMemory(), rules, NOON), Guard.DAILY_LOSS
    )
    assert verdict.holds == "guard daily loss tripped at 1.00 of 0.50 USD"


def test_nothing_used_of_a_limit_is_a_plain_zero() -> None:
    verdict = said(
        judge(Facts(seen()), GuardMemory(), GuardRules(daily_loss=D("0.001")), NOON), Guard.DAILY_LOSS
    )
    assert str(verdict.used) == "0"


def test_what_a_trade_has_written_down_is_brought_back() -> None:
    watch = seen(12_000)
    read(watch, D(11_000), NOON + 1)
    memory = judge(Facts(watch), GuardMemory(), FIVE, NOON + 1).memory
    fresh = seen(9_000, NOON + 50)
    fresh.bring_back(memory)
    assert (fresh.day, fresh.peak) == (watch.day, watch.peak)
    fresh.bring_back(GuardMemory())
    assert (fresh.day, fresh.peak) == (watch.day, watch.peak)
    verdict = said(judge(Facts(fresh), GuardMemory(), FIVE, NOON + 50), Guard.DAILY_LOSS)
    assert verdict.is_tripped, "what was lost before the restart is lost today"


# The size of a position


def exposed(held: D, buys: D, last_stop: D | None = D(60_000)) -> ExposureFacts:
    return ExposureFacts(held, buys, 5, D("0.00045"), last_stop, D(100))


@given(MONEY.map(abs), MONEY.map(abs), some.integers(1, 30_000))
def test_a_position_may_become_what_is_set_and_no_more(held: D, buys: D, cap: int) -> None:
    facts = Facts(seen(), exposure=exposed(held, buys))
    rules = GuardRules(max_position=D(cap), max_leverage=D(2))
    found = judge(facts, GuardMemory(), rules, NOON)
    assert said(found, Guard.MAX_POSITION).is_tripped == (buys > 0 and held + buys > cap)
    assert said(found, Guard.MAX_LEVERAGE).is_tripped == (buys > 0 and held + buys > 20_000)


@given(MONEY.map(abs), MONEY.map(abs), MONEY)
def test_an_entry_needs_its_margin_with_a_tenth_more(held: D, buys: D, free: D) -> None:
    facts = Facts(exposure=exposed(held, buys), margin=MarginFacts(D(0), free, None))
    verdict = said(judge(facts, GuardMemory(), GuardRules(balance=D("1.1")), NOON), Guard.BALANCE)
    needs = held / 5 + buys / 5 * D("1.1") + buys * D("0.00045")
    assert verdict.is_tripped == (buys > 0 and needs > free)


@given(some.integers(59_000, 60_000))
def test_the_last_stop_is_a_unit_above_liquidation(liquidation: int) -> None:
    facts = Facts(exposure=exposed(D(1), D(0)), margin=MarginFacts(D(0), D(0), D(liquidation)))
    verdict = said(judge(facts, GuardMemory(), GuardRules(liquidation=D(1)), NOON), Guard.LIQUIDATION)
    assert verdict.is_tripped == (60_000 - liquidation < 100)


def test_much_margin_in_use_is_a_warning() -> None:
    facts = Facts(seen(), margin=MarginFacts(D(8_000), D(2_000), None))
    verdict = said(judge(facts, GuardMemory(), GuardRules(margin_used=D("0.8")), NOON), Guard.MARGIN_USED)
    assert (verdict.state, verdict.holds) == (GuardState.WARN, "")


# The price


@given(some.integers(9_000, 11_000))
def test_a_jump_holds_for_half_a_minute(cents: int) -> None:
    price, watch, limit = D(cents) / 100, PriceWatch(), D("0.02")
    rules = GuardRules(price_jump=limit)
    watch.on_quote(D(100), None, None, NOON, limit)
    jumps = watch.on_quote(price, None, None, NOON + 1, limit)
    assert jumps == (abs(price - 100) >= 2)
    for after, holds in ((1, jumps), (30_000, jumps), (30_001, False)):
        found = judge(Facts(price=watch.facts(NOON + after)), GuardMemory(), rules, NOON + after)
        assert said(found, Guard.PRICE_JUMP).is_tripped == holds
        assert found.memory.jumped_at == (NOON + 1 if jumps else 0), "the next process knows it too"


def test_a_price_is_frozen_only_while_others_trade() -> None:
    rules, watch = GuardRules(frozen_price=60_000), PriceWatch()

    def state(last: int, at: int) -> GuardState:
        watch.on_quote(D(100), D(100), D(last), NOON + at, None)
        facts = Facts(price=watch.facts(NOON + at))
        return said(judge(facts, GuardMemory(), rules, NOON + at), Guard.FROZEN_PRICE).state

    assert state(100, 0) is state(100, 90_000) is GuardState.OK
    assert state(101, 90_001) is GuardState.TRIPPED
    watch.on_quote(D(100), D("100.1"), D(101), NOON + 90_002, None)
    assert state(101, 90_003) is GuardState.OK


@given(some.integers(9_900, 10_100))
def test_a_mark_far_from_the_mid_holds(cents: int) -> None:
    mark = D(cents) / 100
    facts = Facts(price=PriceFacts(mark, D(100)))
    verdict = said(judge(facts, GuardMemory(), GuardRules(mark_gap=D("0.005")), NOON), Guard.MARK_GAP)
    assert verdict.is_tripped == (abs(mark - 100) > D("0.5"))


# How the trade goes


def course(*results: int, fees: int = 0) -> CourseFacts:
    net, marks = D(0), [CycleMark(D(0), D(0))]
    for number, result in enumerate(results, 1):
        net += result
        marks.append(CycleMark(net, D(fees * number)))
    return CourseFacts(len(results), tuple(marks))


@pytest.mark.parametrize(
    ("results", "since", "tripped"),
    [
        ((-1, -1, -1, -1, -1), 0, True),
        ((-1, -1, -1, -1), 0, False),
        ((-1, -1, 1, -1, -1, -1), 0, False),
        ((1, -1, -1, -1, -1, -1), 0, True),
        ((-1, -1, -1, -1, -1, -1), 5, False),
        ((-1, -1, -1, -1, -1, 0), 0, False),
    ],
)
def test_cycles_lost_in_a_row(results: tuple[int, ...], since: int, tripped: bool) -> None:
    memory = GuardMemory(cycles_from=since)
    found = judge(Facts(course=course(*results)), memory, GuardRules(losing_cycles=5), NOON)
    assert said(found, Guard.LOSING_CYCLES).is_tripped == tripped


def test_a_gain_after_a_trip_does_not_reset_it_and_a_rearm_does() -> None:
    rules = GuardRules(losing_cycles=2)
    found = judge(Facts(course=course(-1, -1)), GuardMemory(), rules, NOON)
    found = judge(Facts(course=course(-1, -1, 1)), found.memory, rules, NOON + 1)
    assert (
        said(found, Guard.LOSING_CYCLES).text == "tripped at 2 of 2 lost in a row; now 0 of 2 lost in a row"
    )
    rearm = Rearm(Guard.LOSING_CYCLES, NOON + 2, "ann", "why")
    found = judge(Facts(course=course(-1, -1, 1)), rearmed(found.memory, rearm, 3), rules, NOON + 2)
    assert said(found, Guard.LOSING_CYCLES).state is GuardState.REARMED


@pytest.mark.parametrize(("gain", "fees", "state"), [(4, 6, "OK"), (39, 61, "WARN"), (-7, 6, "WARN")])
def test_fees_that_take_too_much_of_twenty_cycles(gain: int, fees: int, state: str) -> None:
    rules = GuardRules(fee_drag=D("0.6"))
    found = judge(Facts(course=course(*[gain] * 20, fees=fees)), GuardMemory(), rules, NOON)
    assert said(found, Guard.FEE_DRAG).state == state
    early = judge(Facts(course=course(*[gain] * 19, fees=fees)), GuardMemory(), rules, NOON)
    assert said(early, Guard.FEE_DRAG).state is GuardState.UNKNOWN


def test_what_only_warns_never_holds() -> None:
    facts = Facts(course=CourseFacts(turns=99, funding=D("0.1")))
    rules = GuardRules(whipsaw=6, funding=D("0.0005"))
    found = judge(facts, GuardMemory(), rules, NOON)
    assert {each.state for each in found.verdicts} == {GuardState.WARN}
    assert not any(each.holds for each in found.verdicts)
    quiet = Facts(course=CourseFacts(turns=6, funding=D("0.0005")))
    assert {each.state for each in judge(quiet, GuardMemory(), rules, NOON).verdicts} == {GuardState.OK}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            GuardRules(drawdown=D("0.08"), drawdown_warn=D("0.08")),
            "drawdown_warn 8 % is not below drawdown 8 %",
        ),
        (GuardRules(balance=D("0.5")), "balance 0.5 is below 1"),
        (FIVE, ""),
    ],
)
def test_contradictions(rules: GuardRules, words: str) -> None:
    assert rules.contradiction().startswith(words)


def test_what_was_paid_at_the_very_moment_of_a_reading_is_in_it_and_in_no_later_one() -> None:
    watch = seen()
    read(watch, D(9_000), NOON + 5, CapitalFlow(NOON, D(77)), CapitalFlow(NOON + 5, D(-1_000)))
    assert watch.day is not None and watch.newest is not None
    assert watch.shortfall(watch.day, watch.newest) == 0


def test_a_reading_from_before_a_rearm_proves_no_loss_after_it() -> None:
    watch = read(seen(), D(9_000), NOON + 1)
    watch.read(EquityReading(NOON + 2, D(9_500), NOON + 2))
    watch.rearm(Rearm(Guard.DAILY_LOSS, NOON + 2, "ann", "why"))
    watch.read(EquityReading(NOON + 3, D(9_000), NOON + 3))
    found = judge(Facts(watch), GuardMemory(), FIVE, NOON + 3)
    assert (said(found, Guard.DAILY_LOSS).is_tripped, found.asks_transfers) == (False, True)
