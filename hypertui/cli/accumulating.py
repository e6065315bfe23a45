"""The share of each day's profit that is put aside: what an engine is given for it, and the command that
shows what has moved and what would."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.accumulation.amount import portion
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import journal_url, state_folder
from hypertui.cli.tables import write_rows
from hypertui.cli.values import integer, typed
from hypertui.core.accumulation import DAY, day_name
from hypertui.core.findings import Finding, Level
from hypertui.core.market import ZERO
from hypertui.exchange.protocol import Exchange, Rejected
from hypertui.journal import JournalError
from hypertui.journal.errors import LedgerError, NoJournal
from hypertui.port.snapshot import Network
from hypertui.settings import Settings, load_settings

if TYPE_CHECKING:
    from hypertui.accumulation.accumulator import Accumulator
    from hypertui.journal.accumulations import AccumulationRecord

_MOST_ROWS = 10_000
_NOT_LIVE = "mainnet needs accumulate.live = true"


def accumulation_of(settings: Settings, state_dir: Path) -> Accumulator | None:
    """What puts it aside; None where nothing is to be."""
    said = settings.accumulate
    if not said.share:
        return None
    from hypertui.accumulation.accumulator import AccumulationRules, Accumulator

    rules = AccumulationRules(said.share, said.live or settings.network is not Network.MAINNET)
    return Accumulator(journal_url(settings.ledger.url, state_dir), settings.network.value, rules)


async def accumulation_finding(settings: Settings, exchange: Exchange) -> tuple[Finding, ...]:
    """Whether a share of the profit could move, where one is to. Raises an ExchangeError."""
    said = settings.accumulate
    if not said.share:
        return ()
    wrong = ""
    try:
        wrong = await exchange.funds.refusal()
    except Rejected as error:
        wrong = str(error)
    if not wrong and settings.network is Network.MAINNET and not said.live:
        wrong = _NOT_LIVE
    share = f"{(said.share * 100).normalize():f} % of each day's profit"
    if wrong:
        return (Finding("accumulate", Level.AMBER, f"{share} would not move: {wrong}"),)
    return (Finding("accumulate", Level.GREEN, f"{share} moves to the spot wallet at 00:05 UTC"),)


def accumulate(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    last = integer("--last", arguments.last)
    if not 0 < last <= _MOST_ROWS:
        raise ValueError(f"--last {typed(arguments.last)} is not from 1 to {_MOST_ROWS}")
    url, now = journal_url(settings.ledger.url, state_folder(settings)), time.time_ns() // 1_000_000
    try:
        rows = [*_rows(_read(url, settings, last)), *_to_come(url, settings, now // DAY * DAY)]
    except NoJournal:
        rows = []
    except (JournalError, LedgerError) as error:
        raise ValueError(str(error)) from None
    nothing = f"no trade is in the journal of {settings.network.value} yet: nothing has moved, nothing would"
    write_rows(rows, "json" if arguments.json else "table", nothing, {})
    return 0


def _read(url: str, settings: Settings, last: int) -> Sequence[AccumulationRecord]:
    from hypertui.journal.accumulations import AccumulationJournal

    with AccumulationJournal.read(url) as kept:
        return kept.newest(settings.network.value, last)


def _rows(records: Sequence[AccumulationRecord]) -> Iterator[dict[str, object]]:
    """What has become of the days before, oldest first."""
    for record in reversed(records):
        yield _row(record.day, record.account, record.state, record.net, record.amount, record.text)


def _to_come(url: str, settings: Settings, midnight: int) -> Iterator[dict[str, object]]:
    """What would move of today, for each account that has traded, if the day ended now."""
    from hypertui.accumulation.profit import day_profit
    from hypertui.journal.history import History

    network, share = settings.network.value, settings.accumulate.share
    with History.open(url) as history:
        accounts = sorted({trade.account for trade in history.trades() if trade.network == network})
    for account in accounts:
        profit = day_profit(url, network, account, midnight)
        wanted = portion(profit.net, share)
        text = profit.trouble or (wanted.text if share else "accumulate.share is 0: nothing would move")
        amount = ZERO if profit.trouble else wanted.amount
        if amount and settings.network is Network.MAINNET and not settings.accumulate.live:
            text = f"{text}; {_NOT_LIVE}"
        yield _row(day_name(midnight), account, "so far", profit.net, amount, text)


def _row(day: str, account: str, state: str, net: Decimal, amount: Decimal, text: str) -> dict[str, object]:
    return {"day": day, "account": account, "state": state, "net": net, "amount": amount, "text": text}
