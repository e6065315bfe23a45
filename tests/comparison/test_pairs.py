"""Which fill stands for which: of one side and level, in order, whatever one of both lacks."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.comparison.order_fills import OrderFill
from hypertui.comparison.pairs import paired
from hypertui.core.market import ZERO, Side
from hypertui.execution.orders import Role

LAST = Decimal(100)


def fill_at(at: int, level: int, price: int, market: int | None = None) -> OrderFill:
    role, side = (Role.BUY, Side.BUY) if level % 2 else (Role.STOP, Side.SELL)
    market_price = None if market is None else Decimal(market)
    fill = OrderFill(role, side, level, "LADDER", Decimal(90 + level), at, at - 1, Decimal(90 + level))
    fill.market = market_price
    fill.add(Decimal("0.5"), Decimal(price), Decimal("0.01"))
    return fill


WALK = st.lists(st.tuples(st.integers(0, 3), st.integers(80, 120)), max_size=12)


@given(WALK, WALK, st.sets(st.integers(0, 11)), st.integers(0, 400))
@settings(max_examples=60)
def test_each_fill_counts_once_and_the_parts_are_the_whole(
    walk: list[tuple[int, int]], other: list[tuple[int, int]], lacking: set[int], late: int
) -> None:
    recorded = [fill_at(n * 1_000 + late, level, price, price + 1) for n, (level, price) in enumerate(walk)]
    simulated = [fill_at(n * 1_000, level, price) for n, (level, price) in enumerate(other)]
    simulated = [fill for n, fill in enumerate(simulated) if n not in lacking]
    pairs = paired(recorded, simulated, LAST)
    assert sorted(id(pair.recorded) for pair in pairs if pair.recorded) == sorted(map(id, recorded))
    assert sorted(id(pair.simulated) for pair in pairs if pair.simulated) == sorted(map(id, simulated))
    for pair in pairs:
        if pair.recorded and pair.simulated:
            assert pair.recorded.place == pair.simulated.place
        known = pair.slippage + pair.latency_cost + pair.simulated_cost + pair.fee + pair.size
        assert pair.total == known
    worth = sum((fill.worth(LAST) for fill in recorded), ZERO)
    assert sum((pair.total for pair in pairs), ZERO) == worth - sum(
        (fill.worth(LAST) for fill in simulated), ZERO
    )


@given(WALK, st.integers(0, 11), st.integers(0, 400))
@settings(max_examples=60)
def test_one_that_is_missing_leaves_its_own_alone(walk: list[tuple[int, int]], gap: int, late: int) -> None:
    recorded = [fill_at(n * 1_000 + late, level, price) for n, (level, price) in enumerate(walk)]
    simulated = [fill_at(n * 1_000, level, price) for n, (level, price) in enumerate(walk)]
    missing = simulated[gap : gap + 1]
    del simulated[gap : gap + 1]
    alone = [pair for pair in paired(recorded, simulated, LAST) if pair.simulated is None]
    assert [pair.at for pair in alone] == [fill.at + late for fill in missing]
