"""The journal's form of a trade's inputs: a kind, a time (ms), and what JSON can say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from hypertui.core.market import plain
from hypertui.exchange.protocol import Filled, Refused, Resting, Waiting
from hypertui.execution import trade_inputs as inputs
from hypertui.execution.trade_inputs import Input
from hypertui.strategy.base import EntryTold, StayEnded

KINDS: Mapping[str, type[Input]] = {
    "entering": inputs.EntrySent,
    "opened": inputs.TradeOpened,
    "price": inputs.PriceMoved,
    "fill": inputs.FillReceived,
    "adopted": inputs.FillAdopted,
    "placed": inputs.OrderAnswered,
    "not placed": inputs.OrdersNotPlaced,
    "cancel answer": inputs.CancelAnswered,
    "not cancelled": inputs.CancelsNotSent,
    "report": inputs.OrderReported,
    "answer": inputs.QuestionAnswered,
    "no answer": inputs.QuestionFailed,
    "altered": inputs.OrderAltered,
    "compared": inputs.FillsCompared,
    "funding": inputs.FundingBooked,
    "dust": inputs.DustCorrected,
    "sent": inputs.OrderSent,
    "cancel sent": inputs.CancelSent,
    "asked": inputs.QuestionAsked,
    "swept": inputs.CoinsGivenUp,
    "halted": inputs.StrategyHalted,
    "selling out": inputs.SellOutBegan,
    "state": inputs.StateSet,
    "wish": inputs.WishSet,
    "exits": inputs.ExitsSet,
    "watched": inputs.PriceWatched,
    "volatility": inputs.VolatilityMeasured,
    "exit signal": inputs.ExitSignalled,
    "exit": inputs.ExitBegan,
    "enter": EntryTold,
    "stay ended": StayEnded,
    "guards": inputs.GuardsSet,
    "guards judged": inputs.GuardsJudged,
    "guard re-armed": inputs.GuardRearmed,
    "patience": inputs.PatienceSet,
    "started": inputs.ProcessStarted,
    "rebuilt": inputs.TradeRebuilt,
    "failed": inputs.InputFailed,
}
_KIND_OF: Mapping[type, str] = {kind: name for name, kind in KINDS.items()}
_ANSWERS = {kind.__name__: kind for kind in (Resting, Waiting, Filled, Refused)}


@dataclass(frozen=True, slots=True)
class JournalledInput:
    """One input as the journal keeps it."""

    kind: str
    at: int
    data: Mapping[str, Any]


class Undecodable(ValueError):
    """A journalled input that is none; the text says why."""


def encode(given: Input) -> JournalledInput:
    """The journal's form of an input."""
    kind: type = type(given)
    data = {name: to_json(getattr(given, name)) for name in _fields(kind)}
    if isinstance(given, inputs.OrderAnswered):
        data["named"] = type(given.answer).__name__
    return JournalledInput(_KIND_OF[kind], given.at, data)


def decode(kept: JournalledInput) -> Input:
    """The input that was journalled. Raises Undecodable."""
    kind: type | None = KINDS.get(kept.kind)
    if kind is None:
        raise Undecodable(f"this version knows no input {kept.kind!r}")
    data = dict(kept.data)
    try:
        if kind is inputs.OrderAnswered:
            data["answer"] = _adapter(_ANSWERS[data.pop("named")]).validate_python(data["answer"])
        given: Input = _adapter(kind).validate_python({"at": kept.at, **data})
    except Exception as error:
        raise Undecodable(f"{type(error).__name__}: {error}") from error
    return given


def to_json(value: Any) -> Any:
    """A value as JSON can say it; amounts as decimal strings."""
    convert = _CONVERTERS.get(type(value))
    if convert is not None:
        return convert(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        kind: type = type(value)
        return {name: to_json(getattr(value, name)) for name in _fields(kind, without="")}
    return value


def _list(values: Iterable[Any]) -> list[Any]:
    return [to_json(value) for value in values]


_CONVERTERS: Mapping[type, Callable[[Any], Any]] = {Decimal: plain, tuple: _list, list: _list}


@cache
def _fields(kind: type, without: str = "at") -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.name != without)


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
