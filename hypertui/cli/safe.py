"""`hypertui safe`: without an engine, cancel the buys and see to it that stops cover the position.

A trade that the journal knows is taken up by an engine that only protects: it places the missing stops on the
trade's own units, writes them down, and leaves. What is then still wrong at the venue, or where no trade is
known, is put right by what the venue says alone."""

from __future__ import annotations

import argparse
import asyncio
import secrets
from contextlib import ExitStack, nullcontext
from decimal import Decimal
from random import SystemRandom

from hypertui.cli import streams
from hypertui.cli.alone import alone_if_possible, venue_of
from hypertui.cli.defects import Defect
from hypertui.cli.journal import Live, live_trade
from hypertui.cli.paper import PaperMarket
from hypertui.cli.trade import Prepared, connector, prepare
from hypertui.cli.values import amount, typed
from hypertui.console.launch import operator
from hypertui.core.clock import CLOCK
from hypertui.core.redaction import printable
from hypertui.core.shutdown import wind_down_on_signals
from hypertui.engine.engine import EmbeddedEngine
from hypertui.engine.make_safe import NotSafe, Safety
from hypertui.exchange.protocol import ExchangeError, Rejected
from hypertui.execution.entry import StartRefused
from hypertui.journal import JournalError, Locked
from hypertui.port.commands import OnExit, Stop, StopReason
from hypertui.port.engine import EventKind
from hypertui.runtime.machine import Machine
from hypertui.venue.model.lock import StateError

_BAD_INPUT, _NOT_SAFE, _NOT_REACHED = 2, 3, 4
_PATIENCE = 60.0
_LONGEST = 2_000  # characters of a line
_TOLD = (EventKind.ORDER, EventKind.FILL, EventKind.ALARM)


def safe(arguments: argparse.Namespace) -> int:
    """Make it safe; returns the exit status: 0 safe, 2 an engine runs, 3 not safe, 4 exchange not reached.
    Raises ValueError with one line for bad input."""
    distance = None
    if arguments.stop_distance is not None:
        distance = amount("--stop-distance", arguments.stop_distance)
        if distance <= 0:
            raise ValueError(f"--stop-distance {typed(arguments.stop_distance)} is not above 0 USD")
    if arguments.fresh:
        raise ValueError("--fresh begins anew: there would be nothing to make safe")
    # Whatever happens here takes risk away, and a supervisor has nobody to ask.
    trade = prepare(arguments, trades=False, keeps=False)
    stop = Stop(OnExit.BUYS)
    stop.by = f"{operator()} by safe"
    try:
        with wind_down_on_signals(stop.request), trade.market() as market:
            said = asyncio.run(_make_safe(trade, market, distance, stop))
    except Locked as error:
        raise ValueError(f"{error}: use hypertui ctl to control it") from None
    except StateError as error:
        raise ValueError(f"{error}; if an engine runs on it, use hypertui ctl to control it") from None
    except StartRefused as error:
        return _fail(error, error.status)
    except NotSafe as error:
        return _fail(f"NOT SAFE: {error}", _NOT_SAFE)
    except Rejected as error:
        return _fail(error, _BAD_INPUT)
    except ExchangeError as error:
        return _fail(f"NOT SAFE, as far as can be said: {error}", _NOT_REACHED)
    except ValueError as error:  # what was given is checked by now
        raise Defect(error) from error
    _say(f"safe: {said}")
    return 0


def _fail(words: object, status: int) -> int:
    streams.complain(printable(str(words), _LONGEST))
    return status


async def _make_safe(
    trade: Prepared, market: PaperMarket | None, distance: Decimal | None, stop: Stop
) -> str:
    config = trade.config
    exchange = await trade.connect(market)
    try:
        with ExitStack() as held:
            venue, account = venue_of(trade.settings), exchange.account
            names = (trade.state_dir, config.network, venue, account, config.symbol)
            if trouble := held.enter_context(alone_if_possible(*names, CLOCK)):
                _say(f"goes on without a lock: {trouble}")
            await exchange.open()
            live: Live | None = None
            try:
                url = trade.settings.ledger.url
                live = held.enter_context(live_trade(config, account, trade.state_dir, url))
                if live is not None:
                    distance = distance or live.config.strategy.stop_distance
                    _say((await _protect(trade, market, live, stop)).text)
            except Locked:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the journal holds, the exchange's word is enough
                said = str(error) if isinstance(error, JournalError) else f"{type(error).__name__}: {error}"
                _say(f"goes on without the journal: {said}")
            safety = Safety(
                exchange,
                config.symbol,
                config.strategy.slippage,
                CLOCK,
                lambda: f"0x{secrets.token_hex(16)}",
                _say,
            )
            return await safety.make_safe(distance)
    finally:
        await exchange.close()


async def _protect(trade: Prepared, market: PaperMarket | None, live: Live, stop: Stop) -> StopReason:
    connect = connector(trade.settings, live.config)
    engine = EmbeddedEngine(
        lambda account: connect(market),
        lambda config, account: nullcontext((live.trade_id, live.journal)),
        [live.config],
        Machine(CLOCK, SystemRandom()),
    )
    asyncio.get_running_loop().call_later(_PATIENCE, stop.request)
    reason = await engine.run(stop)
    for event in engine.events_after(0):
        if event.kind in _TOLD:
            _say(event.text)
    return reason


def _say(text: str) -> None:
    streams.say(printable(text, _LONGEST))
