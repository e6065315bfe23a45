"""`hypertui` and `hypertui run`: the engine in the console, or without a screen."""

from __future__ import annotations

import argparse
import asyncio
import atexit
import gc
import os
import random
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.cli.alone import nonces_folder, venue_of
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.audit import audit_of
from hypertui.cli.defects import running
from hypertui.cli.journal import journals, past, refuse_other_version
from hypertui.cli.keyfile import kept_key
from hypertui.cli.logs import ProcessLog
from hypertui.cli.metrics import metrics_door, served_metrics
from hypertui.cli.outgoing import Outgoing, notices_kept, outgoing
from hypertui.cli.paper import FRESH_HINT, PaperMarket
from hypertui.cli.places import journal_url, made_state_folder, state_folder
from hypertui.cli.printing import Printer
from hypertui.cli.rearms import rearms_of
from hypertui.cli.service import ServiceReport, watchdog
from hypertui.cli.shown import show
from hypertui.cli.values import seconds, typed
from hypertui.cli.webhook_door import served_webhooks, webhook_door
from hypertui.console.keymap import remap
from hypertui.console.launch import operator
from hypertui.console.terminal.last_position import last_position
from hypertui.core.clock import CLOCK
from hypertui.core.files import open_regular
from hypertui.core.redaction import printable
from hypertui.core.shutdown import wind_down_on_signals
from hypertui.engine.engine import EmbeddedEngine
from hypertui.exchange.protocol import Exchange
from hypertui.execution.entry import StartRefused
from hypertui.execution.trade_config import Consent, PriceSource, TradeConfig
from hypertui.port.commands import OnExit, Stop, StopReason
from hypertui.port.snapshot import Mode, Network
from hypertui.runtime.machine import Machine
from hypertui.server.server import ControlServer
from hypertui.settings import Settings, load_settings, refuse_one_market_twice

if TYPE_CHECKING:
    from hypertui.exchange.hyperliquid import NonceSource, SigningKey

_POLL = 0.05
_REFUSED = 2
_LAST_WORDS = 2_000  # characters


def console(arguments: argparse.Namespace) -> int:
    """Trade in the console. Raises ValueError with one line for bad input."""
    if getattr(arguments, "run_for", None) is not None:
        raise ValueError("--for goes with run --headless")
    if not streams.are_watched():
        raise ValueError("the console needs a terminal; without one use: hypertui run --headless")
    if not streams.can_move_its_cursor():
        streams.complain(
            f"a terminal of the kind '{os.environ.get('TERM', '')}' shows no console: plain lines follow; "
            "use hypertui ctl to control it"
        )
        return headless(arguments)
    trade = prepare(arguments, asks=True)
    settings = trade.settings
    remap(settings.console.keys)
    stop = Stop(settings.engine.on_exit)
    before = past(settings.ledger.url, trade.state_dir, settings.network)
    streams.complain(f"{settings.network.upper()}: {before.in_words(symbols_of(trade.configs))}")
    first = settings.network is Network.PAPER and not before.has_trades
    with (
        metrics_door(settings.metrics.address) as door,
        webhook_door(settings) as hooks,
        trade.market() as market,
        running(),
        trade.engine(market) as engine,
        served_metrics(engine, door, partial(notices_kept, trade.state_dir)),
        served_webhooks(engine, hooks, settings, trade.state_dir),
    ):
        reason = show(engine, stop, settings.console, trade.state_dir, guided=first)
    return _say(reason, market)


def headless(arguments: argparse.Namespace) -> int:
    """Trade without a screen, printing events. Raises ValueError with one line for bad input."""
    given = getattr(arguments, "run_for", None)
    trade = prepare(arguments, None if given is None else seconds("--for", given))
    stop = Stop(trade.settings.engine.on_exit)
    stop.by = operator()
    begun: list[EmbeddedEngine] = []

    def held() -> str:
        if not begun:
            return "no engine was running"
        return "; ".join(map(last_position, begun[0].view.trades))

    # Signals from first to last: one that comes while journal and market are closed must not break that off.
    with (
        metrics_door(trade.settings.metrics.address) as door,
        webhook_door(trade.settings) as hooks,
        wind_down_on_signals(stop.request, held),
        trade.market() as market,
        running(),
        trade.engine(market) as engine,
        served_metrics(engine, door, partial(notices_kept, trade.state_dir)),
        served_webhooks(engine, hooks, trade.settings, trade.state_dir),
    ):
        begun.append(engine)
        reason = asyncio.run(_run_and_print(engine, stop))
    return _say(reason, market)


# Connects to the venue, on the paper market where there is one of its own, for the account of an address.
Connect = Callable[[PaperMarket | None, str | None], Awaitable[Exchange]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that could be checked without a network, checked. The trades are those that run."""

    settings: Settings
    configs: tuple[TradeConfig, ...]
    state_dir: Path
    fresh: bool
    connect: Connect
    log: ProcessLog | None  # none where nothing is kept
    outgoing: Outgoing

    @contextmanager
    def market(self) -> Iterator[PaperMarket | None]:
        """The paper market, where these trades need one of their own."""
        if not self.settings.has_own_market:
            yield None
            return
        symbols = symbols_of(self.configs)
        market = PaperMarket(self.settings.paper, symbols, self.state_dir, fresh=self.fresh)
        try:
            yield market
        finally:
            market.close()

    @contextmanager
    def engine(self, market: PaperMarket | None) -> Iterator[EmbeddedEngine]:
        """The engine, on `market` or on the venue that the settings name, with its journal."""
        kept, snapshot, log = self.settings.ledger, self.settings.snapshot(), self.log
        assert log is not None, "whoever trades keeps a log"
        with journals(
            self.state_dir,
            kept.url,
            CLOCK,
            snapshot,
            kept.keep_days,
            venue_of(self.settings),
        ) as journal:
            machine = Machine(
                CLOCK,
                random.SystemRandom(),
                CLOCK.set_by,
                disk_free=self.disk_free,
                log_trouble=log.trouble,
                audit=audit_of(journal_url(kept.url, self.state_dir)),
            )
            engine = EmbeddedEngine(
                lambda account: self.connect(market, account),
                journal,
                self.configs,
                machine,
                self.outgoing.beside,
            )
            engine.listen(log.event)
            with (
                self.outgoing.told(engine, self.settings, self.state_dir),
                ControlServer(engine, self.state_dir),
            ):
                yield engine

    def disk_free(self) -> int:
        """Bytes that the state folder has left."""
        return shutil.disk_usage(self.state_dir).free


def prepare(
    arguments: argparse.Namespace,
    run_for: float | None = None,
    *,
    asks: bool = False,
    trades: bool = True,
    keeps: bool = True,
) -> Prepared:
    """Check everything that needs no network. `asks` says whether somebody sits there to be asked, `trades`
    whether anything may be placed, `keeps` whether the state folder must take what is written down. Raises
    ValueError with one line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    rearms = rearms_of(arguments.rearm or (), operator())
    configs = tuple(
        replace(
            config,
            consent=consent(settings.network, asks and not config.by_signal, bool(arguments.accept_warnings)),
            adopt=True if arguments.adopt else None if asks else False,
            rearms=rearms,
        )
        for config in settings.trade_configs(run_for)
    )
    if settings.network is Network.MAINNET and trades:
        _confirm_mainnet(symbols_of(configs), arguments.confirm_mainnet)
    fresh = bool(arguments.fresh)
    if fresh and not settings.has_own_market:
        raise ValueError("--fresh goes with the paper market that is started here, not with another exchange")
    if settings.paper.prices is not None and settings.has_own_market:
        _check_prices(settings.paper.prices, symbols_of(configs))
    connect = connector(settings, configs)
    state_dir, log = state_folder(settings), None
    leaves = outgoing(settings) if keeps else Outgoing(None, None)
    if trades:
        refuse_other_version(settings.ledger.url, state_dir)
    try:
        log = _log_in(made_state_folder(settings))
    except ValueError as error:
        if keeps:
            raise
        streams.say(f"goes on without a log: {error}")
    return Prepared(settings, configs, state_dir, fresh, connect, log, leaves)


def only_one(why: str, configs: Sequence[TradeConfig]) -> TradeConfig:
    """The trade, where there is only one. Raises ValueError saying `why` there must not be more."""
    if len(configs) > 1:
        names = ", ".join(config.name for config in configs)
        raise ValueError(f"{why}, and there are {len(configs)}: say which with --only NAME ({names})")
    return configs[0]


def symbols_of(configs: Sequence[TradeConfig]) -> tuple[str, ...]:
    """The markets that they trade in, each once."""
    return tuple(dict.fromkeys(config.symbol for config in configs))


def _check_prices(file: Path, symbols: Sequence[str]) -> None:
    """The paper market reads it, in its own time; that it can be read is known now. It drives one market."""
    if len(symbols) > 1:
        raise ValueError(
            f"price file {file} drives one market, and {', '.join(symbols)} are traded: say which with "
            "--only NAME, or leave paper.prices out"
        )
    try:
        os.close(open_regular(file))
    except OSError as error:
        raise ValueError(f"price file {file} cannot be read: {error.strerror}") from None


def _log_in(folder: Path) -> ProcessLog:
    try:
        log = ProcessLog(folder)
    except OSError as error:
        raise ValueError(f"state folder {folder}: its log cannot be written: {error.strerror}") from None
    atexit.register(log.close)  # after the last words of a defect
    return log


def consent(network: Network, asks: bool, accepted: bool) -> Consent:
    """Whose consent a new trade needs: on paper nobody's, at a terminal always the operator's."""
    if network is Network.PAPER:
        return Consent.NONE
    if asks:
        return Consent.ASKED
    return Consent.NO_WARNINGS if network is Network.MAINNET and not accepted else Consent.NONE


def connector(settings: Settings, configs: Sequence[TradeConfig]) -> Connect:
    """What connects these trades to the venue that the settings name. Raises ValueError for what it would not
    take."""
    # The client takes half a second to load, so that where nothing has to be checked with it beforehand, that
    # is left to the engine's thread, behind the first paint.
    if settings.base_url is not None:
        if settings.network is not Network.PAPER:
            raise ValueError(f"--base-url goes with paper, not with {settings.network.value}")
        from hypertui.exchange.hyperliquid import paper

        paper(settings.base_url)
    key = _key(settings)
    if key is not None:
        refuse_one_market_twice(settings, key.address)
    nonces: list[NonceSource] = []  # one for all accounts, which one key signs for

    async def connect(market: PaperMarket | None, account: str | None) -> Exchange:
        from hypertui.exchange import hyperliquid as hl

        gc.freeze()  # what is loaded stays: to look through it for garbage holds all trades up for 60 ms
        if settings.network is Network.PAPER:
            url = settings.base_url
            if url is None and market is not None:
                url = await asyncio.to_thread(market.wait)
            network = hl.paper(str(url))
        else:
            network = hl.MAINNET if settings.network is Network.MAINNET else hl.TESTNET
        if not nonces:
            # Nobody else signs with the throw-away key of a market of our own.
            nonces.append(hl.NonceSource(None if settings.has_own_market else nonces_folder()))
        signer = key or _paper_key(settings, market)
        whose = account or signer.address
        lasts = {
            config.account or signer.address for config in configs if config.price_source is PriceSource.LAST
        }
        return hl.HyperliquidExchange(
            network,
            signer,
            whose,
            timeout=settings.engine.timeout,
            with_last=whose in lasts,
            nonces=nonces[0],
        )

    return connect


def _key(settings: Settings) -> SigningKey | None:
    """The key that was given; None on paper, where a throw-away one does."""
    secret, file = settings.secret_key, settings.account.key_file
    if secret is not None or file is not None:
        from hypertui.exchange.hyperliquid import SigningKey

        if secret is not None:
            return SigningKey.parse(secret.get_secret_value())
        if file is not None:
            return SigningKey.read(file)
    if settings.network is Network.PAPER:
        return None
    raise ValueError(
        f"{settings.network.value} needs a key: set HYPERTUI_SECRET_KEY, or account.key_file in the config"
    )


def _paper_key(settings: Settings, market: PaperMarket | None) -> SigningKey:
    """The key that is kept for a market of our own, or for the address of another one: the next run is the
    same account there, with what it holds."""
    from hypertui.exchange.hyperliquid import KeyRefused, SigningKey

    try:
        return SigningKey.read(kept_key(settings) if market is None else market.key_file)
    except (KeyRefused, OSError) as error:
        raise StartRefused(f"the key of the paper market cannot be used: {error}") from None


def _confirm_mainnet(symbols: Sequence[str], said: str | None) -> None:
    asked = ",".join(symbols)
    if said is None and sys.stdin.isatty():
        with suppress(EOFError):
            said = input(f"MAINNET trades real money. Type {asked} to go on: ").strip()
    if said is None:
        raise ValueError(f"Mainnet needs --confirm-mainnet {asked} when there is no terminal")
    if sorted(symbol.strip() for symbol in said.split(",")) != sorted(symbols):
        raise ValueError(f"mainnet was not confirmed: {typed(said) or 'nothing'} is not {asked}")


async def _run_and_print(engine: EmbeddedEngine, stop: Stop) -> StopReason:
    words, utf8 = sys.stdout.isatty(), streams.speaks_utf8()
    report, loop = ServiceReport(watchdog(os.environ, os.getpid())), asyncio.get_running_loop()
    with Printer(engine, sys.stdout.fileno(), gone=stop.request, in_words=words, utf8=utf8):
        running = asyncio.create_task(engine.run(stop))
        while not running.done():
            await asyncio.wait([running], timeout=_POLL)
            report.look(engine.view, loop.time(), leaving=stop.requested or running.done())
            for trade in engine.view.trades if not stop.requested else ():
                if trade.mode is Mode.HALTED:
                    engine.leave(trade.name, OnExit.LEAVE)
        return running.result()


def _say(reason: StopReason, market: PaperMarket | None) -> int:
    if reason.text:
        refused = reason.status == _REFUSED and market is not None and market.kept
        hint = f" ({FRESH_HINT})" if refused and "--fresh" not in reason.text else ""
        # A terminal that is gone takes no last words; the log has them.
        streams.complain(f"{printable(reason.text, _LAST_WORDS)}{hint}")
    return reason.status
