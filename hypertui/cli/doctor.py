"""`hypertui doctor`: the preflight against the venue of the settings. It places nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence

from hypertui.cli import streams
from hypertui.cli.journal import look
from hypertui.cli.paper import PaperMarket
from hypertui.cli.trade import Prepared, prepare
from hypertui.core import phrases
from hypertui.core.clock import CLOCK
from hypertui.core.findings import Finding, Level
from hypertui.core.market import Side
from hypertui.core.redaction import harmless, printable
from hypertui.exchange.protocol import Exchange, ExchangeError, Rejected
from hypertui.execution.entry import StartRefused
from hypertui.execution.preflight import checks
from hypertui.execution.preflight.facts import Survey, market
from hypertui.execution.preflight.margin import Ground
from hypertui.journal import JournalError
from hypertui.journal.lock import held_locks
from hypertui.runtime.clock_sync import ClockSync

_RED, _UNREACHED = 2, 4
_MARKS = {Level.RED: "✗", Level.AMBER: "!", Level.GREEN: "✓", Level.INFO: "·"}
_ASCII_MARKS = {Level.RED: "x", Level.AMBER: "!", Level.GREEN: "+", Level.INFO: "-"}


def doctor(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    prepared = prepare(arguments, trades=False)
    try:
        with prepared.market() as own:
            found = asyncio.run(_examine(prepared, own))
    except (StartRefused, ExchangeError) as error:
        streams.complain(printable(str(error)))
        return error.status if isinstance(error, StartRefused) else _UNREACHED
    _print(found, prepared, arguments.json)
    return _RED if checks.worst(found, Level.RED) else 0


async def _examine(prepared: Prepared, own: PaperMarket | None) -> Sequence[Finding]:
    exchange = await prepared.connect(own)
    try:
        return await _look(prepared, exchange)
    finally:
        await exchange.close()


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


async def _look(prepared: Prepared, exchange: Exchange) -> Sequence[Finding]:
    config, goes_on = prepared.config, ""
    plan = config.plan(await market(exchange, config.symbol))
    place, trouble = "", []
    try:
        url = prepared.settings.ledger.url
        place, goes_on, refusal = look(config, plan, prepared.state_dir, url, exchange.account)
    except JournalError as error:
        trouble = [Finding("journal", Level.RED, str(error))]
    else:
        if refusal:
            trouble = [Finding("trade", Level.RED, refusal)]
    survey = Survey(exchange, config, plan, CLOCK, ClockSync(), place, prepared.disk_free)
    found, ground = await examined(exchange, survey, config.adopt, goes_on)
    return (*found, *trouble, *_unattended(prepared, ground))


def _unattended(prepared: Prepared, ground: Ground) -> Iterator[Finding]:
    """The buys of a trade that no engine watches over."""
    config = prepared.config
    buys = sum(order.side is Side.BUY and not order.reduce_only for order in ground.orders)
    ours = ground.goes_on or ground.remains is not None
    engines = held_locks(prepared.state_dir, config.network.value)
    watched = any((held.account, held.symbol) == (ground.address, config.symbol) for held in engines)
    if buys and ours and not watched:
        text = f"{phrases.unattended(buys)}: start hypertui, or cancel them with hypertui safe"
        yield Finding("unattended", Level.RED, text, str(buys), "0")


def _print(found: Sequence[Finding], prepared: Prepared, as_json: bool) -> None:
    counts = {level: sum(finding.level is level for finding in found) for level in (Level.RED, Level.AMBER)}
    if as_json:
        record = {
            "network": prepared.config.network.value,
            "symbol": prepared.config.symbol,
            "red": counts[Level.RED],
            "amber": counts[Level.AMBER],
            "findings": [
                {
                    "name": finding.name,
                    "level": finding.level.value,
                    "figure": finding.figure,
                    "limit": finding.limit,
                    "text": finding.text,
                }
                for finding in found
            ],
        }
        print(json.dumps(record))
        return
    plain = prepared.settings.console.ascii or not streams.speaks_utf8()
    marks = _ASCII_MARKS if plain else _MARKS
    width = max(len(finding.name) for finding in found)
    for finding in found:
        print(f"{marks[finding.level]} {finding.name:<{width}}  {harmless(finding.text)}")
    print(f"{counts[Level.RED]} red, {counts[Level.AMBER]} amber")
