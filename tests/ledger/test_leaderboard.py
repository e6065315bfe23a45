"""Standings: who is proven and why not, their order, and the keys that samples go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.journal.records import CommandRecord, IntentRecord, SettingsRecord, TradeRecord
from hypertui.ledger.leaderboard import INFINITE, LEAST, BoardStanding, BoardTerms, leaderboard, standing_of
from hypertui.ledger.sample_keys import BoardKey, SampleKeys
from hypertui.ledger.samples import TradeSample
from tests.ledger.helpers import ID, TRADE

DAY = 86_400_000
NOW = TRADE.started_at + 100 * DAY
TERMS = BoardTerms()
WINS = st.lists(st.decimals("0.01", 500, places=2), min_size=LEAST, max_size=40)
NETS = st.lists(st.decimals(-500, 500, places=2), min_size=2, max_size=40)


def sample(net: D | str, age: float = 1, trade: TradeRecord = TRADE, **fields: object) -> TradeSample:
    """One that ended so many days ago, with fees of 0.1."""
    at = NOW - round(age * DAY)
    made = TradeSample(trade, "ladder", at - 1_000, at, D(net) + D("0.1"), D("0.1"), D(0), True)
    return replace(made, **fields)  # type: ignore[arg-type]


def one(nets: Sequence[D | str], ages: Sequence[float] = (), terms: BoardTerms = TERMS) -> BoardStanding:
    aged = zip(nets, ages or [1.0] * len(nets), strict=True)
    (found,) = leaderboard([("BTC", sample(net, age)) for net, age in aged], terms, NOW)
    return found


@given(WINS, st.lists(st.floats(0, 29.9), min_size=40, max_size=40))
def test_what_has_never_lost_has_an_infinite_profit_factor_and_can_be_proven(
    wins: list[D], ages: list[float]
) -> None:
    found = one(wins, ages[: len(wins)])
    assert (found.profit_factor, found.win_rate, found.max_drawdown) == (INFINITE, 1, 0)
    bound = found.weighted.lower_bound
    assert bound is not None
    assert found.is_proven == (bound > 0)
    assert one([D(3)] * len(wins), ages[: len(wins)]).is_proven


@given(NETS, st.integers(2, 50))
def test_a_larger_stake_proves_nothing(nets: list[D], scale: int) -> None:
    small, large = one(nets).weighted, one([net * scale for net in nets]).weighted
    assert small.lower_bound is not None and large.lower_bound is not None
    assert float(large.lower_bound) == pytest.approx(float(small.lower_bound) * scale, abs=1e-9)


def test_figures_by_hand() -> None:
    found = one(["2", "-1", "0.004", "-3", "5"], [5, 4, 3, 2, 1], BoardTerms(half_life=D(10**6)))
    assert (found.n, found.wins, found.losses, found.break_evens) == (5, 2, 2, 1)
    assert (found.net, found.win_rate, found.profit_factor) == (D("3.004"), D("0.5"), D("1.75"))
    assert (found.max_drawdown, found.fees, found.gross) == (D("3.996"), D("0.5"), D("3.504"))
    assert found.fee_share == D("0.5") / D("3.504")
    # 0.6008 - 1.645 · √(37.19521 / 4) / √5, each as heavy as the others
    bound = found.weighted.lower_bound
    assert bound is not None
    assert float(bound) == pytest.approx(-1.64253, abs=2e-5)
    lost = one(["-1", "-2"])
    assert (lost.profit_factor, lost.fee_share) == (0, None)
    assert one(["0", "0"]).profit_factor is None


def test_the_newest_count_most() -> None:
    good_before = one(["4"] * 10 + ["-1"] * 10, [20.0] * 10 + [1.0] * 10).weighted
    good_now = one(["-1"] * 10 + ["4"] * 10, [20.0] * 10 + [1.0] * 10).weighted
    assert good_before.mean < 0 < D(3) < good_now.mean
    one_ago = one(["0", "3"], [7, 0])
    assert one_ago.weighted.mean == 2, "after a half-life it counts half"


@pytest.mark.parametrize(
    ("nets", "age", "fields", "why"),
    [
        (["3", "4"] * 10, 1, {}, ""),
        (["3", "4"] * 10, 29.99, {}, ""),
        (["3", "4"] * 10, -0.01, {}, ""),  # by a clock that goes ahead
        (["3", "4"] * 9 + ["3"], 1, {}, "it takes 20 samples"),
        (["3", "-4"] * 10, 1, {}, "its lower bound is not above 0"),
        (["0"] * 20, 1, {}, "its lower bound is not above 0"),
        (["3"] * 20, 1, {"adds_up": False}, "20 of its samples do not add up: hypertui ledger review"),
    ],
)
def test_why_something_is_not_proven(
    nets: list[str], age: float, fields: dict[str, object], why: str
) -> None:
    (found,) = leaderboard([("BTC", sample(net, age, **fields)) for net in nets], TERMS, NOW)
    assert (found.why, found.is_proven) == (why, not why)


def test_what_is_older_than_the_window_does_not_count() -> None:
    assert leaderboard([("BTC", sample("3", 30))], TERMS, NOW) == []
    assert leaderboard([("BTC", sample("3", 30))], BoardTerms(days=D(31)), NOW)[0].n == 1


def test_proven_ones_first_then_by_the_bound_and_last_what_has_none() -> None:
    given = {
        "lucky": ["90", "91"],
        "steady": ["3", "4"] * 10,
        "better": ["5", "6"] * 10,
        "alone": ["500"],
        "bad": ["-3", "-4"] * 10,
    }
    pairs = [(key, sample(net)) for key, nets in given.items() for net in nets]
    board = leaderboard(pairs, TERMS, NOW)
    assert [each.key for each in board] == ["better", "steady", "lucky", "bad", "alone"]
    assert standing_of("bad", board) == board[3]
    assert standing_of("nobody", board) is None


SNAPSHOT = {
    "name": "btc-1", "symbol": "BTC", "strategy": "ladder", "unit_size": "0.4%", "position_size": "10000",
    "leverage": 5, "hard_stop": "", "take_profit": "3%", "account": None,
}  # fmt: skip
INTENT = IntentRecord(
    "1" * 32, "paper", "webhook:tv", "k", "open", "BTC", 1, 1, 2, "DONE", command_id="intent-" + "1" * 32
)


def keys(url: str, samples: Sequence[TradeSample], by: BoardKey) -> list[str]:
    with History.open(url) as history:
        found = SampleKeys(history)
        return [found.of(each, by) for each in samples]


def test_the_source_is_who_had_the_trade_begin(file_url: str) -> None:
    from hypertui.journal.intents import IntentJournal

    told, alone = (
        replace(TRADE, id=f"{n:016x}", symbol=f"M{n}", settings={"strategy": "ladder"}) for n in (1, 2)
    )
    with Journal.open(file_url) as journal:
        for trade in (told, alone):
            journal.begin(trade)
        journal.add(
            CommandRecord(
                told.id, 5, INTENT.command_id, "start", "webhook:tv", "webhook:tv", "confirmed", 1, ""
            )
        )
    intents = IntentJournal.open(file_url, "paper")
    intents.receive(INTENT)
    intents.close()
    given = [sample("1", trade=told), sample("1", trade=told, source="operator"), sample("1", trade=alone)]
    assert keys(file_url, given, "source") == ["webhook:tv", "operator", "ladder"]
    assert keys(file_url, given, "symbol") == ["M1", "M1", "M2"]


def test_settings_are_told_apart_by_what_bears_on_the_result(file_url: str) -> None:
    def start(at: int, *tables: dict[str, object]) -> SettingsRecord:
        return SettingsRecord(ID, at, "ab" * 32, {"network": "paper", "trades": list(tables)})

    other = {**SNAPSHOT, "symbol": "SOL"}
    changed = {**SNAPSHOT, "reinvest": "none"}
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        journal.add(
            start(NOW - 9 * DAY, other, SNAPSHOT),
            start(NOW - 6 * DAY, {**SNAPSHOT, "name": "again", "entry_price": "5"}),
            start(NOW - 3 * DAY, changed),
        )
    first, same, later = keys(file_url, [sample("1", 8), sample("1", 5), sample("1", 2)], "settings")
    said = "BTC ladder, unit size 0.4%, position size 10,000 USD, leverage 5 ×, take profit 3% #"
    assert first.startswith(said) and later.startswith(said)
    assert first == same != later


def test_settings_that_nobody_wrote_down_are_the_trades_terms(file_url: str) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
    terms = {"strategy": "bracket", "position_size": "300", "settled_at": "150", "hard_stop": "0.05"}
    given = [sample("1", trade=replace(TRADE, settings={**terms, "settled_at": at})) for at in ("150", "151")]
    one, other = keys(file_url, given[:1], "settings"), keys(file_url, given[1:], "settings")
    assert one == other
    assert one[0].startswith("BTC bracket, position size 300 USD, hard stop 0.05 #")
