"""When the fall of a coin on the HODL list is said, and how often."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hypertui.exchange.protocol import HeldCoins
from hypertui.risk.hodl import FALL, judge_hodl

CHANGES = st.lists(st.decimals(D("-0.3"), D("0.3"), places=4), min_size=1, max_size=40)


@given(CHANGES)
def test_it_is_said_at_the_line_and_again_only_after_it_was_over(changes: list[D]) -> None:
    low, said = False, []
    for change in changes:
        low = judge_hodl("BTC", D(1), change, was_low=low).is_low
        said.append(low)
        if -change >= FALL:
            assert low
        if -change < D("0.095"):
            assert not low
    for (before, after), change in zip(pairwise(said), changes[1:], strict=True):
        if after and not before:
            assert -change >= FALL


def test_what_it_says() -> None:
    verdict = judge_hodl("BTC", D("0.5"), D("-0.1234"), was_low=False)
    assert verdict.text == "0.5 BTC, 12.34 % below what they have cost"
    assert verdict.used == D("1.234")
    assert (
        judge_hodl("BTC", D("0.5"), D("0.02"), was_low=True).text
        == "0.5 BTC, 2.00 % above what they have cost"
    )
    nothing = judge_hodl("BTC", D(0), D(0), was_low=True)
    assert (nothing.text, nothing.is_low, nothing.used) == ("nothing is held", False, 0)


@given(st.decimals(D("0.01"), D(10), places=2), st.decimals(D(1), D(1000), places=1), st.booleans())
def test_a_loss_is_one_whichever_side_is_held(size: D, entry: D, is_short: bool) -> None:
    cost = size * entry
    coins = HeldCoins(-size if is_short else size, entry, -cost / 5)
    assert abs(coins.change + D("0.2")) < D("1e-20")
