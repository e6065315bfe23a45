"""`hypertui doctor`: the preflight against the venue of the settings. It places nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypertui.cli import streams
from hypertui.cli.accumulating import accumulation_finding
from hypertui.cli.journal import look
from hypertui.cli.paper import PaperMarket
from hypertui.cli.prepare import Prepared, prepare
from hypertui.core import phrases
from hypertui.core.clock import CLOCK
from hypertui.core.findings import Finding, Level
from hypertui.core.market import Side
from hypertui.core.redaction import harmless, printable
from hypertui.exchange.protocol import Exchange, ExchangeError, Rejected
from hypertui.execution.account_context import AccountContext
from hypertui.execution.preflight import checks
from hypertui.execution.preflight.facts import Survey, market
from hypertui.execution.preflight.margin import Ground
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.journal import JournalError
from hypertui.journal.lock import held_locks
from hypertui.risk.memory import NOTHING_REMEMBERED

_RED, _UNREACHED = 2, 4
_LONGEST = max(len(level.value) for level in Level)
_MARKS = {Level.RED: "✗", Level.AMBER: "!", Level.GREEN: "✓", Level.INFO: "·"}
_ASCII_MARKS = {Level.RED: "x", Level.AMBER: "!", Level.GREEN: "+", Level.INFO: "-"}
# The terminal's own colours, by their numbers, and faint; the level's word stands beside each.
_COLOURS = {Level.RED: 31, Level.AMBER: 33, Level.GREEN: 32, Level.INFO: 2}


@dataclass(frozen=True, slots=True)
class _Examined:
    """What was found of one trade, or why nothing could be, with the exit status that this makes."""

    config: TradeConfig
    findings: Sequence[Finding]
    trouble: str
    status: int

    def count(self, level: Level) -> int:
        """How many findings are of that level."""
        return sum(finding.level is level for finding in self.findings)


def doctor(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    prepared = prepare(arguments, trades=False)
    try:
        with prepared.market() as own:
            found = [asyncio.run(_examine(prepared, config, own)) for config in prepared.configs]
    except StartRefused as error:
        streams.complain(printable(str(error)))
        return error.status
    several = len(found) > 1
    for each in found:
        if each.trouble:
            streams.complain(printable(f"{each.config.name}: {each.trouble}" if several else each.trouble))
    examined = [each for each in found if not each.trouble]
    if examined:
        if arguments.json:
            _print_json(examined, several=several)
        else:
            _print(examined, prepared, several=several)
    return max(each.status for each in found)


async def _examine(prepared: Prepared, config: TradeConfig, own: PaperMarket | None) -> _Examined:
    try:
        exchange = await prepared.connect(own, config.account)
        try:
            found = await _look(prepared, config, exchange)
        finally:
            await exchange.close()
    except (StartRefused, ExchangeError) as error:
        return _Examined(
            config, (), str(error), error.status if isinstance(error, StartRefused) else _UNREACHED
        )
    return _Examined(config, found, "", _RED if checks.worst(found, Level.RED) else 0)


async def examined(
    exchange: Exchange, survey: Survey, adopt: bool | None, goes_on: str = ""
) -> tuple[Sequence[Finding], Ground]:
    """What stands in the way of a start, and what it would begin on, the key first: a start does not come
    to look at the rest without one that may act. Raises an ExchangeError."""
    refused = await _key_refused(exchange)
    ground = await survey.look(adopt, goes_on)
    found = checks.findings(ground)
    if refused is None:
        return found, ground
    return (refused, *(finding for finding in found if finding.name != refused.name)), ground


async def _key_refused(exchange: Exchange) -> Finding | None:
    try:
        await exchange.open()
    except Rejected as error:
        return Finding("key", Level.RED, str(error))
    return None


async def _look(prepared: Prepared, config: TradeConfig, exchange: Exchange) -> Sequence[Finding]:
    goes_on = ""
    instrument = await market(exchange, config.symbol)
    place, memory, trouble = "", NOTHING_REMEMBERED, []
    try:
        url = prepared.settings.ledger.url
        state_dir, account_of = prepared.state_dir, exchange.account
        place, goes_on, refusal, memory = await look(config, instrument, state_dir, url, account_of)
    except JournalError as error:
        trouble = [Finding("journal", Level.RED, str(error))]
    else:
        if refusal:
            trouble = [Finding("trade", Level.RED, refusal)]
    account = AccountContext(exchange, config.rearms)
    own = {None, exchange.account}
    account.trades = {
        each.title: each
        for each in prepared.configs
        if each.account == config.account or (each.account in own and config.account in own)
    }
    survey = Survey(account, config, instrument, CLOCK, place, prepared.disk_free, memory)
    found, ground = await examined(exchange, survey, config.adopt, goes_on)
    aside = await accumulation_finding(prepared.settings, exchange)
    return (*found, *trouble, *aside, *_unattended(prepared, config, ground))


def _unattended(prepared: Prepared, config: TradeConfig, ground: Ground) -> Iterator[Finding]:
    """The buys of a trade that no engine watches over."""
    buys = sum(order.side is Side.BUY and not order.reduce_only for order in ground.orders)
    ours = ground.goes_on or ground.remains is not None
    engines = held_locks(prepared.state_dir, config.network.value)
    watched = any((held.account, held.symbol) == (ground.address, config.symbol) for held in engines)
    if buys and ours and not watched:
        text = f"{phrases.unattended(buys)}: start hypertui, or cancel them with hypertui safe"
        yield Finding("unattended", Level.RED, text, str(buys), "0")


def _print_json(examined: Sequence[_Examined], *, several: bool) -> None:
    records = [_record(each) for each in examined]
    if not several:
        print(json.dumps(records[0]))
        return
    counts = {level.value: sum(each.count(level) for each in examined) for level in (Level.RED, Level.AMBER)}
    network = examined[0].config.network.value
    print(json.dumps({"network": network, **counts, "trades": records}))


def _record(each: _Examined) -> dict[str, object]:
    return {
        "network": each.config.network.value,
        "trade": each.config.name,
        "symbol": each.config.symbol,
        "red": each.count(Level.RED),
        "amber": each.count(Level.AMBER),
        "findings": [
            {
                "name": finding.name,
                "level": finding.level.value,
                "figure": finding.figure,
                "limit": finding.limit,
                "text": finding.text,
            }
            for finding in each.findings
        ],
    }


def _print(examined: Sequence[_Examined], prepared: Prepared, *, several: bool) -> None:
    plain = prepared.settings.console.ascii or not streams.speaks_utf8() or streams.is_dumb()
    marks = _ASCII_MARKS if plain else _MARKS
    coloured = streams.shows_colour()
    lines = [
        (
            finding.level,
            f"{each.config.name} {finding.name}" if several else finding.name,
            finding.text,
        )
        for each in examined
        for finding in each.findings
    ]
    width = max(len(name) for _, name, _ in lines)
    for level, name, text in lines:
        sign = _painted(f"{marks[level]} {level.value:<{_LONGEST}}", level, coloured)
        print(f"{sign}  {name:<{width}}  {harmless(text)}")
    found = {level: sum(each.count(level) for each in examined) for level in (Level.RED, Level.AMBER)}
    counts = (
        _painted(f"{count} {level.value}", level if count else Level.GREEN, coloured)
        for level, count in found.items()
    )
    print(", ".join(counts))


def _painted(text: str, level: Level, coloured: bool) -> str:
    return f"\x1b[{_COLOURS[level]}m{text}\x1b[0m" if coloured else text
