"""Values of the exchange's protocol as JSON, under names of the golden files' own.

A dataclass is `{"Name": {field: value}}`, without the fields that have their default; an enumeration is
`{"Name": value}`; an amount is a text that begins with "="; an error is `{"!Name": [text, ...]}`. Names are
what the kinds were called when the first tape was made: where the house renames one, `_KINDS` alone follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from hypertui.core import market
from hypertui.exchange import protocol as exchange

Json = Any

_KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        exchange.Resting,
        exchange.Filled,
        exchange.Waiting,
        exchange.Refused,
        exchange.Refusal,
        exchange.CancelOutcome,
        exchange.OrderState,
        exchange.OrderReport,
        exchange.OpenOrder,
        exchange.Pooling,
        exchange.Collateral,
        exchange.AccountState,
        exchange.FundingPayment,
        exchange.Transfer,
        exchange.Allowance,
        exchange.Signer,
        exchange.Standing,
        exchange.Quote,
        exchange.PriceTick,
        exchange.FillNotice,
        exchange.OrderNotice,
        exchange.FeedUp,
        exchange.FeedDown,
        exchange.FeedAlive,
        exchange.Malformed,
        market.Fill,
        market.Forced,
        market.Instrument,
        market.Side,
        market.OrderType,
        market.TimeInForce,
    )
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_ERRORS: Mapping[str, type[exchange.ExchangeError]] = {
    error.__name__: error
    for error in (
        exchange.Rejected,
        exchange.NotAuthorized,
        exchange.Halted,
        exchange.Unknown,
        exchange.RateLimited,
        exchange.Unreachable,
    )
}


def encoded(value: object) -> Json:
    """`value` as JSON. Raises KeyError for what is no value of the protocol."""
    match value:
        case Enum():
            return {_NAMES[type(value)]: value.value}
        case None | bool() | int():
            return value
        case Decimal():
            return f"={value}"
        case str():
            return value
        case exchange.RateLimited():
            return {"!RateLimited": [str(value), value.retry_after, value.actions_only]}
        case exchange.ExchangeError():
            return {f"!{type(value).__name__}": [str(value)]}
        case tuple() | list():
            return [encoded(each) for each in value]
        case Mapping():
            return {"map": {key: encoded(each) for key, each in value.items()}}
    assert is_dataclass(value), value
    told = {
        field.name: encoded(said)
        for field in fields(value)
        if (said := getattr(value, field.name)) != field.default or field.default is MISSING
    }
    return {_NAMES[type(value)]: told}


def decoded(data: Json) -> Any:
    """What `encoded` made `data` of."""
    match data:
        case str():
            return Decimal(data[1:]) if data.startswith("=") else data
        case list():
            return tuple(decoded(each) for each in data)
        case {"map": said}:
            return {key: decoded(each) for key, each in said.items()}
        case {"!RateLimited": [text, retry_after, actions_only]}:
            return exchange.RateLimited(text, retry_after, actions_only=actions_only)
        case dict():
            ((name, said),) = data.items()
            if name.startswith("!"):
                return _ERRORS[name[1:]](*said)
            kind = _KINDS[name]
            if issubclass(kind, Enum):
                return kind(said)
            return kind(**{key: decoded(each) for key, each in said.items()})
    return data
