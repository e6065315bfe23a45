"""Every price path over a small grid, against the table of steps taken literally."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from hypertui.strategy.ladder.plan import Reinvest
from tests.strategy.driver import Table, Walk, plan_of

MOVES = 12
MOVES_WITH_GAPS = 8


def _pair(reinvest: Reinvest, fee_rate: str) -> tuple[Walk, Table]:
    # 20.03 coins: three quarters of 5.00, and 5.03 in the slot with the lowest stop.
    walk = Walk.start(plan_of(reinvest=reinvest, position_size=Decimal("2003.99")), fee_rate=fee_rate)
    return walk, Table(reinvest, Fraction("20.03"), Fraction(fee_rate))


def _move(walk: Walk, table: Table, units: int) -> None:
    """Move both by so many units; the ladder in one jump."""
    moves = walk.to(100 + table.c + units)
    assert len(moves) == abs(units)
    for _ in range(abs(units)):
        if units > 0:
            table.up()
        else:
            table.down()


def _check(walk: Walk, table: Table) -> None:
    ladder = walk.ladder
    windows = ladder.windows()
    k, c = len(windows.stops), ladder.unit
    stops = [stop.unit for stop in windows.stops]
    buys = [buy.unit for buy in windows.buys]
    assert stops == list(range(c - k, c))
    assert buys == list(range(c + 1, c + 5 - k))
    assert len(set(stops) | set(buys)) == 4
    assert ladder.long_slots == k
    assert sum(stop.size for stop in windows.stops) == ladder.book.position

    assert c == table.c
    assert [(stop.unit, stop.size) for stop in windows.stops] == table.stops
    assert [(buy.unit, buy.size) for buy in windows.buys] == table.buys
    assert ladder.phase == table.phase
    assert ladder.halted == ""


@pytest.mark.parametrize("reinvest", Reinvest)
def test_every_path_of_single_units_follows_the_table(reinvest: Reinvest) -> None:
    def descend(walk: Walk, table: Table, moves: int) -> int:
        _check(walk, table)
        assert walk.ladder.book.realized_pnl == table.realized
        if reinvest is not Reinvest.CONTINUOUS:
            assert walk.ladder.fragment == table.fragment
        if moves == 0:
            return 1
        paths = 0
        for units in (1, -1):
            then = (walk.clone(), table.clone()) if units == 1 else (walk, table)
            _move(*then, units)
            paths += descend(*then, moves - 1)
        return paths

    assert descend(*_pair(reinvest, "0.001"), MOVES) == 2**MOVES


def test_every_path_with_gaps_follows_the_table() -> None:
    """All 5 ** 8 paths of moves from -2 to +2 units; paths that meet in one state are walked on once."""
    walk, table = _pair(Reinvest.OFF, "0")
    states = {_state(walk, table): (walk, table)}
    paths = {_state(walk, table): 1}
    for _ in range(MOVES_WITH_GAPS):
        reached: dict[object, tuple[Walk, Table]] = {}
        ways: dict[object, int] = {}
        for state, (walk, table) in states.items():
            for units in (-2, -1, 0, 1, 2):
                then = walk.clone(), table.clone()
                _move(*then, units)
                key = _state(*then)
                ways[key] = ways.get(key, 0) + paths[state]
                if key not in reached:
                    _check(*then)
                    reached[key] = then
        states, paths = reached, ways
    assert sum(paths.values()) == 5**MOVES_WITH_GAPS


def _state(walk: Walk, table: Table) -> object:
    """All that decides what comes next; without reinvestment no money does."""
    slots = tuple((slot.coins, slot.stop_unit) for slot in walk.ladder.slots)
    rows = tuple(table.stops), tuple(table.buys), table.phase, table.pure
    return walk.ladder.unit, walk.ladder.phase, slots, tuple(walk.buys.items()), rows
