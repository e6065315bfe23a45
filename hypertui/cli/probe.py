"""`hypertui probe`: a few tiny orders on the testnet settle what nobody has written down of its triggers."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import threading
from dataclasses import asdict, dataclass

from hypertui.cli import streams
from hypertui.cli.alone import alone
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.prepare import Prepared, only_one, prepare
from hypertui.cli.which_venue import venue_of
from hypertui.console.format import clean
from hypertui.core.clock import CLOCK
from hypertui.core.phrases import counted
from hypertui.core.shutdown import wind_down_on_signals
from hypertui.engine.probe import Probe, Seen
from hypertui.engine.probe_account import LeftBehind, NotProbed, ProbeAccount
from hypertui.exchange.protocol import ExchangeError, Rejected
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.journal import Locked
from hypertui.port.snapshot import Network
from hypertui.settings import Settings, load_settings

_BAD_INPUT, _LEFT_BEHIND, _NOT_REACHED = 2, 3, 4
_PATIENCE = 15.0
_PAUSE = 0.25


def probe(arguments: argparse.Namespace) -> int:
    """Run the command; returns the exit status: 0 asked and nothing left behind, 2 not fit for it, 3
    something is left behind, 4 stopped before the last question. Raises ValueError with one line for bad
    input."""
    _only_for_play_money(
        load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    )
    prepared = prepare(arguments, trades=False)
    config = only_one("probe asks in the market of one trade", prepared.configs)
    stop = threading.Event()
    try:
        with wind_down_on_signals(stop.set, grace=4 * _PATIENCE):
            result = asyncio.run(_probe(prepared, config, stop, as_json=arguments.json))
    except Locked as error:
        raise ValueError(f"{error}: probe with another --symbol or account") from None
    except StartRefused as error:
        return _fail(error, error.status)
    except (NotProbed, Rejected) as error:
        return _fail(error, _BAD_INPUT)
    except LeftBehind as error:
        return _fail(f"LEFT BEHIND: {error}; look at the exchange's own page", _LEFT_BEHIND)
    except ExchangeError as error:
        return _fail(error, _NOT_REACHED)
    _sum_up(result, as_json=arguments.json)
    if result.trouble:
        asked = counted(len(result.seen), "question")
        return _fail(f"stopped after {asked}: {result.trouble}", _NOT_REACHED)
    return 0


@dataclass(frozen=True, slots=True)
class _Result:
    """What was seen until `trouble` ended it (empty: nothing did), and what that cost, in words."""

    seen: list[Seen]
    trouble: str
    cost: str


def _only_for_play_money(settings: Settings) -> None:
    if settings.network is Network.MAINNET:
        raise ValueError("probe places orders to see what becomes of them: never on mainnet; say --testnet")
    if settings.network is Network.PAPER and settings.base_url is None:
        raise ValueError("probe asks the exchange's testnet: say --testnet, or --base-url for a local one")


async def _probe(prepared: Prepared, config: TradeConfig, stop: threading.Event, *, as_json: bool) -> _Result:
    symbol, settings = config.symbol, prepared.settings
    exchange = await prepared.connect(None, config.account)
    try:
        who = (prepared.state_dir, settings.network, venue_of(settings), exchange.account, symbol)
        with alone(*who, CLOCK):
            account = ProbeAccount(
                exchange, symbol, CLOCK, lambda: f"0x{secrets.token_hex(16)}", _PATIENCE, _PAUSE
            )
            await account.begin()
            seen: list[Seen] = []
            trouble = ""

            def say(each: Seen) -> None:
                seen.append(each)
                if not as_json:
                    _print(each)

            try:
                await Probe(account, say, stop.is_set).run()
            except ExchangeError as error:
                trouble = str(error)
            finally:
                cost = await account.leave_nothing()
            if stop.is_set():
                trouble = "a signal"
            return _Result(seen, trouble, cost)
    finally:
        await exchange.close()


def _print(seen: Seen) -> None:
    streams.say(f"? {clean(seen.question)}")  # what was placed is taken away whoever reads
    streams.say(f"  sent  {clean(seen.sent)}")
    streams.say(f"  saw   {clean(seen.saw)}")
    if seen.flag:
        streams.say(f"  like  hypertui venue {seen.flag}")


def _sum_up(result: _Result, *, as_json: bool) -> None:
    flags = list(dict.fromkeys(each.flag for each in result.seen if each.flag))
    if as_json:
        print(json.dumps({"seen": [asdict(each) for each in result.seen], "flags": flags}))
        return
    print(f"nothing is left behind: no order, no position; {result.cost}")
    if flags:
        print(f"a local exchange that does the same: hypertui venue {' '.join(flags)}")


def _fail(words: object, status: int) -> int:
    streams.complain(clean(" ".join(str(words).split())))
    return status
