"""What the exchange holds for the account, by its answers and its fills in whatever order they come."""

from __future__ import annotations

from decimal import Decimal as D
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Fill, Side
from hypertui.exchange.protocol import AccountState, Collateral
from hypertui.execution.knowledge import Knowledge

# Milliseconds between what happens, and what that is: a purchase, or an answer about the account. Every fill
# adds, so that no position comes back and each start is one moment of its own.
COURSE = st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=1, max_size=12)


@given(COURSE, st.randoms(use_true_random=False))
def test_answers_and_fills_of_one_millisecond_are_told_apart(
    course: list[tuple[int, bool]], random: Random
) -> None:
    now, held = 1_000, D(0)
    heard: list[Fill | AccountState] = [account(now - 1, held)]
    for number, (later, is_fill) in enumerate(course):
        now += later
        if is_fill:
            heard.append(Fill("SOL", Side.BUY, D(1), D(150), D(0), now, number, 1, None, start_position=held))
            held += 1
        else:
            heard.append(account(now, held))
    knowledge = Knowledge()
    for each in delayed(heard, random):
        if isinstance(each, Fill):
            knowledge.on_fill(each)
            knowledge.on_fill(each)
        else:
            knowledge.on_account(each, each.time)
    assert knowledge.position == held


def test_a_fill_that_does_not_say_what_was_held_before_counts_as_in_the_answer() -> None:
    knowledge = Knowledge()
    knowledge.on_account(account(5, D(0)), 5)
    knowledge.on_fill(Fill("SOL", Side.BUY, D(1), D(150), D(0), 5, 1, 1, None))
    assert knowledge.position == 0


def delayed(heard: list[Fill | AccountState], random: Random) -> list[Fill | AccountState]:
    """Both come in the order of their own kind; which kind is late is chance."""
    fills = [each for each in heard if isinstance(each, Fill)]
    answers = [each for each in heard if isinstance(each, AccountState)]
    came: list[Fill | AccountState] = []
    while fills or answers:
        came.append((fills if not answers or (fills and random.random() < 0.5) else answers).pop(0))  # type: ignore[attr-defined]
    return came


def account(at: int, held: D) -> AccountState:
    return AccountState(D(10_000), D(0), held, None, None, 20, D(0), at, Collateral(D(10_000), D(0), D(0)))
