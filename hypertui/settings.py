"""The settings: `config.toml`, then the environment, then the flags, each going before the one before it.

Secrets come from the environment or from a private file only, and no text made here contains one.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from hypertui.core.files import named_path, read_regular
from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument, parse_amount, plain
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import PriceSource, TradeConfig
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Network
from hypertui.provenance import Origins, Place
from hypertui.strategy.ladder.plan import BuyOrder, Reinvest
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.plans import PlanError

DEFAULT_FILE = Path("config.toml")
_PREFIX = "HYPERTUI_"

_MOST_CONFIG = 1_000_000  # bytes
_DEEPEST = 8  # tables within tables
_SYMBOL = re.compile(r"[A-Za-z0-9@][A-Za-z0-9:/@._-]{0,31}")  # BTC, kPEPE, xyz:GOLD, PURR/USDC, @107


def _reasonable(amount: Decimal) -> Decimal:
    try:
        return parse_amount(amount)
    except ValueError:
        raise PydanticCustomError("beyond_reason", "beyond reason") from None


def _a_name(symbol: str) -> str:
    if _SYMBOL.fullmatch(symbol) is None:
        raise PydanticCustomError("no_symbol", "no symbol")
    return symbol


def _spelled_out(given: object) -> object:
    try:
        return named_path(given) if isinstance(given, str) else given
    except ValueError as error:
        raise PydanticCustomError("path_refused", "{why}", {"why": str(error)}) from None


Symbol = Annotated[str, AfterValidator(_a_name)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False), AfterValidator(_reasonable)]
Fraction = Annotated[Decimal, Field(ge=0, lt=1, allow_inf_nan=False), AfterValidator(_reasonable)]
Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False), AfterValidator(_reasonable)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
HomePath = Annotated[Path, BeforeValidator(_spelled_out)]


class SettingsError(ValueError):
    """A setting that cannot be used; the text is one line that names it and its limit."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TradeSettings(_Section):
    """What is traded. Money in USD, slippages as fractions."""

    symbol: Symbol = Field("BTC", min_length=1)
    wallet: Literal["long"] = "long"
    unit_size: Positive = Decimal(100)
    position_size: Positive = Decimal(10_000)
    leverage: int = Field(5, ge=1, le=1_000)
    reinvest: Reinvest = Reinvest.RECOVERY
    buy_order: BuyOrder = BuyOrder.STOP_MARKET
    price_source: PriceSource = PriceSource.MARK
    trust_slots: int = Field(1, ge=0, le=4)
    stop_slippage: Fraction = Decimal("0.10")
    entry_slippage: Fraction = Decimal("0.01")


class EngineSettings(_Section):
    """How the engine behaves; times in seconds."""

    confirm_after: Seconds = 2.0
    expires_after: Seconds = 5.0
    stale_after: Seconds = 10.0
    outage_after: Seconds = 120.0
    reconcile_every: Seconds = 120.0
    timeout: Seconds = 5.0
    on_exit: OnExit = OnExit.BUYS


class AccountSettings(_Section):
    """Whose account, and where its key is."""

    address: str | None = Field(None, pattern="^0x[0-9a-fA-F]{40}$")
    key_file: HomePath | None = None


class PaperSettings(_Section):
    """The paper market; `speed` in market seconds for each second, `faucet` in USD."""

    seed: int = Field(8, ge=0, le=10**18)
    speed: float = Field(60.0, gt=0, le=10_000, allow_inf_nan=False)
    faucet: Money = Decimal(10_000)
    prices: HomePath | None = None


class LedgerSettings(_Section):
    """Where the journal is kept: sqlite:///… or postgresql://…; by default a file in the state folder. What
    only an engine needs of a trade is kept for `keep_days` days after its end; by default for ever."""

    url: str | None = None
    keep_days: int | None = Field(None, ge=1, le=36_500)


class ConsoleSettings(_Section):
    """The screen."""

    refresh_hz: float = Field(4.0, gt=0, ge=0.1, le=30)
    mouse: bool = False
    ascii: bool = False
    theme: Literal["dark", "light", "contrast", "ansi"] = "dark"
    times: Literal["utc", "local"] = "utc"
    keys: dict[str, str] = {}


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    network: Network = Network.PAPER
    trade: TradeSettings = TradeSettings()
    engine: EngineSettings = EngineSettings()
    account: AccountSettings = AccountSettings()
    paper: PaperSettings = PaperSettings()
    ledger: LedgerSettings = LedgerSettings()
    console: ConsoleSettings = ConsoleSettings()
    secret_key: SecretStr | None = None
    account_address: str | None = Field(None, pattern="^0x[0-9a-fA-F]{40}$")
    base_url: str | None = None
    state_dir: HomePath | None = None

    @property
    def account_for(self) -> str | None:
        """The account's address, where one is given."""
        return self.account_address or self.account.address

    def snapshot(self) -> dict[str, object]:
        """Everything that is set, fit for JSON, amounts as plain decimal strings; without the key, and
        without what may hold a password."""
        values = _plain(self.model_dump(exclude={"secret_key"}))
        assert isinstance(values, dict)
        url = self.ledger.url
        ledger = self.ledger.model_dump() | {"url": None if url is None else url.partition(":")[0]}
        values["ledger"] = _plain(ledger)
        return values

    def trade_config(self, run_for: float | None = None, on_exit: OnExit | None = None) -> TradeConfig:
        """The engine's part. Raises SettingsError for figures that no market would take."""
        trade, engine = self.trade, self.engine
        config = TradeConfig(
            network=self.network,
            symbol=trade.symbol,
            leverage=trade.leverage,
            strategy=LadderTerms(
                unit_size=trade.unit_size,
                position_size=trade.position_size,
                reinvest=trade.reinvest,
                trust_slots=trade.trust_slots,
                stop_slippage=trade.stop_slippage,
                entry_slippage=trade.entry_slippage,
                buy_order=trade.buy_order,
            ),
            price_source=trade.price_source,
            timing=Timing(_ms(engine.confirm_after), _ms(engine.expires_after)),
            stale_after=_ms(engine.stale_after),
            outage_after=_ms(engine.outage_after),
            reconcile_every=_ms(engine.reconcile_every),
            on_exit=on_exit or engine.on_exit,
            run_for=run_for,
        )
        try:
            config.plan(_likely_instrument(trade.symbol)).check()
        except PlanError as error:
            raise SettingsError(str(error)) from None
        return config


def digest(snapshot: Mapping[str, object]) -> str:
    """The SHA-256 of a snapshot's canonical JSON (sorted keys, no spaces), as hex digits."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case dict():
            return {str(name): _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case Decimal():
            return plain(value)
        case Enum():
            return value.value
        case Path():
            return str(value)
        case _:
            return value


def load_settings(
    file: Path | None, flags: Mapping[str, Any], flag_names: Mapping[Place, str] | None = None
) -> Settings:
    """Read the settings. `file` None means `./config.toml` where there is one; `flags` are nested like it,
    and `flag_names` says how each is written, for messages.

    Raises SettingsError.
    """
    return load_with_origins(file, flags, flag_names)[0]


def load_with_origins(
    file: Path | None, flags: Mapping[str, Any], flag_names: Mapping[Place, str] | None = None
) -> tuple[Settings, Origins]:
    """The same, and where each value comes from."""
    values = _read(file or DEFAULT_FILE) if file is not None or DEFAULT_FILE.exists() else {}
    _check_environment()
    origins = Origins(str(file or DEFAULT_FILE), values, flags, _PREFIX, flag_names or {})

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=values))

    try:
        return FromFile(**flags), origins
    except ValidationError as error:
        raise SettingsError(origins.refusal(error)) from None


def _check_environment() -> None:
    """A variable that means nothing here is a mistake that nobody would notice, and so is one that is there
    twice. Raises SettingsError."""
    seen: dict[str, str] = {}
    for name in sorted(os.environ):
        if not name.upper().startswith(_PREFIX):
            continue
        twin = seen.setdefault(name.upper(), name)
        if twin != name:
            raise SettingsError(f"environment variables {twin} and {name} are the same setting")
        top, _, rest = name[len(_PREFIX) :].lower().partition("__")
        field = Settings.model_fields.get(top)
        section = None if field is None else field.annotation
        nested = section.model_fields if isinstance(section, type) and issubclass(section, _Section) else {}
        if field is None or (rest and rest not in nested) or (nested and not rest):
            raise SettingsError(f"environment variable {name} is not a setting")


def _read(file: Path) -> dict[str, Any]:
    try:
        data = read_regular(file, _MOST_CONFIG)
    except OSError as error:
        raise SettingsError(f"config file {file} cannot be read: {error.strerror}") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SettingsError(f"config file {file} is in UTF-16; TOML is UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"config file {file} cannot be read: is not text in UTF-8") from None
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise SettingsError(f"config file {file} is not TOML: too deeply nested") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"config file {file} is not TOML: {error}") from None
    except (ValueError, ArithmeticError):  # thousands of digits, an exponent that no decimal has
        raise SettingsError(f"config file {file} holds a number beyond reason") from None
    values = _lower(values, file)
    if "secret_key" in values:
        raise SettingsError(f"config file {file} holds a secret key; keep it in a file of its own (key_file)")
    return values


def _lower(table: Mapping[str, Any], file: Path, inside: Place = ()) -> dict[str, Any]:
    """The table with its keys in lower case, as the settings have them. Raises SettingsError where two are
    the same then: nobody could say which one counts."""
    if len(inside) > _DEEPEST:
        raise SettingsError(f"config file {file} is too deeply nested at {'.'.join(inside)}")
    written: dict[str, str] = {}
    lower = {}
    for key, value in table.items():
        twin = written.setdefault(key.lower(), key)
        if twin != key:
            first, second = (".".join((*inside, name)) for name in (twin, key))
            raise SettingsError(f"config file {file} has both {first} and {second}: keep one of them")
        lower[key.lower()] = _lower(value, file, (*inside, key)) if isinstance(value, Mapping) else value
    return lower


def _likely_instrument(symbol: str) -> Instrument:
    """What is known of a market before the venue is asked: enough to refuse what is wrong in any market."""
    return KNOWN_INSTRUMENTS.get(symbol, Instrument(symbol, 5, 50))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
