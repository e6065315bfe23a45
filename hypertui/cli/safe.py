"""`hypertui safe`: without an engine, cancel the buys and see to it that stops cover the position.

A trade that the journal knows is taken up by an engine that only protects: it places the missing stops on the
trade's own units, writes them down, and leaves. What is then still wrong at the venue, or where no trade is
known, is put right by what the venue says alone."""

from __future__ import annotations

import argparse
import asyncio
import secrets
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from random import SystemRandom

from hypertui.cli import streams
from hypertui.cli.alone import alone_if_possible
from hypertui.cli.defects import Defect
from hypertui.cli.journal import Live, live_trade
from hypertui.cli.paper import PaperMarket
from hypertui.cli.prepare import Prepared, connector, only_one, prepare
from hypertui.cli.values import amount, typed
from hypertui.cli.which_venue import venue_of
from hypertui.console.launch import operator
from hypertui.core.clock import CLOCK
from hypertui.core.redaction import printable
from hypertui.core.shutdown import wind_down_on_signals
from hypertui.engine.engine import EmbeddedEngine
from hypertui.engine.make_safe import NotSafe, Safety
from hypertui.exchange.protocol import ExchangeError, Rejected
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.journal import JournalError, Locked
from hypertui.port.commands import OnExit, Stop
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
    prepared = prepare(arguments, trades=False, keeps=False)
    if distance is not None:
        only_one("--stop-distance is for one market", prepared.configs)
    stops = [Stop(OnExit.BUYS) for _ in prepared.configs]

    def leave() -> None:
        for stop in stops:
            stop.request()

    try:
        with wind_down_on_signals(leave), prepared.market() as market:
            return _each(prepared, market, distance, stops)
    except StateError as error:
        raise ValueError(f"{error}; if an engine runs on it, use hypertui ctl to control it") from None


def _each(
    prepared: Prepared, market: PaperMarket | None, distance: Decimal | None, stops: Sequence[Stop]
) -> int:
    """Make each trade safe in turn, whatever becomes of the others; returns the worst exit status. Raises the
    first Defect at the end."""
    defects: list[Exception] = []
    status = 0
    for config, stop in zip(prepared.configs, stops, strict=True):
        stop.by = f"{operator()} by safe"
        try:
            status = max(status, _one(prepared, config, market, distance, stop))
        except Exception as error:  # noqa: BLE001 - the other trades are not to blame for it
            defects.append(error)
    if defects:
        raise defects[0]
    return status


def _one(
    prepared: Prepared, config: TradeConfig, market: PaperMarket | None, distance: Decimal | None, stop: Stop
) -> int:
    """Make one trade safe; returns the exit status that this makes."""
    voice = _Voice(f"{config.name}: " if len(prepared.configs) > 1 else "")
    try:
        said = asyncio.run(_make_safe(prepared, config, market, distance, stop, voice))
    except Locked as error:
        return voice.failed(f"{error}: use hypertui ctl to control it", _BAD_INPUT)
    except StartRefused as error:
        return voice.failed(error, error.status)
    except NotSafe as error:
        return voice.failed(f"NOT SAFE: {error}", _NOT_SAFE)
    except Rejected as error:
        return voice.failed(error, _BAD_INPUT)
    except ExchangeError as error:
        return voice.failed(f"NOT SAFE, as far as can be said: {error}", _NOT_REACHED)
    except ValueError as error:  # what was given is checked by now
        raise Defect(error) from error
    voice.say(f"safe: {said}")
    return 0


async def _make_safe(
    prepared: Prepared,
    config: TradeConfig,
    market: PaperMarket | None,
    distance: Decimal | None,
    stop: Stop,
    voice: _Voice,
) -> str:
    exchange = await prepared.connect(market, config.account)
    try:
        with ExitStack() as held:
            venue, account = venue_of(prepared.settings), exchange.account
            names = (prepared.state_dir, config.network, venue, account, config.symbol)
            if trouble := held.enter_context(alone_if_possible(*names, CLOCK)):
                voice.say(f"goes on without a lock: {trouble}")
            await exchange.open()
            live: Live | None = None
            try:
                url = prepared.settings.ledger.url
                live = held.enter_context(live_trade(config, account, prepared.state_dir, url))
                if live is not None:
                    distance = distance or live.config.strategy.stop_distance
                    await _protect(prepared, market, live, stop, voice)
            except Locked:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the journal holds, the exchange's word is enough
                said = str(error) if isinstance(error, JournalError) else f"{type(error).__name__}: {error}"
                voice.say(f"goes on without the journal: {said}")
            safety = Safety(
                exchange,
                config.symbol,
                config.strategy.slippage,
                CLOCK,
                lambda: f"0x{secrets.token_hex(16)}",
                voice.say,
            )
            return await safety.make_safe(distance)
    finally:
        await exchange.close()


async def _protect(
    prepared: Prepared, market: PaperMarket | None, live: Live, stop: Stop, voice: _Voice
) -> None:
    connect = connector(prepared.settings, [live.config])
    engine = EmbeddedEngine(
        lambda account: connect(market, account),
        lambda config, account: nullcontext((live.trade_id, live.journal)),
        [live.config],
        Machine(CLOCK, SystemRandom()),
    )
    asyncio.get_running_loop().call_later(_PATIENCE, stop.request)
    reason = await engine.run(stop)
    for event in engine.events_after(0):
        if event.kind in _TOLD:
            voice.say(event.text)
    voice.say(reason.text)


@dataclass(frozen=True, slots=True)
class _Voice:
    """Tells of one trade what is done; each line begins with `prefix`."""

    prefix: str

    def say(self, text: str) -> None:
        """On standard output."""
        streams.say(printable(f"{self.prefix}{text}", _LONGEST))

    def failed(self, words: object, status: int) -> int:
        """The last line, on standard error; returns the exit status."""
        streams.complain(printable(f"{self.prefix}{words}", _LONGEST))
        return status
