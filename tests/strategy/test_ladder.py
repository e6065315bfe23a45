"""The ladder by example: every number here was worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from hypertui.core.market import Side
from hypertui.core.round_trips import SLOTS, RoundTrips
from hypertui.strategy.ladder.ladder import Ladder, Phase
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.slots import Due
from tests.strategy.driver import Walk, bought, fill_of, ladder_from, plan_of, sold

D = Decimal


def lists(walk: Walk) -> tuple[int, list[int], list[int]]:
    return walk.ladder.unit, walk.trailing_stop, walk.trailing_buy


# Steps


def test_the_worked_example() -> None:
    walk = Walk.start()
    assert lists(walk) == (0, [-4, -3, -2, -1], [])
    walk.to(101)
    assert lists(walk) == (1, [-3, -2, -1, 0], [])
    walk.to(97)
    assert lists(walk) == (-3, [], [-2, -1, 0, 1])
    walk.to(96)
    assert lists(walk) == (-4, [], [-3, -2, -1, 0])
    walk.to(97)
    assert lists(walk) == (-3, [-4], [-2, -1, 0])


def test_one_jump_equals_the_same_way_in_small_moves() -> None:
    jumped = Walk.start(fee_rate="0.001").path(94, 99, 97)
    walked = Walk.start(fee_rate="0.001").path(*range(99, 93, -1), *range(95, 100), 98, 97)
    assert lists(jumped) == lists(walked)
    assert jumped.ladder.book.realized_pnl == walked.ladder.book.realized_pnl
    assert jumped.ladder.moves == walked.ladder.moves == 6 + 5 + 2


def test_steps_are_counted_and_name_the_price_that_made_them() -> None:
    moves = Walk.start().to("97.5")
    assert [(move.number, move.upwards, move.level, move.touched) for move in moves] == [
        (1, False, -1, D(99)),
        (2, False, -2, D(98)),
    ]
    assert {move.price for move in moves} == {D("97.5")}
    (up,) = Walk.start().to("101.5")
    assert (up.number, up.upwards, up.level, up.touched, up.price) == (1, True, 1, D(101), D("101.5"))


@pytest.mark.parametrize(
    ("price", "unit"),
    [("101", 1), ("100.9999", 0), ("99", -1), ("99.0001", 0), ("102", 2), ("98.0001", -1), ("100", 0)],
)
def test_touching_counts_and_nearly_touching_does_not(price: str, unit: int) -> None:
    walk = Walk.start()
    walk.to(price)
    assert walk.ladder.unit == unit


def test_no_flicker_at_a_boundary() -> None:
    walk = Walk.start()
    assert len(walk.to(101)) == 1
    for price in ("100.99", "101.01", "100.01", "101", "101.9999", "100.0001"):
        assert walk.to(price) == []
    assert len(walk.to(100)) == 1
    for price in ("100.5", "99.5", "100", "99.0001", "100.9999"):
        assert walk.to(price) == []


def test_both_units_next_to_the_entry_are_whole_units() -> None:
    """Truncation towards zero would merge them into one band twice as wide."""
    walk = Walk.start()
    assert [move.level for move in walk.to("99")] == [-1]
    assert [move.level for move in walk.to("100")] == [0]
    assert [move.level for move in walk.to("101")] == [1]


def test_units_that_round_to_one_price_stop_the_ladder() -> None:
    # From 10,000 on the tick of this market is 1, so half units cannot be told apart.
    walk = Walk.start(plan_of(unit_size=D("0.5"), position_size=D(20_000)), price=9_990)
    walk.to(10_010)
    assert walk.ladder.unit == 19
    assert walk.ladder.halted
    assert "unit size 0.5" in walk.ladder.halted
    assert "10010" in walk.ladder.halted
    assert walk.trailing_stop == [15, 16, 17, 18]


# Entry


def test_the_entry_is_split_with_the_remainder_at_the_lowest_stop() -> None:
    ladder = ladder_from(plan_of(), [fill_of(Side.BUY, "20.03", "100")])
    assert [(stop.unit, stop.size) for stop in ladder.windows().stops] == [
        (-4, D("5.03")),
        (-3, D(5)),
        (-2, D(5)),
        (-1, D(5)),
    ]
    assert ladder.fragment == D("500.75")
    assert ladder.phase is Phase.ADVANCE


def test_the_entry_price_is_the_average_over_its_fills() -> None:
    fills = [fill_of(Side.BUY, "15", "100", "1"), fill_of(Side.BUY, "5", "102", "0.5")]
    ladder = ladder_from(plan_of(), fills)
    assert ladder.grid.entry_price == D("100.5")
    assert ladder.fragment_at_entry == D("502.5")
    assert ladder.book.position == 20
    assert ladder.book.fees == D("1.5")
    assert ladder.book.realized_pnl == 0
    assert ladder.book.net_pnl(D("100.5")) == D("-1.5")
    assert ladder.value(D("100.5")) == D("2008.5")


def test_an_entry_that_bought_nothing_is_no_trade() -> None:
    with pytest.raises(ValueError, match="bought nothing"):
        ladder_from(plan_of(), [])


# Phases and cycles


def test_mixed_phases_are_named_after_the_last_pure_one() -> None:
    walk = Walk.start()
    phases = []
    for price in (101, 100, 99, 100, 101, 96, 95, 96, 97, 96, 98, 99, 98, 97, 94):
        walk.to(price)
        phases.append(walk.ladder.phase.value)
    assert phases == [
        "advance",  # 101
        "retracement",  # 100: one sold
        "retracement",  # 99: two sold
        "retracement",  # 100: bought back one
        "advance",  # 101: and the other
        "decline",  # 96: all four sold and one more unit
        "decline",  # 95
        "recovery",  # 96
        "recovery",  # 97
        "recovery",  # 96: falling, but still after a decline
        "recovery",  # 98
        "advance",  # 99: four long
        "retracement",  # 98
        "retracement",  # 97
        "decline",  # 94
    ]


def test_a_cycle_ends_when_all_slots_are_long_again_after_a_decline() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.OFF)).path(102)
    cycles = walk.ladder.cycles
    assert (cycles.number, cycles.peak_unit, cycles.valley_unit, cycles.base_value) == (1, 2, 0, None)
    walk.path(101, 102)  # a retracement and back: the same cycle
    assert cycles.number == 1
    walk.path(96, 99)
    assert (cycles.number, cycles.valley_unit, cycles.peak_unit) == (1, -4, 2)
    walk.to(100)
    assert (cycles.number, cycles.valley_unit, cycles.peak_unit) == (2, 0, 0)
    assert cycles.base_value == walk.ladder.value(D(100))
    walk.to(103)
    assert (cycles.number, cycles.peak_unit) == (2, 3)
    walk.path(97, 95, 103)
    assert cycles.number == 3


def test_four_long_slots_without_a_decline_before_end_no_cycle() -> None:
    walk = Walk.start().path(97, 101, 98, 102)
    assert walk.ladder.phase is Phase.ADVANCE
    assert walk.ladder.cycles.number == 1


# Sizes and reinvestment. Entry: 20 coins at 100, 5 in a slot, F = 500.
# Down to -4 sells 5 each at 99, 98, 97, 96: R = -5 * (1 + 2 + 3 + 4) = -50, a quarter of it -12.5.


def test_recovery_compounds_on_entry_into_decline_and_resizes_all_four_buys() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.RECOVERY)).path(97)
    assert walk.ladder.book.realized_pnl == -30
    assert walk.ladder.fragment == 500
    assert walk.buy_coins() == {-2: D("5.10"), -1: D("5.05"), 0: D("5.00")}  # 500 / 98, 99, 100
    walk.to(96)
    assert walk.ladder.book.realized_pnl == -50
    assert walk.ladder.fragment == D("487.5")
    assert walk.buy_coins() == {-3: D("5.02"), -2: D("4.97"), -1: D("4.92"), 0: D("4.87")}  # 487.5 / 97 …
    walk.to(95)  # further down changes no size but places one at 96
    assert walk.ladder.fragment == D("487.5")
    assert walk.buy_coins() == {-4: D("5.07"), -3: D("5.02"), -2: D("4.97"), -1: D("4.92")}


def test_recovery_counts_each_profit_once() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.RECOVERY)).path(96, 97, 96)
    # 5.02 bought at 97 and sold at 96: another -5.02, a quarter of it -1.255.
    assert walk.ladder.book.realized_pnl == D("-55.02")
    assert walk.ladder.fragment == D("486.245")
    assert walk.buy_coins()[-3] == D("5.01")  # 486.245 / 97 = 5.0128…


def test_profit_taken_in_a_retracement_is_compounded_only_in_decline() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.RECOVERY)).path(110, 109)
    assert walk.ladder.book.realized_pnl == 45  # 5 coins from 100 to 109
    assert walk.ladder.fragment == 500
    assert walk.buy_coins() == {10: D("4.54")}  # 500 / 110
    walk.to(106)  # 5 each at 108, 107, 106: 45 + 40 + 35 + 30 = 150
    assert walk.ladder.fragment == D("537.5")
    assert walk.buy_coins() == {7: D("5.02"), 8: D("4.97"), 9: D("4.93"), 10: D("4.88")}  # 537.5 / 107 …


def test_continuous_sizes_each_buy_with_the_profit_of_its_moment() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.CONTINUOUS)).path(99)
    assert walk.ladder.fragment == D("498.75")  # R = -5
    assert walk.buy_coins() == {0: D("4.98")}  # 498.75 / 100
    walk.to(98)
    assert walk.ladder.fragment == D("496.25")  # R = -15
    assert walk.buy_coins() == {-1: D("5.01"), 0: D("4.98")}  # 496.25 / 99; the other one stays as placed
    walk.to(97)
    assert walk.buy_coins() == {-2: D("5.02"), -1: D("5.01"), 0: D("4.98")}  # R = -30: 492.5 / 98
    walk.to(96)
    assert walk.ladder.fragment == D("487.5")
    assert walk.buy_coins() == {-3: D("5.02"), -2: D("4.97"), -1: D("4.92"), 0: D("4.87")}


@pytest.mark.parametrize("looked_between", [True, False])
def test_a_look_at_the_target_changes_no_size(looked_between: bool) -> None:
    """A purchase and a sale of one notice take the buy at 0 out of the target and bring it back; it works on
    all the while."""
    walk = Walk.start(plan_of(reinvest=Reinvest.CONTINUOUS)).path(98)
    ladder = walk.ladder
    assert walk.buy_coins() == {-1: D("5.01"), 0: D("4.98")}
    free = next(slot for slot in ladder.slots if slot.coins == 0)
    held = next(slot for slot in ladder.slots if slot.coins > 0)
    bought(ladder, free, -1, "", fill_of(Side.BUY, D("5.01"), D(99), D(0)))
    ladder.disarmed(-1)
    if looked_between:
        assert 0 not in walk.buy_coins()
    sold(ladder, held, "", fill_of(Side.SELL, held.coins, D(90), D(0)))
    assert ladder.fragment < D(490)
    assert walk.buy_coins()[0] == D("4.98")


def test_off_never_changes_the_fragment() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.OFF)).path(96)
    assert walk.ladder.fragment == 500
    assert walk.buy_coins() == {-3: D("5.15"), -2: D("5.10"), -1: D("5.05"), 0: D("5.00")}


def test_realized_profit_is_net_of_both_fees() -> None:
    walk = Walk.start(fee_rate="0.001").path(99)
    # 5 * (99 - 100), less 0.495 on the sale and a quarter of the entry's 2.00.
    assert walk.ladder.book.realized_pnl == D("-5.995")
    assert walk.ladder.book.net_pnl(D(99)) == D("-5.995") - 15 - D("1.5")


def test_funding_is_part_of_the_realized_profit_and_reinvested() -> None:
    walk = Walk.start()
    walk.ladder.book.funding -= 10
    assert walk.ladder.book.realized_pnl == -10
    walk.to(96)
    assert walk.ladder.book.realized_pnl == -60
    assert walk.ladder.fragment == 485
    assert walk.ladder.book.net_pnl(D(96)) == -60


def test_a_stop_is_for_the_coins_bought() -> None:
    walk = Walk.start().path(96, 98)
    assert walk.stop_coins() == {-4: D("5.02"), -3: D("4.97")}
    assert sum(walk.stop_coins().values()) == walk.ladder.book.position


def test_coins_bought_remember_the_unit_below_their_buy_before_any_stop_works() -> None:
    ladder = opened()
    sold(ladder, ladder.slots[0], "sell -4", fill_of(Side.SELL, 5, 96))
    bought(ladder, ladder.slots[0], 3, "buy 3", fill_of(Side.BUY, 4, 103))
    assert ladder.slots[0].stop_unit == 2
    bought(ladder, ladder.slots[0], 3, "buy 3", fill_of(Side.BUY, 1, 103))
    assert (ladder.slots[0].stop_unit, ladder.slots[0].coins) == (2, 5)
    sold(ladder, ladder.slots[0], "sell 2", fill_of(Side.SELL, 5, 102))
    # A due buy of the slot counts with the unit below it, before a coin of it is known.
    for unit in range(1, 7):
        ladder.touch(ladder.grid.price(unit))
    stops = ladder.windows({0: Due(Side.BUY, 6)}).stops
    assert {stop.slot: stop.unit for stop in stops} == {1: 2, 2: 3, 3: 4, 0: 5}
    assert ladder.slots[0].stop_unit == 2  # asking changes nothing
    bought(ladder, ladder.slots[0], 6, "buy 6", fill_of(Side.BUY, 1, 106))
    assert ladder.slots[0].stop_unit == 5


# Fragments that have become too small. 48 USD are 0.12 coins in a slot, F = 12; a stop at 96 has its limit at
# 86.4 and is worth 10.368.


def test_a_fragment_too_small_to_reenter_halts_the_ladder() -> None:
    walk = Walk.start(plan_of(position_size=D(48))).path(96)
    # F = 12 - 0.3 = 11.7 still buys 0.12 at 97, but only 0.11 at 98, whose stop at 97 is worth 0.11 * 87.3.
    assert walk.trailing_buy == []
    assert walk.ladder.halted == (
        "the buy size of 11.70 USD is too small: it buys 0.11 COIN at 98, "
        "whose stop would be worth 9.60 USD, below the minimum order value of 10 USD"
    )


def test_halting_keeps_the_stops_and_goes_on_trailing_them() -> None:
    walk = Walk.start(plan_of(position_size=D(48), reinvest=Reinvest.CONTINUOUS)).path(99)
    # F = 12 - 0.03 = 11.97 buys 0.11 at 100; its stop at 99 is worth 0.11 * 89.1 = 9.801.
    assert walk.ladder.halted
    assert "11.97" in walk.ladder.halted
    assert "9.80 USD" in walk.ladder.halted
    assert lists(walk) == (-1, [-4, -3, -2], [])
    walk.to(102)
    assert lists(walk) == (2, [-1, 0, 1], [])
    walk.to(98)
    assert walk.ladder.book.position == 0
    assert walk.buys == {}


def test_a_fragment_lost_entirely_halts_instead_of_buying_a_negative_size() -> None:
    walk = Walk.start()
    walk.ladder.book.funding -= 3000
    walk.to(96)
    assert walk.ladder.fragment < 0
    assert walk.ladder.halted
    assert walk.trailing_buy == []


# Round trips


def test_a_whipsaw_costs_the_unit_and_both_fees() -> None:
    walk = Walk.start(fee_rate="0.001").path(99, 100)
    # 5 sold at 99 (fee 0.495) and bought back at 100 (fee 0.5).
    assert walk.ladder.round_trips.count == 1
    assert walk.ladder.round_trips.whipsaw_cost == D("5.995")


def test_a_refill_below_its_sale_is_a_round_trip_without_cost() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.OFF)).path(94)
    # Sold at 99, 98, 97, 96; the steps to 95 and 94 moved the buys of the first two sales to 96 and 95.
    walk.to(96)  # 98 refilled at 95, 99 refilled at 96
    assert walk.ladder.round_trips.count == 2
    assert walk.ladder.round_trips.whipsaw_cost == 0
    walk.to(98)  # 96 refilled at 97 with 5.15, 97 refilled at 98 with 5.10
    assert walk.ladder.round_trips.count == 4
    assert walk.ladder.round_trips.whipsaw_cost == D("10.25")


def test_one_step_of_a_decline_moves_one_sale() -> None:
    walk = Walk.start(plan_of(reinvest=Reinvest.OFF)).path(95, 99)
    # The buy of the sale at 99 moved to 96; then 97, 98, 99 refill 96, 97, 98 with 5.15, 5.10, 5.05 coins.
    assert walk.ladder.round_trips.count == 4
    assert walk.ladder.round_trips.whipsaw_cost == D("15.30")


def test_round_trips_keep_fills_of_two_slots_apart() -> None:
    trips = RoundTrips(SLOTS)
    trips.sold(0, -1, fill_of(Side.SELL, 2, 100, "0.2"), complete=False)
    trips.sold(1, -2, fill_of(Side.SELL, 4, 90, "0.4"), complete=True)
    trips.sold(0, -1, fill_of(Side.SELL, 2, 98, "0.2"), complete=True)  # 4 at 99 on average, fee 0.4
    trips.bought(2, 0, fill_of(Side.BUY, 1, 98, "0.1"), refills=True)  # refills the 99: no loss so far
    assert trips.whipsaw_cost == 0
    trips.bought(3, -1, fill_of(Side.BUY, 4, 91, "0.4"), refills=True)  # refills the 90: 4 * 1 + 0.4 + 0.4
    assert trips.whipsaw_cost == D("4.8")
    trips.bought(2, 0, fill_of(Side.BUY, 1, 104, "0.1"), refills=False)  # 2 at 101: 2 * 2 + 0.4 + 0.2
    assert trips.whipsaw_cost == D("9.4")
    trips.bought(3, -1, fill_of(Side.BUY, 1, 92, "0.1"), refills=False)  # 5 at 91.2: 5 * 1.2 + 0.4 + 0.5
    assert trips.whipsaw_cost == D("11.5")
    assert trips.count == 2


def test_a_buy_without_a_sale_is_no_round_trip() -> None:
    trips = RoundTrips(SLOTS)
    trips.bought(0, 0, fill_of(Side.BUY, 1, 98), refills=True)
    trips.bought(0, 0, fill_of(Side.BUY, 1, 99), refills=False)
    assert (trips.count, trips.whipsaw_cost) == (0, 0)


@pytest.mark.parametrize(
    "news",
    [
        ("step -4", "sale -4", "step -5"),
        ("sale -4", "step -4", "step -5"),  # the feed told of the fill before the price
        ("step -4", "step -5", "sale -4"),
    ],
)
def test_round_trips_are_the_same_in_whatever_order_the_news_of_them_comes(news: tuple[str, ...]) -> None:
    trips = RoundTrips(SLOTS)
    for told in ("step -1", "sale -1", "step -2", "sale -2", "step -3", "sale -3", *news):
        what, unit = told.split()
        if what == "step":
            trips.stepped_down(int(unit))
        else:
            trips.sold(-int(unit), int(unit), fill_of(Side.SELL, 1, 100 + int(unit)), complete=True)
    costs = []
    for unit in (-4, -3, -2, -1):
        trips.bought(-unit, unit, fill_of(Side.BUY, 1, 100 + unit), refills=True)
        costs.append(trips.whipsaw_cost)
    # The buy of the sale at 99 moved to 96; those at 96, 97 and 98 are bought back one higher.
    assert costs == [0, 1, 2, 3]
    assert trips.count == 4


def test_what_somebody_else_traded_is_no_round_trip_of_the_ladder() -> None:
    ladder = opened()
    ladder.touch(D(99))
    sold(ladder, ladder.slots[3], "sell -1", fill_of(Side.SELL, 3, 99))
    sold(ladder, ladder.slots[3], None, fill_of(Side.SELL, 2, 50))
    ladder.touch(D(100))
    bought(ladder, ladder.slots[3], 0, "buy 0", fill_of(Side.BUY, 3, 100))
    assert (ladder.round_trips.count, ladder.round_trips.whipsaw_cost) == (1, 3)
    bought(ladder, ladder.slots[0], 0, None, fill_of(Side.BUY, 1, 200))
    assert (ladder.round_trips.count, ladder.round_trips.whipsaw_cost) == (1, 3)


# What live trading adds: fills that come late or in parts, sales beyond a slot, dust


def opened(**changes: object) -> Ladder:
    ladder = ladder_from(plan_of(**changes), [fill_of(Side.BUY, 20, 100)])
    for unit in range(-9, 9):
        for side in Side:
            ladder.position_map.placed(unit, f"{side} {unit}", side, D(5), 0, "live")
    return ladder


def units(ladder: Ladder, due: Mapping[int, Due] | None = None) -> tuple[list[int], list[int]]:
    windows = ladder.windows(due or {})
    return [stop.unit for stop in windows.stops], [buy.unit for buy in windows.buys]


def test_a_due_sale_counts_as_done_until_it_is_settled() -> None:
    ladder = opened()
    ladder.touch(D(99))
    assert units(ladder, {3: Due(Side.SELL, -1)}) == ([-4, -3, -2], [0])
    assert ladder.long_slots == 4
    assert ladder.book.position == 20
    # Due no more, it never happened: the slot holds its coins, price keeps the unit.
    assert ladder.unit == -1
    assert units(ladder) == ([-5, -4, -3, -2], [])
    assert {stop.slot: stop.unit for stop in ladder.windows().stops} == {0: -4, 1: -3, 2: -2, 3: -5}


def test_a_due_buy_keeps_the_unit_of_its_stop() -> None:
    ladder = opened()
    for slot, unit in zip(reversed(ladder.slots[:SLOTS]), (-1, -2, -3, -4), strict=True):
        ladder.touch(ladder.grid.price(unit))
        sold(ladder, slot, f"sell {unit}", fill_of(Side.SELL, 5, ladder.grid.price(unit)))
    ladder.touch(D(97))
    due = {0: Due(Side.BUY, -3)}
    wanted = ladder.windows(due).stops
    assert [(stop.slot, stop.unit, stop.size) for stop in wanted] == [(0, -4, 0)]
    assert ladder.slots[0].stop_unit == -4
    assert ladder.phase is Phase.DECLINE  # phases follow fills
    bought(ladder, ladder.slots[0], -3, "buy -3", fill_of(Side.BUY, 2, 97))
    assert [(stop.slot, stop.unit, stop.size) for stop in ladder.windows(due).stops] == [(0, -4, 2)]
    bought(ladder, ladder.slots[0], -3, "buy -3", fill_of(Side.BUY, "3.02", "97.1"))
    assert [(stop.unit, stop.size) for stop in ladder.windows().stops] == [(-4, D("5.02"))]
    assert ladder.phase is Phase.RECOVERY
    assert ladder.round_trips.count == 1


def test_a_slot_is_long_until_the_last_coin_is_sold() -> None:
    ladder = opened()
    ladder.touch(D(99))
    sold(ladder, ladder.slots[3], "sell -1", fill_of(Side.SELL, 3, 99))
    assert (ladder.long_slots, ladder.phase) == (4, Phase.ADVANCE)
    sold(ladder, ladder.slots[3], "sell -1", fill_of(Side.SELL, 2, 99))
    assert (ladder.long_slots, ladder.phase) == (3, Phase.RETRACEMENT)
    assert units(ladder) == ([-4, -3, -2], [0])


def test_coins_sold_beyond_their_slot_come_from_the_highest_stop() -> None:
    ladder = opened()
    sold(ladder, ladder.slots[0], "sell -4", fill_of(Side.SELL, 7, 96))
    assert [slot.coins for slot in ladder.slots] == [0, 5, 5, 3, 0]
    assert ladder.book.position == 13


def test_coins_sold_that_nobody_knew_of_come_from_the_next_buy() -> None:
    ladder = opened()
    sold(ladder, ladder.slots[0], "sell -4", fill_of(Side.SELL, 23, 96))
    assert ladder.long_slots == 0
    assert (ladder.book.position, ladder.oversold) == (-3, 3)
    bought(ladder, ladder.slots[1], -3, "buy -3", fill_of(Side.BUY, 2, 97))
    assert (ladder.long_slots, ladder.oversold) == (0, 1)
    bought(ladder, ladder.slots[1], -3, "buy -3", fill_of(Side.BUY, 3, 97))
    assert (ladder.slots[1].coins, ladder.oversold, ladder.book.position) == (2, 0, 2)
    # 20 bought at 100 and 3 at 97, 23 sold at 96.
    assert ladder.book.realized_pnl == -83


def test_dust_leaves_its_slot_and_goes_with_the_next_stop() -> None:
    ladder = opened()
    sold(ladder, ladder.slots[3], "sell -1", fill_of(Side.SELL, "4.95", 99))
    ladder.sweep(ladder.slots[3])
    assert (ladder.long_slots, ladder.dust, ladder.book.position) == (3, Decimal("0.05"), D("15.05"))
    ladder.take_dust(ladder.slots[2])
    assert (ladder.slots[2].coins, ladder.dust) == (D("5.05"), 0)
    # The sale ended with the sweep: a buy refills it, and a later sale of the slot is another one.
    bought(ladder, ladder.slots[3], 0, "buy 0", fill_of(Side.BUY, 5, 100))
    sold(ladder, ladder.slots[3], "sell -1", fill_of(Side.SELL, 5, 99))
    bought(ladder, ladder.slots[3], 0, "buy 0", fill_of(Side.BUY, 5, 100))
    assert (ladder.round_trips.count, ladder.round_trips.whipsaw_cost) == (2, 10)


def test_a_fifth_long_slot_gets_a_stop_and_heals_at_the_next_sale() -> None:
    ladder = opened()
    bought(ladder, ladder.slots[4], 0, "buy 0", fill_of(Side.BUY, 5, 100))
    assert units(ladder) == ([-5, -4, -3, -2, -1], [])
    assert ladder.phase is Phase.ADVANCE
    ladder.touch(D(99))
    seller = next(stop.slot for stop in ladder.windows().stops if stop.unit == -2)
    sold(ladder, ladder.slots[seller], "sell -1", fill_of(Side.SELL, 5, 99))
    assert units(ladder) == ([-5, -4, -3, -2], [])


def test_without_trust_there_are_four_slots() -> None:
    assert len(opened(trust_slots=0).slots) == 4
    assert len(opened(trust_slots=2).slots) == 6


def test_reaching_decline_in_several_fills_reinvests_once() -> None:
    ladder = opened()
    for slot, unit in zip(reversed(ladder.slots[:SLOTS]), (-1, -2, -3, -4), strict=True):
        ladder.touch(ladder.grid.price(unit))
        for part in (2, 3):
            sold(ladder, slot, f"sell {unit}", fill_of(Side.SELL, part, ladder.grid.price(unit)))
    assert ladder.phase is Phase.DECLINE
    assert ladder.fragment == D("487.5")
    assert [buy.size for buy in ladder.windows().buys] == [D("5.02"), D("4.97"), D("4.92"), D("4.87")]


def test_coins_owed_as_dust_are_not_sold_once_more() -> None:
    """Somebody else has sold coins worth less than an order: a later sale of a slot's own is no cause to take
    them from the next buy."""
    ladder = opened()
    ladder.correct_dust(-Decimal("0.05"))
    sold(ladder, ladder.slots[0], "sell -4", fill_of(Side.SELL, 5, 96))
    assert (ladder.dust, ladder.oversold) == (-Decimal("0.05"), 0)
    ladder.take_dust(ladder.slots[1])
    assert (ladder.slots[1].coins, ladder.dust) == (Decimal("4.95"), 0)
