"""The guide of a first trade: it says what is so and what comes next, and goes away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.keymap import remap
from hypertui.console.keys import Key
from hypertui.console.lines import width_of
from hypertui.console.views.guide import LASTS, ROWS, guide
from hypertui.core.market import Side
from hypertui.port.commands import OnExit, StopReason
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import SlotState
from tests.console import states
from tests.console.parts import NOW
from tests.replay.recorded import record

NARROW = 78  # a terminal of 80 columns, within a border
KEYS = remap({})
SHORT = "p pauses: no new buys   q leaves, asks how   g hides this, as 5 min do"


def frame_of(snapshot: Snapshot, keys: Sequence[Key] = KEYS) -> Frame:
    began = replace(snapshot, started_at=NOW - 20_000)
    return Frame(began, NOW, keys=tuple(keys))


def said(frame: Frame, width: int = NARROW, height: int = ROWS) -> list[str]:
    return ["".join(span.text for span in row) for row in guide(frame, width, height)]


SAID = [
    (states.starting, [
        "A paper trade begins: an invented market, and no real money.",
        "It buys BTC in four slots. When the price falls they are sold one by one,",
        "a unit of 500 USD apart; when it rises again they are bought back.",
        SHORT,
    ]),
    (states.advance, [
        "All four slots are long; stops trail the price, a unit of 500 USD apart.",
        "↓ If the price falls to 65,500, the first slot is sold: 0.09789 BTC.",
        "↑ If it rises to 66,500, the lowest stop, at 64,000, follows it.",
        SHORT,
    ]),
    (states.running, [
        "The price has turned down: three slots are long, the other is sold.",
        "↓ If the price falls to 64,500, the next slot is sold: 0.09945 BTC.",
        "↑ If it rises to 65,500, a slot buys 0.09565 BTC, with a stop below.",
        SHORT,
    ]),
    (states.decline, [
        "All four slots are sold: a further fall of the price costs nothing.",
        "↓ If the price falls to 62,000, the highest buy, at 64,500, follows it.",
        "↑ If it rises to 63,000, a slot buys 0.10026 BTC, with a stop below.",
        SHORT,
    ]),
    (states.recovery, [
        "The price has turned up: two slots are long again, the others wait to buy.",
        "↓ If the price falls to 62,500, the next slot is sold: 0.09945 BTC.",
        "↑ If it rises to 63,500, a slot buys 0.09867 BTC, with a stop below.",
        SHORT,
    ]),
    (states.paused, [
        "Paused: three slots are long; nothing new is bought, and no stop moves.",
        "↓ If the price falls to 64,500, the next slot is sold: 0.09945 BTC.",
        "↑ If it rises to 65,500, a slot buys 0.09565 BTC, with a stop below.",
        SHORT.replace("p pauses: no new buys", "r resumes"),
    ]),
    (states.selling_out, [
        "Selling out: two slots are long, and nothing is bought any more.",
        "↓ If the price falls to 64,500, the next slot is sold: 0.09945 BTC.",
        "↑ If it rises to 65,500, the lowest stop, at 64,000, follows it.",
        SHORT,
    ]),
    (states.halted, [
        "Halted: three slots are long; the orders that are live stay as they are.",
        "↓ If the price falls to 63,000, the next slot is sold: 0.00018 BTC.",
        SHORT,
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("state", "words"), SAID)
def test_it_says_what_is_so_and_what_comes_next(state: Callable[[], Snapshot], words: Sequence[str]) -> None:
    assert said(frame_of(state())) == words


def test_it_follows_every_snapshot_of_a_trade(tmp_path: Path) -> None:
    seen = set()
    for snapshot in record("seed 0055", tmp_path).published:
        frame = replace(frame_of(snapshot), now=snapshot.at, snapshot=snapshot)
        rows = guide(frame, NARROW)
        assert len(rows) <= ROWS and all(width_of(row) <= NARROW for row in rows)
        assert not any(text.endswith("…") for text in said(frame))
        ways = (snapshot.next_down, snapshot.next_up)
        at_rest = all(slot.state is SlotState.LIVE for slot in snapshot.slots)
        if snapshot.mode is not Mode.RUNNING or not (at_rest and rows):
            continue
        seen.add(snapshot.phase)
        for text, side, way in zip(said(frame)[1:], (Side.SELL, Side.BUY), ways, strict=False):
            assert way is not None
            assert f" to {fmt.price(way.price, snapshot.instrument)}," in text
            due = [slot.size for slot in snapshot.slots if slot.side is side and slot.level == way.unit]
            assert (f" {due[0]} " in text) if due else ("follows it" in text)
    assert seen == {"advance", "retracement", "decline", "recovery"}


def test_orders_that_are_not_live_bring_nothing() -> None:
    assert said(frame_of(states.broken()))[1] == (
        "↓ If the price falls to 64,000, the next slot is sold: 0.10024 BTC."
    )
    bare = replace(states.advance(), slots=())
    assert len(said(frame_of(bare))) == 2


def test_paused_nothing_follows_the_price() -> None:
    for snapshot in (states.advance(), states.decline()):
        rows = said(frame_of(replace(snapshot, mode=Mode.PAUSED)))
        assert len(rows) == 3 and not any("follows" in row for row in rows)


def test_it_goes_after_five_minutes() -> None:
    frame = frame_of(states.advance())
    late = replace(frame.snapshot, started_at=NOW - LASTS + 1)
    assert len(guide(replace(frame, snapshot=late), NARROW)) == ROWS
    assert not guide(replace(frame, snapshot=replace(late, started_at=NOW - LASTS)), NARROW)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: replace(frame, leaving=OnExit.BUYS),
        lambda frame: replace(frame, ended=StopReason(0, "left")),
        lambda frame: replace(frame, crash="KeyError"),
        lambda frame: replace(frame, snapshot=states.silent()),
        lambda frame: replace(frame, snapshot=states.flat()),
        lambda frame: replace(frame, snapshot=replace(states.running(), phase="")),  # another strategy's
    ],
)
def test_it_is_silent_where_there_is_nothing_to_explain(change: Callable[[Frame], Frame]) -> None:
    frame = frame_of(states.advance())
    assert guide(frame, NARROW)
    other = change(frame)
    assert not guide(replace(other, snapshot=replace(other.snapshot, started_at=NOW - 20_000)), NARROW)


def test_the_keys_are_those_that_there_are() -> None:
    assert said(frame_of(states.advance()), 140)[-1] == (
        "p pauses: no new buys, and no stop moves   q leaves, and asks what becomes of the trade   "
        "g hides this, as five minutes do"
    )
    assert said(frame_of(states.advance(), remap({"pause": "f5"})))[-1] == (
        "f5 pauses: no new buys   q leaves, asks how   g hides this, as 5 min do"
    )
    assert said(frame_of(states.advance(), remap({"pause": ""})))[-1].startswith("q leaves")


def test_in_a_low_place_the_first_lines_count() -> None:
    frame = frame_of(states.recovery())
    assert said(frame, NARROW, 2) == said(frame)[:2]
    assert [len(row) for row in said(frame, 40)] == [40] * ROWS
