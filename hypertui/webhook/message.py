"""What an alert says: JSON, or words such as `action=buy time=2026-01-02T03:04:05Z`, by a strict schema.

The names are those of TradingView's placeholders. An account or a network in an alert is refused, and a size
where the plan does not let it say one, as is every name that is not known: what a source may not choose, it
may not even mention.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from hypertui.core.intents import IntentReason, IntentVerb
from hypertui.core.market import parse_amount
from hypertui.core.redaction import printable, without_secrets
from hypertui.intents.gate import Alert

_WORD = re.compile(r'([a-z_]{1,32})=(?:"([^"]*)"|([^\s,;]*))')
_SIZE = "size"
_NOT_THEIRS = frozenset(
    (_SIZE, "qty", "quantity", "contracts", "position_size", "leverage", "account", "network", "strategy")
)
_ACTIONS = ("buy", "sell", *IntentVerb)
_QUOTES = ("USDT", "USDC", "USD", "PERP")
_LONGEST = 64
_SHOWN = 300  # characters

_Text = Annotated[str, Field(max_length=_LONGEST)]


def _moment(text: str) -> str:
    moment_of(text)
    return text


def _usd(given: object) -> object:
    amount = parse_amount(given)
    if amount <= 0:
        raise ValueError("no amount above 0")
    return amount


class Message(BaseModel):
    """An alert as it is written. `action` is that of a strategy (`buy` opens, `sell` closes) or one of the
    verbs; `time` is when it happened (ISO 8601, UTC); `id` tells it from the others. `size` is what an entry
    is worth at most (USD)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    action: Literal["buy", "sell", "open", "close", "sell-out", "pause", "resume", "cancel-buys"]
    time: Annotated[str, Field(max_length=40), AfterValidator(_moment)]
    symbol: _Text = ""
    id: _Text = ""
    order_id: _Text = ""
    market_position: Literal["long", "flat", "short"] | None = None
    prev_market_position: Literal["long", "flat", "short"] | None = None
    price: _Text | Decimal | int = ""
    size: Annotated[Decimal, BeforeValidator(_usd)] | None = None
    exchange: _Text = ""
    interval: _Text = ""
    comment: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        """A placeholder that had nothing to stand for is empty."""
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value != "" or name in ("action", "time")}


class Misunderstood(Exception):
    """An alert that comes to nothing, why, and in words that repeat nothing secret. `verb` is what it wanted,
    as far as that is known."""

    def __init__(self, reason: IntentReason, text: str, verb: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.verb = verb


def alert_of(
    body: bytes,
    source: str,
    symbol: str,
    tickers: Collection[str],
    hodl: Collection[str] = (),
    *,
    sized: bool = False,
) -> Alert:
    """What the body of a request wants of a trade of `symbol`, which its sender may call by one of the
    `tickers` too; it may say a size where it is `sized`. Nothing sells coins on the list `hodl`. Raises
    Misunderstood."""
    found = _fields(body)
    verb = action if (action := found.get("action")) in _ACTIONS and isinstance(action, str) else ""
    allowed = (_SIZE,) if sized else ()
    if theirs := sorted(name for name in found if name.lower() in _NOT_THEIRS and name not in allowed):
        text = f"{', '.join(theirs)} is for the plan to say, not for an alert"
        raise Misunderstood(IntentReason.NOT_ALLOWED, text, verb)
    try:
        said = Message.model_validate(found)
    except ValidationError as error:
        raise Misunderstood(IntentReason.SCHEMA, _words(error), verb) from None
    wanted = _verb(said)
    if said.symbol and not _is_meant(said.symbol, symbol, tickers):
        kept = next((each for each in hodl if _is_meant(said.symbol, each, ())), None)
        if kept is not None and wanted.sells:
            text = f"{kept} is on the HODL list: nothing sells it"
            raise Misunderstood(IntentReason.HODL, text, wanted)
        text = f"it is of {without_secrets(printable(said.symbol, _LONGEST))}, and the trade of {symbol}"
        raise Misunderstood(IntentReason.NOT_ALLOWED, text, wanted)
    if said.size is not None and wanted is not IntentVerb.OPEN:
        raise Misunderstood(IntentReason.NOT_ALLOWED, "an entry alone has a size", wanted)
    if said.size is None and _SIZE in found and wanted is IntentVerb.OPEN:
        text = "its size is empty, and what it leaves open is not the plan's whole size"
        raise Misunderstood(IntentReason.SCHEMA, text, wanted)
    at = moment_of(said.time)
    # Hashed, because nobody knows what a sender writes there.
    key = _digest(said.id) if said.id else _digest(source, symbol, wanted, str(at), said.order_id)
    return Alert(wanted, key, at, said.prev_market_position, said.size)


def moment_of(text: str) -> int:
    """The ms of a time in ISO 8601 that says its zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    if offset is None or abs(offset) > timedelta(hours=15):
        raise ValueError("it has no time zone")
    return round(moment.timestamp() * 1_000)


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        text = body.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise Misunderstood(IntentReason.SCHEMA, "it is not text in UTF-8") from None
    if text.startswith("{"):
        try:
            found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            raise Misunderstood(IntentReason.SCHEMA, "it is not JSON, or says a name twice") from None
        assert isinstance(found, dict), "it begins with a brace"
        return found
    words: dict[str, Any] = {}
    rest = text
    while rest:
        word = _WORD.match(rest)
        if word is None or word[1] in words:
            why = 'it is neither JSON nor words such as action=buy time="{{timenow}}"'
            raise Misunderstood(IntentReason.SCHEMA, why)
        words[word[1]] = word[3] if word[2] is None else word[2]
        rest = rest[word.end() :].lstrip(" \t\r\n,;")
    return words


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice")
    return found


def _refuse(text: str) -> object:
    raise ValueError(text)


def _verb(said: Message) -> IntentVerb:
    if said.action not in ("buy", "sell"):
        return IntentVerb(said.action)
    after = said.market_position
    wanted = IntentVerb.OPEN if said.action == "buy" else IntentVerb.CLOSE
    if after == "short":
        raise Misunderstood(IntentReason.NOT_ALLOWED, "trades are long only: it goes short", wanted)
    # An order may be a part of what its strategy holds: the position that is left says what it wants.
    if after == "flat":
        return IntentVerb.CLOSE
    if after == "long" and said.action == "sell":
        raise Misunderstood(IntentReason.NOT_ALLOWED, "a part of a position cannot be sold", wanted)
    return wanted


def _is_meant(said: str, symbol: str, tickers: Collection[str]) -> bool:
    """Whether a ticker such as BINANCE:BTCUSDT.P is of this market."""
    plain = said.rpartition(":")[2].upper()
    names = {symbol.upper(), *(ticker.upper() for ticker in tickers)}
    short = plain.removesuffix(".P")
    ending = next((quote for quote in _QUOTES if short.endswith(quote) and short != quote), "")
    return bool({said.upper(), plain, short, short.removesuffix(ending)} & names)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _words(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "it"
    where = name if name in Message.model_fields else "a name that is not known"
    return printable(f"{where}: {first['msg'].lower()}", _SHOWN)
