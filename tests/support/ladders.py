"""The ladder behind a trade, and configurations of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.snapshot import Network
from hypertui.risk.memory import Rearm
from hypertui.strategy.ladder.ladder import Ladder, Windows
from hypertui.strategy.ladder.strategy import LadderStrategy
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.plans import StrategyTerms

_TERMS = {field.name for field in fields(LadderTerms)}
# What a configuration is annotated with and does not load.
_NAMES = {each.__name__: each for each in (Rearm, StrategyTerms)}


def ladder_of(tracker: OrderTracker) -> Ladder:
    """The ladder that the orders are for."""
    assert isinstance(tracker.strategy, LadderStrategy)
    return tracker.strategy.ladder


def windows_of(tracker: OrderTracker) -> Windows:
    """What the ladder wants, with what is due counted as done."""
    assert isinstance(tracker.strategy, LadderStrategy)
    return tracker.strategy.ladder.windows(tracker.strategy._due(tracker.alive))


def terms_of(config: TradeConfig) -> LadderTerms:
    """The ladder's own settings."""
    assert isinstance(config.strategy, LadderTerms)
    return config.strategy


def ladder_config(
    network: Network, symbol: str, unit_size: Decimal, position_size: Decimal, leverage: int, **others: Any
) -> TradeConfig:
    """A ladder's configuration; `others` are its own settings and those of the trade alike."""
    terms, rest = _parted(others)
    return TradeConfig(network, symbol, leverage, LadderTerms(unit_size, position_size, **terms), **rest)


def changed(config: TradeConfig, **changes: Any) -> TradeConfig:
    """The same with other settings, the ladder's own or the trade's."""
    terms, rest = _parted(changes)
    strategy = replace(terms_of(config), **terms) if terms else config.strategy
    return replace(config, strategy=strategy, **rest)


def config_record(config: TradeConfig) -> dict[str, Any]:
    """A configuration as JSON can say it, the ladder's own settings among the others."""
    hints = get_type_hints(TradeConfig, localns=_NAMES)
    rest = {
        field.name: TypeAdapter(hints[field.name]).dump_python(getattr(config, field.name), mode="json")
        for field in fields(config)
        if field.name != "strategy"
    }
    return {**TypeAdapter(LadderTerms).dump_python(terms_of(config), mode="json"), **rest}


def recorded_config(record: Mapping[str, Any]) -> TradeConfig:
    """The configuration that was recorded so."""
    terms, rest = _parted(record)
    hints = get_type_hints(TradeConfig, localns=_NAMES)
    others = {name: TypeAdapter(hints[name]).validate_python(value) for name, value in rest.items()}
    return TradeConfig(strategy=TypeAdapter(LadderTerms).validate_python(terms), **others)


def slot_of(order: OwnOrder) -> int:
    """The slot that an order is for."""
    return order.key.number


def _parted(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    terms = {name: value for name, value in settings.items() if name in _TERMS}
    return terms, {name: value for name, value in settings.items() if name not in _TERMS}
