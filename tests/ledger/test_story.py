"""The story of one order, from a real trade and from hand-written ones, and the ways to name it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.core.market import Fill, Reason, Side
from hypertui.journal import Journal
from hypertui.journal.backup import back_up
from hypertui.journal.errors import JournalError
from hypertui.journal.history import History
from hypertui.journal.records import FillCause, FillRecord, OrderRecord, StatusRecord, StepRecord
from hypertui.ledger.order_history import NotFound, find, tell
from hypertui.ledger.order_history_text import RULES, in_words, record
from hypertui.ledger.reports import lists
from hypertui.ledger.scope import Scope
from tests.ledger.helpers import ID, TRADE

ENTRY, STOP, REPAIR = (f"0x{ID}{key}{1:012x}" for key in ("ff00", "0000", "0001"))
T = TRADE.started_at


def fill(
    number: int, order_id: int, client_id: str, side: Side, size: str, price: str, target: str
) -> FillRecord:
    made = Fill("BTC", side, D(size), D(price), D("0.5"), T + number * 1000, order_id, number, client_id)
    entry = client_id == ENTRY
    role, reason = ("entry", "ENTRY") if entry else ("stop", "LADDER_STOP")
    cause = FillCause(role, 0 if entry else -1, reason, "ladder", "feed")
    return FillRecord.of(ID, made, cause, D(target))


@pytest.fixture
def written(journal: Journal) -> Journal:
    """Two lots, a stop that closes one and a half of them, and another one that repairs a third that was
    lost."""
    stop = OrderRecord(
        ID, STOP, "stop", "stop/0", -1, Side.SELL, D("1.5"), "stop_market", "gtc", D(60_000), D(57_000), True,
        "LADDER_STOP", "ladder", T + 2_500, D(60_000), "the first stop of 1.5 coins", None, 3,
    )  # fmt: skip
    repair = replace(
        stop,
        client_id=REPAIR,
        key="stop/1",
        reason="REPAIR",
        why="the stop at unit -1 was lost",
        replaces=STOP,
    )
    journal.add(
        fill(1, 11, ENTRY, Side.BUY, "1", "50000", "49990"),
        fill(2, 12, ENTRY, Side.BUY, "1", "55000", "55000"),
        StepRecord(ID, 3, T + 2_400, D(60_100), "up", 2, {"phase": "advance", "position": "2"}),
        stop,
        StatusRecord(ID, STOP, T + 2_500, "sent"),
        StatusRecord(ID, STOP, T + 2_600, "live", 77),
        StatusRecord(ID, STOP, T + 3_000, "fired", 77),
        fill(3, 77, STOP, Side.SELL, "1", "60000", "60000"),
        fill(4, 77, STOP, Side.SELL, "0.5", "59994", "60000"),
        StatusRecord(ID, STOP, T + 4_000, "filled", 77),
        repair,
        StatusRecord(ID, REPAIR, T + 5_000, "rejected", None, "no margin"),
    )
    journal.commit()
    return journal


@pytest.fixture
def reader(written: Journal, url: str) -> Iterator[History]:
    """Somebody who only looks, beside the engine."""
    with History.open(url) as history:
        yield history


def test_the_example_of_first_in_first_out(reader: History) -> None:
    story = tell(reader, find(reader, STOP))
    assert [part.gross_pnl for part in story.allocations] == [10_000, D("2497")]
    assert [(part.opened.order_id, part.size) for part in story.allocations] == [(11, D(1)), (12, D("0.5"))]
    assert story.pnl == D("12497") - D("0.5") - D("0.25") - 2 * D("0.5")
    assert (story.size, story.fee, story.slippage) == (D("1.5"), D(1), D(3))
    assert story.reason == "LADDER_STOP"
    assert story.replaced_by == (REPAIR,)


def test_in_plain_words(written: Journal, reader: History) -> None:
    assert list(in_words(tell(reader, find(reader, STOP)))) == [
        f"ladder stop: sell 1.5 BTC at 60000, reduce-only, trade {ID} of BTC on paper",
        f"client id {STOP}, order 77, unit -1, stop/0, stop",
        "rule: a slot that holds coins has a stop-sell below the price",
        "2023-11-14 22:13:22.400  step 3: ▲ to unit +2 at 60100, advance, 2 held",
        "2023-11-14 22:13:22.500  decided: the first stop of 1.5 coins",
        "2023-11-14 22:13:22.500  meant to fill at 60000, at 57000 at worst",
        f"2023-11-14 22:13:22.500  written down, then sent as {STOP}",
        "2023-11-14 22:13:22.600  live",
        "2023-11-14 22:13:23.000  sold 1 at 60000, fee 0.5, exactly at its target",
        "2023-11-14 22:13:23.000  fired",
        "2023-11-14 22:13:24.000  sold 0.5 at 59994, fee 0.5, 6 worse than its target (+1.00 bps)",
        "2023-11-14 22:13:24.000  filled",
        "in all 1.5 at 59998 on average, fees 1 USD, slippage 3 USD (+0.33 bps)",
        "realised +12,495.25 USD, first in, first out, net of both fees",
        "  1: buy at 50000 2023-11-14 22:13:21.000 → sell at 60000 2023-11-14 22:13:23.000,"
        " fees 1, pnl +9,999.00",
        "  0.5: buy at 55000 2023-11-14 22:13:22.000 → sell at 59994 2023-11-14 22:13:24.000,"
        " fees 0.75, pnl +2,496.25",
        f"{REPAIR} went in its place",
    ]  # fmt: skip


def test_an_order_without_a_level_is_named_by_its_key_alone(written: Journal, reader: History) -> None:
    stop = next(order for order in written.orders(ID) if order.client_id == STOP)
    other = f"0x{ID}0201{1:012x}"
    written.add(replace(stop, client_id=other, role="target", key="target/1", level=None, step=None))
    written.commit()
    story = tell(reader, find(reader, other))
    assert list(in_words(story))[1] == f"client id {other}, no order id, target/1, target"
    told = json.loads(json.dumps(record(story)))["order"]
    assert (told["key"], told["unit"], told["type"]) == ("target/1", None, "stop_market")


def test_an_order_that_was_refused_says_what_it_replaced(reader: History) -> None:
    words = list(in_words(tell(reader, find(reader, REPAIR))))
    assert any(
        line.endswith(f"decided: the stop at unit -1 was lost (in the place of {STOP})") for line in words
    )
    assert words[-1].endswith("  rejected: no margin")
    assert not any("in all" in line for line in words)


def test_a_buy_says_who_sold_its_coins(reader: History) -> None:
    story = tell(reader, find(reader, ENTRY))
    assert story.order is None, "this journal has no row of it, as that of a rebuilt trade"
    assert story.reason == "ENTRY"
    assert {part.closed.order_id for part in story.allocations} == {77}
    assert story.pnl == 0
    assert story.slippage == 10
    assert not any("realised" in line for line in in_words(story))


def test_as_data_it_is_json_with_exact_amounts(reader: History) -> None:
    told = json.loads(json.dumps(record(tell(reader, find(reader, "77")))))
    assert told["order"]["target"] == "60000"
    assert [part["pnl"] for part in told["allocations"]] == ["9999", "2496.25"]
    assert told["fills"][1]["slippage_bps"] == "1"
    assert (told["filled"], told["slippage_usd"], told["replaced_by"]) == ("1.5", "3", [REPAIR])


@pytest.mark.parametrize("given", [STOP, STOP.upper().replace("X", "x"), "77", STOP[2:], "0000000000000001"])
def test_an_order_is_found_by_either_id_and_by_an_end_of_one(reader: History, given: str) -> None:
    assert find(reader, given).client_id == STOP


def test_the_whole_id_goes_before_what_only_begins_so(written: Journal, reader: History) -> None:
    written.add(StatusRecord(ID, REPAIR, T + 6_000, "live", 770))
    written.commit()
    assert find(reader, "77").client_id == STOP
    assert find(reader, "770").client_id == REPAIR


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"0x{ID}", "may mean 0x00c0ffee00c0ffee"),
        ("0xdead", "no order in the journal .* has the id 0xdead"),
        ("%", "order % is no client id"),
        ("", "is no client id"),
    ],
)
def test_no_order_or_more_than_one_is_said_in_one_line(reader: History, given: str, said: str) -> None:
    with pytest.raises(NotFound, match=said) as error:
        find(reader, given)
    assert "\n" not in str(error.value)


def test_coins_that_changed_hands_without_an_order_have_a_story(written: Journal, reader: History) -> None:
    made = Fill("BTC", Side.SELL, D("0.5"), D(40_000), D(0), T + 9_000, 99, 9, None)
    written.add(FillRecord.of(ID, made, FillCause("adopted", 0, "LIQUIDATION", "exchange", "adoption"), None))
    written.commit()
    story = tell(reader, find(reader, "99"))
    assert (story.order, story.client_id, story.reason, story.slippage) == (None, None, "LIQUIDATION", None)
    assert story.pnl == D("-7500.25")
    assert next(in_words(story)).startswith("liquidation: order 99 at the exchange (no order of ours)")


def test_the_coins_of_an_earlier_trade_are_sold_first_as_in_the_ledger(url: str) -> None:
    """A trade that was halted leaves coins behind; the next one in that market takes them over."""
    first, second = TRADE, replace(TRADE, id="f" * 16, started_at=T + 5_000)
    bought = fill(1, 11, ENTRY, Side.BUY, "1", "50000", "50000")
    sold = replace(
        fill(6, 61, STOP, Side.SELL, "1.5", "60000", "60000"), trade_id=second.id, start_position=D("1.5")
    )
    with Journal.open(url) as journal:
        journal.begin(first)
        journal.add(replace(bought, start_position=D(0)))
        journal.end(first.id, T + 4_000, "given up")
        journal.commit()
        journal.begin(second)
        journal.add(sold)
    with History.open(url) as reader:
        story = tell(reader, find(reader, "61"))
        (row,) = lists.allocations(Scope(reader, TRADE.network))
    assert [(part.opened.order_id, part.size, part.pnl) for part in story.allocations] == [
        (11, D(1), row["pnl"])
    ]
    assert story.unmatched == D("0.5"), "and the rest is nobody's short"
    assert "0.5 closed coins that no fill here opened: see hypertui ledger review" in in_words(story)


# Only looking


def test_looking_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal at"):
        History.open(f"sqlite:///{tmp_path}/a/j.db")
    assert list(tmp_path.iterdir()) == []
    copy = tmp_path / "copy.db"
    with Journal.open(f"sqlite:///{tmp_path}/j.db") as journal:
        journal.begin(TRADE)
    back_up(f"sqlite:///{tmp_path}/j.db", copy)
    before = copy.read_bytes()
    with History.open(f"sqlite:///{copy}") as history:
        assert [trade.id for trade in history.trades()] == [ID]
        assert history.size() == len(before)
    assert copy.read_bytes() == before


def test_every_reason_has_a_rule() -> None:
    assert set(RULES) == set(Reason)
