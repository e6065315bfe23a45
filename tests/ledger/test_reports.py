"""What the reports say, worked out by hand beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_DOWN
from decimal import Decimal as D
from pathlib import Path
from typing import cast

import pytest

from hypertui.core.market import ZERO, Side
from hypertui.core.transfers import amount_of
from hypertui.journal import Journal
from hypertui.journal.history import History, OrderedFill
from hypertui.journal.records import (
    FillCause,
    FillRecord,
    FundingRecord,
    OrderRecord,
    SettingsRecord,
    StepRecord,
    TradeRecord,
    TransferRecord,
)
from hypertui.ledger.check import MarketCheck, Verdict, check
from hypertui.ledger.reports import lists
from hypertui.ledger.reports.equity import EquityCurve
from hypertui.ledger.reports.exits import Exit
from hypertui.ledger.reports.profit import CROSS, GROUPS, Results, statement
from hypertui.ledger.reports.statement_words import statement_in_words
from hypertui.ledger.scope import Scope
from tests.ledger.facts import fill, told
from tests.ledger.helpers import ID, TRADE

BUY, SELL = Side.BUY, Side.SELL
DAY = 86_400_000
START = TRADE.started_at - TRADE.started_at % DAY
HASH = "0x" + "0" * 64


def order(number: int, role: str, side: Side, unit: int, trigger: int | None, size: str = "1") -> OrderRecord:
    reason = {"buy": "LADDER_BUY", "stop": "LADDER_STOP", "close": "MANUAL"}[role]
    key = {"buy": "entry/0", "stop": "stop/0", "close": "close/0"}[role]
    price = None if trigger is None else D(trigger)
    kind, tif = ("ioc", "ioc") if price is None else ("stop_market", "gtc")
    return OrderRecord(
        ID, f"0x{number}", role, key, unit, side, D(size), kind, tif, price, D(1), False, reason, "ladder",
        START, price, "due", None, 0,
    )  # fmt: skip


def executed(number: int, of: OrderRecord, price: str, at: int, fee: str, size: str = "1") -> FillRecord:
    made = fill(of.side, size, price, at=at, number=number, fee=fee)
    cause = FillCause(of.role, of.level, of.reason, of.source, "feed")
    return FillRecord.of(ID, replace(made.fill, client_id=of.client_id), cause, of.target)


STOP, BACK = order(2, "stop", SELL, -1, 90), order(3, "buy", BUY, 0, 100)
LAST = order(4, "stop", SELL, -1, 100, "2")
ENTRY = replace(
    fill(BUY, "2", 100, at=START + 1_000, number=1, fee="0.20"), role="entry", client_id="0xe", reason="ENTRY"
)
FILLS = told(
    [
        ENTRY,
        executed(2, STOP, "89.5", START + 11_000, "0.09"),
        executed(3, BACK, "100.5", START + 21_000, "0.10"),
        executed(4, LAST, "110", START + DAY + 1_000, "0.11"),
        executed(5, LAST, "111", START + DAY + 1_001, "0.12"),
    ]
)
FILLS[4] = replace(FILLS[4], order_id=4)


@pytest.fixture
def scope(url: str) -> Iterator[Scope]:
    """A trade of two days: 1,000 paid in, one whipsaw, one exit in two fills, 100 withdrawn between."""
    with Journal.open(url) as journal:
        journal.begin(replace(TRADE, settings={"unit_size": "10"}, started_at=START))
        journal.add(STOP, BACK, LAST, *FILLS)
        journal.add(
            TransferRecord(ID, START, HASH, 1, "deposit", {"type": "deposit", "usdc": "1000.0"}),
            TransferRecord(
                ID, START + 30_000, HASH, 1, "withdraw", {"type": "withdraw", "usdc": "99.0", "fee": "1.0"}
            ),
            FundingRecord(ID, START + 3_600_000, D("-0.50")),
            StepRecord(ID, 1, START + 10_900, D(90), "down", -1, {"phase": "retracement"}),
            StepRecord(ID, 2, START + 20_900, D(100), "up", 0, {"phase": "advance"}),
            SettingsRecord(ID, START, "cd" * 32, {"trade": {"unit_size": "10"}}),
        )
    with History.open(url) as history:
        yield Scope(history, "paper")


def test_profit_and_what_it_is_measured_by(scope: Scope) -> None:
    found = statement(scope).summary()
    # 89.5 - 100 - 0.09 - 0.10; then 110 - 100 - 0.11 - 0.10 and 111 - 100.5 - 0.12 - 0.10
    first, second = D("-10.69"), D("9.79") + D("10.28")
    assert (found["realized_pnl"], found["gross_pnl"], found["fees"]) == (first + second, 10, D("0.62"))
    assert (found["funding"], found["realized_with_funding"]) == (D("-0.5"), D("8.88"))
    assert (found["unrealized_pnl"], found["open_fees"], found["net_profit"]) == (0, 0, D("8.88"))
    assert (found["capital"], found["equity"]) == (900, D("908.88"))
    assert (found["exits"], found["wins"], found["losses"], found["break_evens"]) == (2, 1, 1, 0)
    assert (found["win_rate"], found["expectancy"]) == (D("0.5"), D("4.69"))
    assert found["profit_factor"] == second / -first
    assert found["reward_to_risk"] == second / -first
    assert (found["average_win_units"], found["average_loss_units"]) == (D("1.0035"), D("1.069"))
    assert (found["round_trips"], found["whipsaw_cost"]) == (1, 11 + D("0.09") + D("0.10"))
    hold = (10_000 + (DAY - 0) + (DAY + 1_001 - 20_000)) / 3 / 1000
    assert found["hold_s"] == round(hold)
    assert found["to_review"] == 0
    # From 0 at the beginning to both coins at 89.5 after the sale at 89.5.
    assert found["max_drawdown"] == max(D("10.69") + D("10.60"), D("0"))
    assert found["max_drawdown_share"] is not None
    assert D("0.0210") < found["max_drawdown_share"] < D("0.0214")  # type: ignore[operator]


def test_what_moved_to_the_spot_wallet_is_a_figure_of_its_own(url: str) -> None:
    def between(at: int, usdc: str, *, to_perp: bool) -> TransferRecord:
        delta = {"type": "accountClassTransfer", "usdc": usdc, "toPerp": to_perp}
        return TransferRecord(ID, START + at, HASH, 1, "accountClassTransfer", delta)

    with Journal.open(url) as journal:
        journal.begin(replace(TRADE, started_at=START))
        journal.add(STOP, BACK, LAST, *FILLS)
        journal.add(between(1, "50.0", to_perp=True), between(2, "12.5", to_perp=False))
        journal.add(between(DAY, "7.5", to_perp=False))
    with History.open(url) as history:
        scope = Scope(history, "paper")
        found = statement(scope)
        assert (found.summary()["moved_to_spot"], found.summary()["flows"]) == (20, 30)
        assert ("  moved to spot", "20.00 USD, among what went") in statement_in_words(found)
        assert statement(replace(scope, since=START + DAY)).moved_to_spot == D("7.5")
        assert statement(replace(scope, since=START + 2 * DAY)).moved_to_spot == 0


@pytest.mark.parametrize(
    ("group", "rows"),
    [
        ("day", [("2023-11-14", D("-10.69"), D("-0.5")), ("2023-11-15", D("20.07"), ZERO)]),
        ("hour", [(0, D("9.38"), ZERO), (1, ZERO, D("-0.5"))]),
        ("unit", [(-1, D("9.38"), ZERO), (0, ZERO, ZERO)]),
        ("reason", [("ENTRY", ZERO, ZERO), ("LADDER_BUY", ZERO, ZERO), ("LADDER_STOP", D("9.38"), ZERO)]),
        ("cycle", [(f"{ID} 0001", D("9.38"), D("-0.5"))]),
    ],
)
def test_groups_add_up(scope: Scope, group: str, rows: list[tuple[object, D, D]]) -> None:
    found = list(statement(scope).rows(group))
    assert [(row[group], row["pnl"], row["funding"]) for row in found] == rows
    assert sum(row["fees"] for row in found) == D("0.62")  # type: ignore[misc]


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_comes_to_the_total(scope: Scope, group: str) -> None:
    totals, found = statement(scope).totals, list(statement(scope).rows(group))
    for name, total in totals.figures().items():
        with_funding = group in ("day", "hour", "cycle", CROSS) or name not in ("funding", "net")
        assert sum(row[name] for row in found) == (total if with_funding else total - D("-0.5"))  # type: ignore[misc]


def test_who_made_it_and_why_is_all_of_the_net(scope: Scope) -> None:
    found = list(statement(scope).rows(CROSS))
    assert [(row["source"], row["reason"], row["pnl"], row["net"]) for row in found] == [
        ("exchange", "FUNDING", ZERO, D("-0.5")),
        ("ladder", "ENTRY", ZERO, ZERO),
        ("ladder", "LADDER_BUY", ZERO, ZERO),
        ("ladder", "LADDER_STOP", D("9.38"), D("9.38")),
    ]


def test_fills_without_a_level_are_a_group_of_their_own(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(replace(TRADE, started_at=START))
        journal.add(STOP, BACK, LAST, *(replace(each, level=each.level or None) for each in FILLS))
    with History.open(url) as history:
        found = list(statement(Scope(history, "paper")).rows("unit"))
    assert [(row["unit"], row["fills"], row["pnl"]) for row in found] == [(-1, 3, D("9.38")), (None, 2, ZERO)]


def test_a_stretch_of_time_shows_its_own_part_on_lots_from_before(scope: Scope) -> None:
    later = replace(scope, since=START + DAY)
    found = statement(later).summary()
    assert (found["realized_pnl"], found["fees"], found["exits"]) == (D("20.07"), D("0.23"), 1)
    assert [row["sale_order"] for row in lists.allocations(later)] == [4, 4]
    assert (found["round_trips"], found["whipsaw_cost"], found["cycles"]) == (0, 0, 0)
    earlier = statement(replace(scope, until=START + 15_000)).summary()
    assert (earlier["realized_pnl"], earlier["unrealized_pnl"]) == (D("-10.69"), D("-10.5"))
    assert earlier["net_profit"] == D("-10.69") - D("10.5") - D("0.10")


def test_lists(scope: Scope) -> None:
    assert [row["size"] for row in lists.fills(scope)] == [2, 1, 1, 1, 1]
    assert list(lists.lots(scope)) == []
    held = list(lists.lots(replace(scope, until=START + DAY)))  # as a year's end, for instance
    assert [(row["order_id"], row["size"]) for row in held] == [(1, 1), (3, 1)]
    held = list(lists.lots(replace(scope, since=START + 20_000, until=START + DAY)))
    assert [row["order_id"] for row in held] == [3]
    assert [row["slippage"] for row in lists.fills(scope)] == [None, D("0.5"), D("0.5"), -10, -11]
    first, second, third = lists.allocations(scope)
    assert (first["cost_basis"], first["net_proceeds"], first["pnl"]) == (D("100.1"), D("89.41"), D("-10.69"))
    assert (second["buy_order"], third["buy_order"], third["buy_fee_per_coin"]) == (1, 3, D("0.1"))
    tax = list(lists.tax(scope))
    gains = sum(row["gain"] for row in tax)  # type: ignore[misc]
    assert (gains, [row["kind"] for row in tax]) == (D("8.88"), ["disposal"] * 3 + ["funding"])
    stopped, closed = lists.exits(scope)
    assert (stopped["slippage"], stopped["reason"], stopped["hold_s"]) == (D("0.5"), "LADDER_STOP", 10)
    assert (closed["size"], closed["price"], closed["slippage"]) == (2, D("110.5"), -21)
    cash = [(row["kind"], row["amount"]) for row in lists.cash(scope)]
    assert cash == [("deposit", 1000), ("withdraw", -100), ("funding", D("-0.5"))]
    assert list(lists.review(scope)) == []


def test_funding_counts_once_in_whatever_order_and_by_whichever_trade_it_was_told(url: str) -> None:
    """A payment may be heard of late, and a trade that was rebuilt hears of those of the one before."""
    again = replace(TRADE, id="f" * 16, started_at=START + 2)
    with Journal.open(url) as journal:
        journal.begin(replace(TRADE, started_at=START))
        journal.add(FundingRecord(ID, START + 7_200_000, D(-2)), FundingRecord(ID, START + 3_600_000, D(1)))
        journal.end(ID, START + 1, "lost")
        journal.commit()
        journal.begin(again)
        journal.add(
            FundingRecord(again.id, START + 7_200_000, D(-2)),
            FundingRecord(again.id, START + 5_400_000, D(8)),
        )
    with History.open(url) as history:
        whole = Scope(history, "paper")
        assert [row["amount"] for row in lists.cash(whole)] == [1, 8, -2]
        assert statement(whole).summary()["funding"] == 7
        assert [row["amount"] for row in lists.cash(replace(whole, trade=again.id))] == [8]


def test_the_check_finds_nothing_and_then_what_is_there(scope: Scope) -> None:
    verdict = check(scope)
    assert (verdict.problems, verdict.fills, verdict.allocations, verdict.flat_points) == ([], 5, 3, 1)
    for missing, words in ((0, "gap: expected 0, found 2"), (2, "unmatched: expected 0, found 1")):
        verdict = Verdict()
        MarketCheck(verdict).run(iter([each for number, each in enumerate(FILLS) if number != missing]))
        assert any(words in text for text in verdict.problems)
    altered = [
        replace(each, closed_pnl=each.closed_pnl + 1) if each.order_id == 4 else each for each in FILLS
    ]
    verdict = Verdict()
    MarketCheck(verdict).run(iter(altered))
    assert any("closed_pnl: expected" in text for text in verdict.problems)


def test_a_trade_and_its_account_alone(url: str) -> None:
    other = TradeRecord("f" * 16, "paper", "0x" + "b2" * 20, "ETH", START, {})
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.begin(other)
        journal.add(*told([ENTRY]), replace(told([ENTRY])[0], trade_id=other.id, symbol="ETH"))
    with History.open(url) as history:
        everything = Scope(history, "paper")
        assert len(list(lists.fills(everything))) == 2
        for scope in (
            replace(everything, trade=other.id),
            replace(everything, symbol="ETH"),
            replace(everything, account=other.account),
        ):
            assert [row["trade"] for row in lists.fills(scope)] == [other.id]
            assert statement(scope).totals.fills == 1
        assert list(lists.fills(replace(everything, network="mainnet"))) == []


def test_orders_of_two_accounts_with_one_number_are_two_exits(url: str) -> None:
    """A paper market that was started anew has a new account, and counts its orders from 1 again."""
    other = replace(TRADE, id="f" * 16, account="0x" + "b2" * 20, started_at=START + DAY)
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.begin(other)
        journal.add(*FILLS, *(replace(each, trade_id=other.id) for each in FILLS))
    with History.open(url) as history:
        both = Scope(history, "paper")
        assert [row["size"] for row in lists.exits(both)] == [1, 2, 1, 2]
        found = statement(both).summary()
    assert (found["exits"], found["wins"], found["losses"]) == (4, 2, 2)


def test_drawdown_is_no_matter_of_deposits() -> None:
    curve = EquityCurve()
    curve.flow(D(1000))
    curve.point(1, ZERO, True)
    curve.point(2, D(100), True)
    curve.flow(D(-550))  # half of it goes
    curve.point(3, D(100), True)
    assert curve.max_drawdown_share == 0
    curve.point(4, D(45), True)  # 55 of 550
    assert (curve.max_drawdown, curve.max_drawdown_share) == (55, D("0.1"))
    curve.flow(D(10_000))
    curve.point(5, D(45), True)
    assert curve.max_drawdown_share == D("0.1")


def test_sharpe_is_that_of_daily_returns_with_quiet_days_counted() -> None:
    curve = EquityCurve()
    curve.flow(D(1000))
    for day, profit in ((0, "0"), (1, "10"), (3, "-10.2")):  # +1 %, 0, -2 %
        curve.point(START + day * DAY, D(profit), True)
    returns = curve.returns()
    assert returns[:3] == [0, D("0.01"), 0]
    assert returns[3] == D("989.8") / 1010 - 1
    mean = sum(returns, ZERO) / 4
    deviation = (sum(((each - mean) ** 2 for each in returns), ZERO) / 3).sqrt()
    assert curve.sharpe() == pytest.approx(mean / deviation * D(365).sqrt())
    assert EquityCurve().sharpe() is None


@pytest.mark.parametrize(
    ("kind", "delta", "amount"),
    [
        ("deposit", {"usdc": "5.0"}, "5"),
        ("withdraw", {"usdc": "5.0", "fee": "1.0"}, "-6"),
        ("accountClassTransfer", {"usdc": "5", "toPerp": True}, "5"),
        ("accountClassTransfer", {"usdc": "5", "toPerp": False}, "-5"),
        ("internalTransfer", {"usdc": "5", "user": "0xB", "destination": "0xA", "fee": "1"}, "5"),
        ("internalTransfer", {"usdc": "5", "user": "0xA", "destination": "0xB", "fee": "1"}, "-6"),
        ("subAccountTransfer", {"usdc": "5", "user": "0xB", "destination": "0xC"}, None),
        ("vaultWithdraw", {"netWithdrawnUsd": "7"}, "7"),
        ("vaultDeposit", {"vault": "0xV", "usdc": "7"}, "-7"),
        ("vaultDeposit", {"vault": "0xA", "usdc": "7"}, None),
        ("vaultLeaderCommission", {"user": "0xA", "usdc": "7"}, "7"),
        ("vaultLeaderCommission", {"user": "0xB", "usdc": "7"}, None),
        ("spotTransfer", {"token": "HYPE", "amount": "3", "usdcValue": "150"}, "0"),
        ("rewardsClaim", {"token": "HYPE", "amount": "3"}, "0"),
        # USDC of which the venue does not say whether they are in the margin or in the spot wallet.
        ("rewardsClaim", {"token": "", "amount": "3"}, None),
        ("rewardsClaim", {"amount": "3"}, None),
        ("borrowLend", {"token": "HYPE", "operation": "supply", "amount": "3", "interestAmount": "0"}, "0"),
        ("borrowLend", {"token": "USDC", "operation": "borrow", "amount": "3", "interestAmount": "0"}, None),
        ("deployGasAuction", {"token": "HYPE", "amount": "3"}, "0"),
        ("deployGasAuction", {"token": "USDC", "amount": "3"}, None),
        ("activateDexAbstraction", {"dex": "xyz", "token": "USDC", "amount": "3"}, None),
        ("accountActivationGas", {"token": "USDC", "amount": "1"}, None),
        ("gossipPriorityGasAuction", {"token": "HYPE", "amount": "1"}, "0"),
        ("liquidation", {"liquidatedNtlPos": "7"}, "0"),
        ("deposit", {"usd": "5"}, None),
        ("deposit", {"usdc": "much"}, None),
        ("somethingNew", {"usdc": "5"}, None),
    ],
)
def test_transfers_are_read_or_said_to_be_strange(
    kind: str, delta: dict[str, object], amount: str | None
) -> None:
    assert amount_of(kind, delta, "0xa") == (None if amount is None else D(amount))


@pytest.mark.parametrize(
    ("kind", "delta", "amount"),
    [
        ("accountClassTransfer", {"usdc": "5", "toPerp": True}, "0"),
        ("spotTransfer", {"token": "USDC", "amount": "5", "user": "0xA", "destination": "0xB", "fee": "1"},
         "-6"),
        ("spotTransfer", {"token": "USDC", "amount": "5", "user": "0xB", "destination": "0xA", "fee": "1"},
         "5"),
        ("spotTransfer", {"token": "HYPE", "amount": "5", "user": "0xA", "destination": "0xB"}, "0"),
        ("send", {"user": "0xA", "destination": "0xB", "sourceDex": "spot", "destinationDex": "spot",
                  "token": "USDC", "amount": "5", "fee": "0"}, "-5"),
        ("send", {"user": "0xA", "destination": "0xA", "sourceDex": "spot", "destinationDex": "",
                  "token": "USDC", "amount": "5", "fee": "0"}, "0"),
        ("send", {"user": "0xA", "destination": "0xB", "sourceDex": "spot", "destinationDex": "spot",
                  "token": "HYPE", "amount": "5", "fee": "0"}, "0"),
        ("deposit", {"usdc": "5"}, "5"),
    ],
)  # fmt: skip
def test_where_the_spot_wallet_is_the_margin_its_usdc_are(
    kind: str, delta: dict[str, object], amount: str
) -> None:
    assert amount_of(kind, delta, "0xa", pooled=True) == D(amount)


@pytest.mark.parametrize(
    ("source", "destination", "token", "amount"),
    [
        (("0xA", ""), ("0xB", ""), "USDC", "-5.25"),  # the fee is the sender's
        (("0xB", ""), ("0xA", ""), "USDC", "5"),
        (("0xA", ""), ("0xA", "spot"), "USDC", "-5.25"),
        (("0xA", "spot"), ("0xA", ""), "USDC", "5"),
        (("0xA", ""), ("0xA", "xyz"), "USDC", "-5.25"),
        (("0xA", "spot"), ("0xB", ""), "USDC", "0"),  # neither side is this margin
        (("0xA", "spot"), ("0xB", "spot"), "HYPE", "0"),
        (("0xB", ""), ("0xA", "spot"), "USDC", "0"),
        (("0xA", ""), ("0xA", "spot"), "HYPE", None),  # margin is in USDC alone
        (("0xB", ""), ("0xC", ""), "USDC", None),  # nobody we know
    ],
)
def test_a_send_counts_where_it_touches_the_margin(
    source: tuple[str, str], destination: tuple[str, str], token: str, amount: str | None
) -> None:
    delta = {"user": source[0], "sourceDex": source[1], "token": token, "amount": "5", "usdcValue": "99"}
    delta |= {"destination": destination[0], "destinationDex": destination[1], "nonce": 1}
    delta |= {"fee": "0.25", "feeToken": "USDC", "nativeTokenFee": "0"}
    expected = None if amount is None else D(amount)
    assert amount_of("send", delta, "0xa") == expected
    with_other_fee = delta | {"feeToken": "HYPE"}
    if amount is not None:  # such a fee comes from the spot wallet
        expected = D(amount).to_integral_value(ROUND_DOWN)
    assert amount_of("send", with_other_fee, "0xa") == expected
    assert amount_of("send", {"amount": "5"}, "0xa") is None


def test_after_a_flow_of_unknown_amount_nothing_that_needs_it_is_claimed() -> None:
    curve, day = EquityCurve(), 86_400_000
    curve.flow(D(1000))
    for number, profit in enumerate((10, 5, 20)):
        curve.point(number * day, D(profit), True)
    assert (curve.capital, curve.last_equity) == (1000, 1020)
    assert curve.sharpe() is not None and curve.max_drawdown_share is not None
    curve.flow(None)
    curve.flow(D(500))  # known again, but on top of what is not
    curve.point(3 * day, D(15), True)
    assert (curve.capital, curve.last_equity, curve.max_drawdown_share, curve.sharpe()) == (None,) * 4
    assert (curve.made, curve.max_drawdown) == (15, 5)


def test_units_are_not_averaged_over_exits_whose_unit_is_not_known() -> None:
    results = Results()
    won = Exit(cast(OrderedFill, None), coins=D(2), pnl=D(10))
    results.add(won, D("2.5"))
    assert results.figures()["average_win_units"] == 2
    results.add(won, None)
    found = results.figures()
    assert (found["average_win_units"], found["average_win"], found["average_loss_units"]) == (None, 10, None)


def test_reading_needs_a_journal_and_changes_nothing(tmp_path: Path) -> None:
    from hypertui.journal import JournalError

    with pytest.raises(JournalError, match="there is no journal at"):
        History.open(f"sqlite:///{tmp_path / 'none' / 'journal.db'}")
    assert not (tmp_path / "none").exists()
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(*told([ENTRY]))
        journal.commit()
        with History.open(url) as history:  # while it is written
            assert len(list(lists.fills(Scope(history, "paper")))) == 1
            journal.add(replace(told([ENTRY])[0], time=ENTRY.time + 1, order_id=9))
            journal.commit()
            assert len(list(lists.fills(Scope(history, "paper")))) == 2
            with pytest.raises(JournalError, match=r"readonly|read-only"):
                history._session.run(lambda c: c.exec_driver_sql("DELETE FROM fills"))
