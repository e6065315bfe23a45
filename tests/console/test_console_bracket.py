"""A bracket on the screens: its prices and its sentence, with no word of a ladder."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from textual.pilot import Pilot

from hypertui.core.market import Side
from hypertui.port.commands import StopReason
from hypertui.port.snapshot import Snapshot
from hypertui.port.views import BracketView, PriceLine
from tests.console import states
from tests.console.desk import Desk
from tests.console.driving import drive

SIZES = [(40, 12), (80, 24), (120, 40), (200, 50)]


def showing(bracket: BracketView, position: D, **changes: object) -> Snapshot:
    """A snapshot of a bracket, in the market and at the price of a ladder's."""
    view = states.running()
    return replace(
        view,
        strategy="bracket",
        bracket=bracket,
        position=position,
        entry_price=None,
        phase="",
        unit=0,
        long_slots=0,
        next_up=None,
        next_down=None,
        position_map=(),
        cycles=(),
        slots=(),
        **changes,  # type: ignore[arg-type]
    )


def held(mark: D) -> BracketView:
    return BracketView(
        "held",
        average=mark - 100,
        stop=mark - 1_000,
        target=mark + 2_000,
        lines=(
            PriceLine("average", mark - 100),
            PriceLine("trailing stop", mark - 1_000, Side.SELL, None, "live"),
            PriceLine("take profit", mark + 2_000, Side.SELL, None, "live"),
        ),
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_held_bracket(size: tuple[int, int]) -> None:
    mark = states.running().mark
    assert mark is not None
    desk = Desk(snapshot=showing(held(mark), D("0.01")))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = desk.text
        assert "Holding 0.01000 BTC" in text
        assert "slot" not in text and "ladder" not in text.lower() and "buy size" not in text
        if size[1] > 12:
            assert f"{mark - 1_000:,.0f}" in text and "trailing stop" in text and "take profit" in text

    drive(desk.app, scenario, size)


def test_an_entry_under_way_says_how_much_is_bought_and_protected() -> None:
    mark = states.running().mark
    assert mark is not None
    bracket = BracketView(
        "buying", wanted=D("0.010"), bought=D("0.002"), entry=mark - 10, stop=mark * D("0.956"), average=mark
    )
    desk = Desk(snapshot=showing(bracket, D("0.002")))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        said = f"Buying: 0.00200 of 0.01000 BTC at {mark - 10:,.0f}, protected by a stop at "
        assert said in desk.text and "(−4.40 %)" in desk.text

    drive(desk.app, scenario, (200, 50))


def test_a_flat_one_waits_for_a_signal_and_says_why_it_bought_nothing() -> None:
    view = states.running()
    since = view.at - 12 * 60_000
    bracket = BracketView(
        "flat", since=since, given_up="the entry was moved 5 times and is given up", stays=1
    )
    desk = Desk(snapshot=showing(bracket, D(0)))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "Flat, waiting 12 m" in desk.text and "moved 5 times" in desk.text

    drive(desk.app, scenario, (200, 50))
