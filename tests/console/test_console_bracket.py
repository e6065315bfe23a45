"""A bracket on the screens: told to enter by a key, its picture, its sentence, with no word of a ladder."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some
from textual.pilot import Pilot

from hypertui.console.frame import Frame
from hypertui.console.keys import KEYS
from hypertui.console.lines import Tone
from hypertui.console.views import status_line
from hypertui.console.views.bracket import lines as price_lines
from hypertui.console.views.bracket.axis import PriceAxis
from hypertui.console.views.bracket.picture import BracketPicture
from hypertui.console.views.key_bar import key_bar
from hypertui.console.views.phone import phone
from hypertui.core.market import Side
from hypertui.port.commands import StopReason, Verb
from hypertui.port.snapshot import Network, Snapshot
from hypertui.port.views import PriceLine
from tests.console import parts, states
from tests.console.desk import Desk
from tests.console.driving import drive, until

SIZES = [(40, 12), (80, 24), (120, 40), (200, 60)]


def tone_of(view: Snapshot, id: str) -> Tone:
    """In which tone the key bar of the main page writes a key."""
    key = next(key for key in KEYS if key.id == id)
    (row,) = key_bar(Frame(view, parts.NOW), 200, 1)
    return next(span.role for span in row if span.text == key.written)


# The key


def test_the_key_says_what_it_buys_and_where_the_stop_will_be_and_tells_it() -> None:
    desk = Desk(snapshot=states.bracket())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "O")
        text = desk.text
        assert "buys      0.40314 BTC, about 25,599.39 USD at 5x" in text
        assert "by        post-only limit at 63,500, it stays there" in text
        assert "stop      near 61,652 (−2.91 %), from the first fill on" in text
        assert "it loses 767.98 USD, fees of both ways among it" in text
        assert "then      an exit sells it" in text and "30 min after that it may be told again" in text
        await desk.press(pilot, "escape")
        assert desk.verbs == []
        await desk.open(pilot, "O")
        await desk.press(pilot, "y")
        await until(pilot, lambda: desk.verbs == [Verb.OPEN])
        assert "open" in desk.text, "what becomes of it is told as of each command"

    drive(desk.app, scenario)


def test_on_mainnet_it_is_typed() -> None:
    desk = Desk(snapshot=replace(states.bracket(), network=Network.MAINNET))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "O")
        await desk.press(pilot, "y", "enter")
        assert desk.asking and desk.verbs == []
        await desk.press(pilot, "backspace", *"OPEN", "space", *"BTC", "enter")
        await until(pilot, lambda: desk.verbs == [Verb.OPEN])

    drive(desk.app, scenario)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("bought", "open is refused: it holds 0.40314 BTC already"),
        ("entering", "open is refused: its entry is under way already"),
        ("cooling", "open is refused: it cools down for 27 min more"),
    ],
)
def test_where_nothing_would_come_of_it_the_key_is_dim_and_says_why(state: str, why: str) -> None:
    view = states.scene(state).snapshot
    assert tone_of(view, "open_position") is Tone.OFF
    assert tone_of(states.bracket(), "open_position") is Tone.KEY
    desk = Desk(snapshot=view)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "O")
        assert why in desk.text and not desk.asking and desk.verbs == []

    drive(desk.app, scenario)


def test_a_ladder_has_no_such_key() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "O")
        assert not desk.asking and "OPEN" not in desk.text
        await desk.press(pilot, "question_mark")
        assert "tell a flat bracket" not in desk.text

    drive(desk.app, scenario)


# The picture


@pytest.mark.parametrize("size", SIZES)
def test_a_held_bracket_says_what_it_holds_under_which_stop(size: tuple[int, int]) -> None:
    desk = Desk(snapshot=states.bought())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = desk.text
        assert "Holding 0.40314 BTC" in text and "100 % protected" in text
        assert "slot" not in text and "ladder" not in text.lower() and "buy size" not in text
        for line, at in (("take profit", "64,809"), ("trailing stop", "64,009"), ("average", "63,500")):
            assert any(line in row and at in row for row in text.splitlines())

    drive(desk.app, scenario, size)


def test_the_picture_has_its_fills_and_lines_and_what_is_out_of_sight_at_its_edge() -> None:
    desk = Desk(snapshot=states.cooling())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        rows = desk.text.splitlines()
        assert any("▲" in row and "63,495" in row for row in rows), "bought at 63,500"
        assert any("▼" in row and "63,963" in row for row in rows), "sold at 63,963"
        assert any("◄ 63,700.0" in row for row in rows)
        assert any(row.count("14:0") == 3 for row in rows), "the times"
        desk.engine.snapshot = states.bought()
        rows = (await desk.press(pilot)).splitlines()
        assert any("╌╌╌" in row and "▼ trailing stop" in row and "64,009   −0.51 %" in row for row in rows)
        assert any("···" in row and "· average" in row for row in rows)
        assert any("↓ liquidation" in row and "31,658  −50.80 %" in row for row in rows)
        assert "✓ 2 orders live = 1 stop + 1 target" in desk.text

    drive(desk.app, scenario)


def test_the_mouse_finds_the_fills_of_the_picture() -> None:
    view, picture = states.cooling(), BracketPicture()
    assert view.bracket is not None
    rows = picture.lines(Frame(view, parts.NOW), view.bracket, 118, 21)
    drawn = ["".join(span.text for span in row) for row in rows]
    found = {
        char: picture.fill_at(row.index(char), y)
        for y, row in enumerate(drawn)
        for char in "▲▼"
        if char in row
    }
    assert {char: fill and (fill.side, fill.price) for char, fill in found.items()} == {
        "▲": (Side.BUY, D(63_500)),
        "▼": (Side.SELL, D(63_963)),
    }
    assert picture.fill_at(0, 0) is None


@given(
    some.lists(some.integers(1, 40).map(lambda price: price * 10), min_size=1, max_size=9, unique=True),
    some.integers(9, 30),
)
def test_each_line_beside_the_picture_has_a_row_of_its_own_in_their_order(
    prices: list[int], height: int
) -> None:
    axis = PriceAxis.over([100.0, 300.0], height)
    lines = [PriceLine(f"line {price}", D(price)) for price in sorted(prices, reverse=True)]
    placed = [(int(axis.down(float(one.price)) // 1), one) for one in lines]
    rows = price_lines.beside(Frame(states.bought(), parts.NOW), placed, 48, height)
    assert len(rows) == height
    texts = ["".join(span.text for span in row) for row in rows]
    at = [next(y for y, text in enumerate(texts) if f"{one.name} " in text) for one in lines]
    assert at == sorted(set(at))
    for y, (row, one) in zip(at, placed, strict=True):
        assert ("↑" in texts[y], "↓" in texts[y]) == (row < 0, row >= height), one


def test_a_stop_that_does_not_trail_yet_says_from_where_on() -> None:
    held = states.filled().bracket
    assert held is not None
    lines = {each.name: each for each in held.lines}
    assert lines["stop trails from"].side is None and lines["hard stop"].state == "live"
    assert lines["stop trails from"].price == D(64_174), "1 % above what the coins have cost, after both fees"


# Its words


def test_an_entry_under_way_says_how_much_is_bought_and_protected() -> None:
    view = states.entering()
    assert view.bracket is not None
    part = replace(view.bracket, bought=D("0.1"), stop=D(61_633))
    said = status_line.waiting(Frame(replace(view, bracket=part, position=D("0.1")), parts.NOW)).text
    assert said == "Buying: 0.10000 of 0.40314 BTC at 63,500, protected by a stop at 61,633 (−3.64 %)"
    short = status_line.waiting(Frame(replace(view, bracket=part, position=D("0.1")), parts.NOW), 60).text
    assert short == "Buying: 0.10000 of 0.40314 BTC at 63,500, stop at 61,633"


def test_a_flat_one_says_what_it_would_buy_and_why_it_bought_nothing() -> None:
    view = states.bracket()
    assert view.bracket is not None
    given_up = replace(view.bracket, given_up="the entry was moved 5 times and is given up")
    desk = Desk(snapshot=replace(view, bracket=given_up))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "Flat, waiting 1 min for a signal; the entry was moved 5 times" in desk.text
        assert "O enters now" in desk.text
        assert (
            "Next entry: 0.40314 BTC for 25,599.39 USD, post-only limit at 63,500, stop 61,652" in desk.text
        )

    drive(desk.app, scenario)


def test_an_exit_is_said_to_do_what_it_does() -> None:
    view = replace(states.bought(), ends_by="hard stop")
    assert view.bracket is not None
    frame = Frame(view, parts.NOW)
    assert status_line.waiting(frame).text == (
        "The hard stop closes the position: sells all; then it waits for its next entry"
    )
    last = replace(view, bracket=replace(view.bracket, reenters_after=None))
    assert status_line.waiting(Frame(last, parts.NOW)).text == "The hard stop ends the trade: sells all"
    desk = Desk(snapshot=view)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "EXITS  the hard stop closes the position" in await desk.press(pilot, "9")
        assert "closes the position; net" in desk.text
        assert "no guard is set" in desk.text

    drive(desk.app, scenario)


def test_its_map_says_that_there_is_none() -> None:
    desk = Desk(snapshot=states.bought())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "4")
        assert "a bracket has no units: its prices are on 1, its orders on 2, its exits on 9" in text
        assert "wanted: by the bracket" in await desk.press(pilot, "2")

    drive(desk.app, scenario, (80, 24))


def test_an_order_of_all_that_is_held_is_not_said_to_be_of_nothing() -> None:
    desk = Desk(snapshot=states.bought())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "2")
        stop = next(row for row in desk.text.splitlines() if "▼ stop" in row)
        assert stop.split()[5:7] == ["all", "all"], stop
        text = await desk.press(pilot, "down", "enter")
        assert "DETAILS" in text and "size            all" in text

    drive(desk.app, scenario)


def test_on_a_small_screen_all_lines_under_the_orders_begin_at_the_margin() -> None:
    desk = Desk(snapshot=states.bought())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot)
        rows = [row for row in desk.text.splitlines() if row.strip()]
        assert all(row.startswith((" ", "►")) for row in rows), rows

    drive(desk.app, scenario, (80, 24))


def test_what_all_stops_bring_stands_apart_from_the_net_result_on_the_narrowest_phone() -> None:
    view = replace(states.bought(), net_pnl=D("-10010.22"))
    rows = ["".join(span.text for span in row) for row in phone(Frame(view, parts.NOW), 40, 20)]
    (net,) = (row for row in rows if row.startswith("net"))
    assert " to all stops" in net, net
