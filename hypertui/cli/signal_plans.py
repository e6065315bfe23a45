"""The signals of the settings: what each may want of which trade, and how they are shown before there is an
engine. Nothing of them is loaded where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.core.intents import IntentVerb
from hypertui.core.market import SourceKind
from hypertui.core.phrases import counted
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Network
from hypertui.settings import Settings
from hypertui.signal_settings import SignalSettings
from hypertui.trade_settings import TradeSettings

if TYPE_CHECKING:
    from hypertui.intents.gate import SourceRules
    from hypertui.signal_source.plan import SignalPlan

_VERBS = {
    "open": frozenset((IntentVerb.OPEN,)),
    "close": frozenset((IntentVerb.CLOSE,)),
    "both": frozenset((IntentVerb.OPEN, IntentVerb.CLOSE)),
}


def signal_plans(settings: Settings) -> Sequence[SignalPlan]:
    """One for each market of each table, in their order. Raises ValueError for a table that means no trade,
    or one of several, and for one that closes a trade which heeds no signal."""
    if not settings.signals:
        return ()
    from hypertui.signal_source.plan import SignalPlan

    return [
        SignalPlan(
            name, symbol, table.timeframe, table.rules(), table.action, _rules(settings, name, table, symbol)
        )
        for name, table in settings.signals.items()
        for symbol in table.symbols
    ]


def signals_to_come(plans: Sequence[SignalPlan]) -> tuple[SignalView, ...]:
    """The signals as they are shown before the engine is there."""
    if not plans:
        return ()
    from hypertui.signal_source.view import to_come

    return tuple(map(to_come, plans))


def announce_signals(plans: Sequence[SignalPlan]) -> None:
    """Say which signals have an action and no trade to act on, before a screen is there."""
    for plan in plans:
        if plan.action and plan.acts is None:
            streams.complain(f"{plan.title} is only watched: no trade of {plan.symbol} runs here")


def _rules(settings: Settings, name: str, table: SignalSettings, symbol: str) -> SourceRules | None:
    if not table.action:
        return None
    if name in settings.webhooks:
        raise ValueError(f"signals.{name} has the name of a webhook: ctl arm could mean both")
    trade = _trade(settings, name, table, symbol)
    if trade is None:
        return None
    verbs = _VERBS[table.action]
    if IntentVerb.CLOSE in verbs and not trade.signal_exit:
        raise ValueError(f"signals.{name} closes trade {trade.name}, which has signal_exit = false")
    from hypertui.intents.gate import SourceRules

    is_mainnet = settings.network is Network.MAINNET
    return SourceRules(
        name,
        trade.name,
        verbs,
        round(table.ttl * 1_000),
        needs_arming=is_mainnet,
        is_live=table.live or not is_mainnet,
        needs_proof=table.proven,
        kind=SourceKind.SIGNAL,
    )


def _trade(settings: Settings, name: str, table: SignalSettings, symbol: str) -> TradeSettings | None:
    """The one that is meant; None where no trade that runs is of that market."""
    if table.trade is not None:
        named = next((each for each in settings.trades if each.name == table.trade), None)
        if named is None and settings.leaves_out(table.trade):
            return None
        if named is None:
            names = ", ".join(each.name for each in settings.trades)
            raise ValueError(f"signals.{name} names trade {table.trade}, which is not there: {names}")
        if named.symbol != symbol:
            raise ValueError(f"signals.{name} is of {symbol}, and its trade {named.name} of {named.symbol}")
        return named
    found = [each for each in settings.trades if each.symbol == symbol]
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise ValueError(f"signals.{name} may mean {counted(len(found), 'trade')} of {symbol}: {names}")
    return found[0] if found else None
