"""The door for alerts, by the settings: checked before anything is traded, then served beside the engine.
Nothing of it is loaded where none was asked for."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.core.endpoint import ListenAddress
from hypertui.port.snapshot import Network
from hypertui.setting_types import ms_of
from hypertui.settings import Settings
from hypertui.webhook_settings import HookTable

if TYPE_CHECKING:
    from hypertui.webhook.hook_settings import HookSettings

_WAITING = 64  # connections that the kernel keeps until there is a place
_LETS_GO = 3.0  # seconds in which the door of an engine that was killed lets go of the address
_TRIED_EVERY = 0.05  # seconds
_SECRETS = "webhooks.json"


def secrets_file(folder: Path) -> Path:
    """The file of the webhooks' secrets in a state folder; it need not be there."""
    return folder / _SECRETS


def hooks_of(settings: Settings) -> Mapping[str, HookSettings]:
    """What the tables come to, but for those of trades that are left out. Raises ValueError for one that
    means no trade, or one of several."""
    from hypertui.webhook.hook_settings import HookSettings

    return {
        name: _hook(settings, name, table, HookSettings)
        for name, table in settings.webhooks.items()
        if table.trade is None or not settings.leaves_out(table.trade)
    }


def _hook(settings: Settings, name: str, table: HookTable, made: type[HookSettings]) -> HookSettings:
    from hypertui.intents.gate import SourceRules
    from hypertui.webhook.origin import address_range

    names = [trade.name for trade in settings.trades]
    wanted = names[0] if table.trade is None and len(names) == 1 else table.trade
    trade = next((each for each in settings.trades if each.name == wanted), None)
    if trade is None:
        said = "names no trade" if wanted is None else f"names trade {wanted}, which is not there"
        raise ValueError(f"webhooks.{name} {said}: {', '.join(names)}")
    if table.allow_size and trade.strategy != "bracket":
        raise ValueError(f"webhooks.{name}.allow_size is for a bracket, and {trade.name} is a ladder")
    is_mainnet = settings.network is Network.MAINNET
    rules = SourceRules(
        name,
        trade.name,
        frozenset(table.verbs),
        round(table.ttl * 1_000),
        needs_arming=is_mainnet,
        is_live=table.live or not is_mainnet,
        expect_every=ms_of(table.expect_every),
        needs_proof=table.proven,
    )
    allowed = tuple(map(address_range, table.allow))
    return made(rules, trade.symbol, frozenset(table.tickers), allowed, settings.hodl, table.allow_size)


@contextmanager
def webhook_door(settings: Settings) -> Iterator[socket.socket | None]:
    """A socket that listens where alerts are to come in, before anything is traded; None where none are.
    Raises ValueError with one line."""
    wanted = settings.webhook.listen
    if wanted is None:
        yield None
        return
    if not settings.webhooks:
        raise ValueError("webhook.listen is set, and there is no [webhooks.NAME] to listen to")
    if not hooks_of(settings):
        yield None  # all of them speak to trades that are left out
        return
    with _listening(wanted) as listening:
        yield listening


def _listening(wanted: ListenAddress) -> socket.socket:
    family, until = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET, time.monotonic() + _LETS_GO
    while True:
        try:
            return socket.create_server(wanted, family=family, backlog=_WAITING)
        except OSError as error:  # whose own words would say the address once more
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise ValueError(f"webhook.listen {wanted}: {os.strerror(error.errno or 0)}") from None
        time.sleep(_TRIED_EVERY)


def announce_webhooks(door: socket.socket | None, settings: Settings, state_dir: Path) -> None:
    """Say where alerts come in and which sources have no secret yet, before a screen is there. Raises
    ValueError where the file of their secrets cannot be used."""
    if door is None:
        return
    from hypertui.webhook.secrets import Hooks

    known = Hooks(secrets_file(state_dir)).all()
    if without := [name for name in settings.webhooks if name not in known]:
        streams.complain(f"no secret yet of {', '.join(without)}: hypertui webhook new NAME")
    streams.complain(f"alerts at {place_of(door)}NAME/…")


def place_of(door: socket.socket) -> str:
    """Where alerts come in."""
    return f"http://{ListenAddress(*door.getsockname()[:2])}/hook/"
