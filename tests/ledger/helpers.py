"""A trade to write about, a record of each kind, and ways to break what they are written to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from typing import IO

from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.records import (
    AccountRecord,
    AlarmRecord,
    CommandRecord,
    FillRecord,
    FundingRecord,
    InputRecord,
    MarkRecord,
    OrderRecord,
    ReconciliationRecord,
    Record,
    RulesRecord,
    SettingsRecord,
    StatusRecord,
    StepRecord,
    TradeRecord,
    TransferRecord,
)
from tests.support.prefork import Process

ID = "00c0ffee00c0ffee"
TRADE = TradeRecord(ID, "paper", "0x" + "a1" * 20, "BTC", 1_700_000_000_000, {"unit": "250", "leverage": 10})
OTHER = TradeRecord("f" * 16, "paper", TRADE.account, "ETH", 1_700_000_000_001, {})
CLIENT = f"0x{ID}{1:016x}"


def input_of(seq: int, trade_id: str = ID, **data: object) -> InputRecord:
    return InputRecord(trade_id, seq, 1_700_000_000_000 + seq, "mark", {"price": f"{seq}.50", **data})


def fill_of(number: int, trade_id: str = ID) -> FillRecord:
    return FillRecord(
        trade_id, 1_700_000_000_005, 2**53 + 1, number, CLIENT, "BTC", "stop", -1, Side.SELL,
        D("0.00012"), D("64321.5"), D("0.003473361"), D("-1.25"), D("0.00036"), "LADDER_STOP", "ladder",
        "feed", D("-71.5"),
        D("-11.1284"),
    )  # fmt: skip


STATUS = StatusRecord(ID, CLIENT, 1_700_000_000_003, "live", 2**53 + 1, "it rests")
ALARM = AlarmRecord(ID, 1_700_000_000_009, "stale", "warning", "no price for more than 10 s", True)
EACH: list[Record] = [
    input_of(1, nested={"z": [1, 2.5, None, True, {"a": ""}], "a": "é\u2028"}),
    OrderRecord(
        ID, CLIENT, "stop", "stop/1", -1, Side.SELL, D("0.00012"), "stop_market", "gtc", D("64250"),
        D("61037"), True, "REPAIR", "repair", 1, D("64250"), "the stop at unit -1 was refused", CLIENT + "1",
        7,
    ),
    OrderRecord(
        ID, CLIENT + "2", "close", "close/0", None, Side.BUY, D("3"), "ioc", "ioc", None, D("61037"), False,
        "MANUAL", "operator", 2, None, "flatten by ann@host", None, None,
    ),
    STATUS,
    StatusRecord(ID, CLIENT, 1_700_000_000_003, "unknown"),
    fill_of(2**62),
    StepRecord(
        ID, 1, 3, D("64250"), "down", -1,
        {
            "phase": "decline", "trailing_stop": [-3, -2], "trailing_buy": [0], "position": "0.00036",
            "fragment_usd": "0", "realized_pnl": "-1.253473361",
        },
    ),
    FundingRecord(ID, 4, D("-0.000000000000000001")),
    TransferRecord(ID, 4, "0x" + "0" * 64, 1, "deposit", {"type": "deposit", "usdc": "1000.0"}),
    SettingsRecord(ID, 4, "ab" * 32, {"network": "paper", "trade": {"unit_size": "250"}}),
    CommandRecord(ID, 5, "c-1", "flatten", "ann@host", "operator", "confirmed", 812, "sold 0.00036"),
    ALARM,
    ReconciliationRecord(ID, 7, {"missing": 1, "orphans": ["0x1"]}, "asked for 1 order"),
    MarkRecord(ID, 8, D("64250.5"), D("64250.75")),
    MarkRecord(ID, 9, D("64251"), None),
    AccountRecord(ID, 10, 9, 8, D("1000.25"), D("12.5"), D("61000"), D("-0.00036")),
    AccountRecord(ID, 11, 10, 9, D("1000.25"), D("0"), None, D("0")),
    RulesRecord(ID, 12, 5, 40, D("10"), False, 2_000, 5_000),
]  # fmt: skip


def readers(journal: Journal) -> list[Callable[[str], Iterator[Record]]]:
    return [
        journal.inputs,
        journal.orders,
        journal.statuses,
        journal.fills,
        journal.steps,
        journal.funding,
        journal.transfers,
        journal.settings,
        journal.commands,
        journal.alarms,
        journal.reconciliations,
        journal.marks,
        journal.accounts,
        journal.rules,
    ]


def everything(journal: Journal, trade_id: str = ID) -> list[Record]:
    """All records of a trade, kind by kind, in the order of `EACH`."""
    return [record for reader in readers(journal) for record in reader(trade_id)]


class Child:
    """Another Python process, which runs `code`, says `ready` on a line and waits until it is killed."""

    def __init__(self, code: str, *arguments: str) -> None:
        code += "\nprint('ready', flush=True)\nimport sys; sys.stdin.read()\n"
        self.process = Process(
            [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        line = self._pipe(self.process.stdout).readline()
        if line != "ready\n":
            self.kill()
            raise AssertionError(f"the child said {line!r}")

    def kill(self) -> None:
        """SIGKILL: it has no time to put anything in order."""
        self.process.kill()
        self.process.wait()
        self._pipe(self.process.stdin).close()
        self._pipe(self.process.stdout).close()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe
