"""The door for alerts, and the tables `[webhooks.NAME]`: what each source may want of which trade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from hypertui.core.endpoint import ListenAddress, endpoint
from hypertui.core.intents import IntentVerb
from hypertui.setting_types import Lasting, Section, TradeName
from hypertui.trade_tables import is_name
from hypertui.webhook.origin import address_range

_DOOR_AT = ListenAddress("127.0.0.1", 9465)
_MOST_TTL = 60.0


def _refused(why: str) -> PydanticCustomError:
    return PydanticCustomError("table_refused", "{why}", {"why": why})


def _a_door(given: object) -> object:
    try:
        found = endpoint(given, *_DOOR_AT) if isinstance(given, str) else given
    except ValueError as error:
        raise PydanticCustomError("address_refused", "{why}", {"why": str(error)}) from None
    if isinstance(found, ListenAddress) and not (found.host.startswith("127.") or found.host == "::1"):
        raise _refused(
            "is no address of this machine alone (127.0.0.1, ::1): a proxy or a tunnel goes before it"
        )
    return found


def _ranges(given: tuple[str, ...]) -> tuple[str, ...]:
    for each in given:
        try:
            address_range(each)
        except ValueError:
            raise _refused(
                f"has {each[:40]!r}, which is no address and no range such as 10.0.0.0/8"
            ) from None
    return given


def _names(given: object) -> object:
    """The names of the tables are read before what is in them."""
    for name in given if isinstance(given, Mapping) else ():
        if not is_name(name):
            raise _refused(f"has {name}, which is no name of up to 32 letters, digits, - and _")
    return given


Ranges = Annotated[tuple[str, ...], AfterValidator(_ranges)]


class WebhookSettings(Section):
    """Where alerts come in; by default nowhere. `host` is what the world calls it, for the addresses that
    `hypertui webhook new` prints; of requests by `trusted_proxies` the sender is whom these say."""

    listen: Annotated[ListenAddress, BeforeValidator(_a_door)] | None = None
    host: str = Field("HOST", pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    trusted_proxies: Ranges = ()


class HookTable(Section):
    """A source (docs/webhooks.md). `trade` names the one that it may speak to, by default the only one there
    is; it may want the `verbs`, and call the market by other `tickers`. `live` lets it act on mainnet, where
    it has to be armed too. A wish waits `ttl` seconds at most. With `allow_size` an alert may say what the
    entry of a bracket is worth, up to what the plan says. With `proven` it opens trades only in a market
    that the leaderboard of the network calls proven (docs/leaderboard.md)."""

    trade: TradeName | None = None
    verbs: tuple[IntentVerb, ...] = tuple(IntentVerb)
    tickers: tuple[str, ...] = ()
    allow: Ranges = ()
    live: bool = False
    allow_size: bool = False
    ttl: float = Field(30.0, ge=1, le=_MOST_TTL, allow_inf_nan=False)
    expect_every: Lasting = ""
    proven: bool = False

    @field_validator("verbs")
    @classmethod
    def _some(cls, verbs: tuple[IntentVerb, ...]) -> tuple[IntentVerb, ...]:
        if not verbs:
            raise _refused("has no verb: leave the table out instead")
        return verbs


HookTables = Annotated[dict[str, HookTable], BeforeValidator(_names)]
