"""What a command line and the settings come to, checked before anything is traded."""

from __future__ import annotations

import argparse
import asyncio
import atexit
import gc
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.keyfile import kept_key
from hypertui.cli.logs import ProcessLog
from hypertui.cli.outgoing import Outgoing, outgoing
from hypertui.cli.paper import PaperMarket
from hypertui.cli.places import made_state_folder, state_folder
from hypertui.cli.rearms import rearms_of
from hypertui.cli.values import typed
from hypertui.console.launch import operator
from hypertui.core.files import open_regular
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import Consent, PriceSource, TradeConfig
from hypertui.port.snapshot import Network
from hypertui.settings import Settings, load_settings, refuse_one_market_twice

if TYPE_CHECKING:
    from hypertui.exchange.hyperliquid import NonceSource, SigningKey
    from hypertui.exchange.protocol import Exchange


# Connects to the venue, on the paper market where there is one of its own, for the account of an address.
Connect = Callable[[PaperMarket | None, str | None], Awaitable["Exchange"]]


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
    if trades and (fresh or not asks):
        # Before anything is written, or a market moved aside; a console looks behind its first paint.
        refuse_journal_of_another_version(settings, state_dir)
    try:
        log = _log_in(made_state_folder(settings))
    except ValueError as error:
        if keeps:
            raise
        streams.say(f"goes on without a log: {error}")
    return Prepared(settings, configs, state_dir, fresh, connect, log, leaves)


def refuse_journal_of_another_version(settings: Settings, state_dir: Path) -> None:
    """Raise ValueError in one line for a journal that this version cannot go on with."""
    from hypertui.cli.journal import refuse_other_version

    refuse_other_version(settings.ledger.url, state_dir)


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
            from hypertui.cli.alone import nonces_folder

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
