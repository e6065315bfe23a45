"""The settings: `config.toml`, then the environment, then the flags, each going before the one before it.

Secrets come from the environment or from a private file only, and no text made here contains one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from hypertui.config_file import read_config
from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument
from hypertui.core.plain_json import fit_for_json
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import TradeConfig
from hypertui.guard_settings import GuardSettings
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Network, Severity
from hypertui.provenance import Origins, Place, SettingsError
from hypertui.risk.rules import GuardRules
from hypertui.setting_types import (
    Address,
    HomePath,
    Hours,
    Listening,
    Money,
    Portioned,
    Seconds,
    SecondsOrNone,
    Section,
    Symbol,
    TimeOfDay,
)
from hypertui.signal_settings import Signals
from hypertui.strategy.exits.contradictions import beyond_own_margin, contradictions
from hypertui.strategy.plans import PlanError
from hypertui.trade_settings import TradeSettings
from hypertui.trade_tables import (
    chosen,
    give_flags,
    origins_of,
    refuse_strange_variables,
    trade_tables,
)
from hypertui.webhook_settings import HookTables, WebhookSettings

DEFAULT_FILE = Path("config.toml")
_PREFIX = "HYPERTUI_"


class EngineSettings(Section):
    """How the engine behaves; times in seconds."""

    confirm_after: Seconds = 2.0
    expires_after: Seconds = 5.0
    stale_after: Seconds = 10.0
    outage_after: Seconds = 120.0
    reconcile_every: Seconds = 120.0
    rest_price_every: SecondsOrNone = 3.0
    timeout: Seconds = 5.0
    on_exit: OnExit = OnExit.BUYS


class AccountSettings(Section):
    """Whose account, and where its key is."""

    address: Address | None = None
    key_file: HomePath | None = None


class PaperSettings(Section):
    """The paper market; `speed` in market seconds for each second, `faucet` in USD."""

    seed: int = Field(474, ge=0, le=10**18)
    speed: float = Field(40.0, gt=0, le=10_000, allow_inf_nan=False)
    faucet: Money = Decimal(10_000)
    prices: HomePath | None = None


class LedgerSettings(Section):
    """Where the journal is kept: sqlite:///… or postgresql://…; by default a file in the state folder. What
    only an engine needs of a trade is kept for `keep_days` days after its end; by default for ever."""

    url: str | None = None
    keep_days: int | None = Field(None, ge=1, le=36_500)


class MetricsSettings(Section):
    """Where the engine's figures are answered by HTTP; by default nowhere."""

    address: Listening | None = None


class NoticeSettings(Section):
    """What leaves the machine: conditions as bad as `min` by the channels of `urls_file`, warnings not in the
    `quiet` hours, starts and ends, the daily report at `daily_at` (UTC), and a sign of life each
    `heartbeat_every` seconds."""

    urls_file: HomePath | None = None
    min: Severity = Severity.WARNING
    quiet: Hours | None = None
    daily_at: TimeOfDay = "00:10"
    heartbeat_url: SecretStr | None = None
    heartbeat_file: HomePath | None = None
    heartbeat_every: float = Field(60.0, ge=5, le=86_400, allow_inf_nan=False)


class AccumulateSettings(Section):
    """The `share` (a fraction, 0 for none) of a day's profit that moves out of the margin, and where `to`; on
    mainnet only where it is `live`."""

    share: Portioned = Field(0, validate_default=True)
    to: Literal["spot"] = "spot"
    live: bool = False


class ConsoleSettings(Section):
    """The screen."""

    refresh_hz: float = Field(4.0, gt=0, ge=0.1, le=30)
    mouse: bool = False
    ascii: bool = False
    theme: Literal["dark", "light", "contrast", "ansi"] = "dark"
    times: Literal["utc", "local"] = "utc"
    keys: dict[str, str] = Field(default_factory=dict)


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
    hodl: tuple[Symbol, ...] = ()
    trades: tuple[TradeSettings, ...] = (TradeSettings(),)
    engine: EngineSettings = EngineSettings()
    guards: GuardSettings = GuardSettings()
    account: AccountSettings = AccountSettings()
    paper: PaperSettings = PaperSettings()
    ledger: LedgerSettings = LedgerSettings()
    accumulate: AccumulateSettings = AccumulateSettings()
    notices: NoticeSettings = NoticeSettings()
    console: ConsoleSettings = ConsoleSettings()
    metrics: MetricsSettings = MetricsSettings()
    signals: Signals = Field(default_factory=dict)
    webhook: WebhookSettings = WebhookSettings()
    webhooks: HookTables = Field(default_factory=dict)
    secret_key: SecretStr | None = None
    account_address: Address | None = None
    base_url: str | None = None
    state_dir: HomePath | None = None
    _left_out: frozenset[str] = PrivateAttr(default=frozenset())

    def leaves_out(self, trade: str) -> bool:
        """Whether a trade of this name is configured, and not among those that are run."""
        return trade in self._left_out

    @property
    def account_for(self) -> str | None:
        """The account's address, where one is given."""
        return self.account_address or self.account.address

    @property
    def has_own_market(self) -> bool:
        """Whether it trades on a paper market that the program starts itself."""
        return self.network is Network.PAPER and self.base_url is None

    def account_of(self, trade: TradeSettings) -> str | None:
        """The address of the account that it trades in, in lower case; None for the signer's own."""
        address = trade.account or self.account_for
        return None if address is None else address.lower()

    def snapshot(self) -> dict[str, object]:
        """Everything that is set, fit for JSON, amounts as plain decimal strings; without the key and the
        heartbeat's address, and without what may hold a password."""
        values = fit_for_json(self.model_dump(exclude={"secret_key": True, "notices": {"heartbeat_url"}}))
        assert isinstance(values, dict)
        url = self.ledger.url
        ledger = self.ledger.model_dump() | {"url": None if url is None else url.partition(":")[0]}
        values["ledger"] = fit_for_json(ledger)
        return values

    def trade_configs(self, run_for: float | None = None) -> tuple[TradeConfig, ...]:
        """The engine's part, for each trade. Raises SettingsError for figures that no market would take."""
        return tuple(self._trade_config(trade, run_for) for trade in self.trades)

    def _trade_config(self, trade: TradeSettings, run_for: float | None) -> TradeConfig:
        engine = self.engine
        config = TradeConfig(
            network=self.network,
            symbol=trade.symbol,
            leverage=trade.leverage,
            strategy=trade.terms(),
            exits=trade.exits(),
            guards=self._limits(trade),
            name=trade.name,
            account=self.account_of(trade),
            price_source=trade.price_source,
            timing=Timing(_ms(engine.confirm_after), _ms(engine.expires_after)),
            stale_after=_ms(engine.stale_after),
            outage_after=_ms(engine.outage_after),
            reconcile_every=_ms(engine.reconcile_every),
            rest_price_every=_ms(engine.rest_price_every),
            on_exit=engine.on_exit,
            run_for=run_for,
            by_signal=trade.begin == "signal",
            hodl=tuple(dict.fromkeys(self.hodl)),
        )
        for wrong in self._wrong(trade):
            raise SettingsError(wrong)
        return config

    def _limits(self, trade: TradeSettings) -> GuardRules:
        """The limits on a trade's risk; stays of a bracket that lose one after the other hold it."""
        return self.guards.rules(own_market=self.has_own_market, cycles_hold=trade.strategy == "bracket")

    def contradictions(self) -> tuple[str, ...]:
        """What cannot be meant of the trades, a line each: what a start refuses, what has no effect, and what
        a start would refuse where nothing but its own margin backs a position."""
        found = [f"hodl {each}: did you mean {each.upper()}?" for each in self.hodl if _is_misspelt(each)]
        for trade in self.trades:
            exits, market = trade.exits(), _likely_instrument(trade.symbol)
            found += self._wrong(trade)
            found += (self._named(trade, text) for text in trade.without_effect())
            found += (self._named(trade, text) for text in beyond_own_margin(exits, trade.leverage, market))
        return tuple(found)

    def _wrong(self, trade: TradeSettings) -> Iterator[str]:
        """What is wrong with a trade at any price, in any account."""
        if trade.symbol in self.hodl:
            text = f"{trade.symbol} is on the hodl list, and a {trade.strategy} trades by selling"
            yield self._named(trade, f"{text}: take one of the two out")
        terms = trade.terms()
        try:
            terms.check(_likely_instrument(trade.symbol), trade.leverage)
        except PlanError as error:
            yield self._named(trade, str(error))
        limits = self._limits(trade)
        if wrong := limits.contradiction(terms.position_size):
            yield self._named(trade, wrong)
        step = terms.step_at(None)
        yield from (self._named(trade, text) for text in contradictions(trade.exits(), step))

    def _named(self, trade: TradeSettings, text: str) -> str:
        return f"trade {trade.name}: {text}" if len(self.trades) > 1 else text


def load_settings(
    file: Path | None,
    flags: Mapping[str, Any],
    flag_names: Mapping[Place, str] | None = None,
    only: str | None = None,
) -> Settings:
    """Read the settings. `file` None means `./config.toml` where there is one; `flags` are nested like it,
    those of a trade as `trade`, and `flag_names` says how each is written, for messages. `only` names the
    trades that are meant, between commas.

    Raises SettingsError.
    """
    return load_with_origins(file, flags, flag_names, only)[0]


def load_with_origins(
    file: Path | None,
    flags: Mapping[str, Any],
    flag_names: Mapping[Place, str] | None = None,
    only: str | None = None,
) -> tuple[Settings, Origins]:
    """The same, and where each value comes from."""
    values = read_config(file or DEFAULT_FILE) if file is not None or DEFAULT_FILE.exists() else {}
    refuse_strange_variables(_PREFIX, _variables())
    names, of_a_trade = flag_names or {}, TradeSettings.model_fields
    given = {name: value for name, value in flags.items() if name != "trade"}
    tables = trade_tables(values.pop("trade", {}), _PREFIX, of_a_trade, of_a_trade["symbol"].default)
    left = chosen(tables, only)
    give_flags(flags.get("trade", {}), left, tables, names)
    for table in tables:
        table.drop_replaced()
    origins = origins_of(str(file or DEFAULT_FILE), values, given, names, _PREFIX, tables)

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
        settings = FromFile(**given, trades=[table.values() for table in tables])
    except ValidationError as error:
        raise SettingsError(origins.refusal(error)) from None
    refuse_one_market_twice(settings)
    trades = [trade for trade, table in zip(settings.trades, tables, strict=True) if table in left]
    places = tuple(table.place for table in left)
    selected = settings.model_copy(update={"trades": tuple(trades)})
    selected._left_out = frozenset(each.name for each in settings.trades if each not in trades)
    return selected, replace(origins, trades=places)


def refuse_one_market_twice(settings: Settings, own: str | None = None) -> None:
    """Raise SettingsError where two trades are of one market in one account; `own` is the address of the key,
    in lower case, where that is known."""
    seen: dict[tuple[str, str | None], str] = {}
    for trade in settings.trades:
        twin = seen.setdefault((trade.symbol, settings.account_of(trade) or own), trade.name)
        if twin != trade.name:
            raise SettingsError(
                f"trades {twin} and {trade.name} are both of {trade.symbol} in one account, where the "
                "exchange nets what they hold: give one of them an account of its own"
            )


def _variables() -> Mapping[str, Collection[str]]:
    """What variables may be named after: the settings, with those that are inside them."""
    known = {name: field.annotation for name, field in Settings.model_fields.items() if name != "trades"}
    sections = {"trade": TradeSettings} | known
    return {
        name: kind.model_fields if isinstance(kind, type) and issubclass(kind, Section) else ()
        for name, kind in sections.items()
    }


def _likely_instrument(symbol: str) -> Instrument:
    """What is known of a market before the venue is asked: enough to refuse what is wrong in any market."""
    return KNOWN_INSTRUMENTS.get(symbol, Instrument(symbol, 5, 50))


def _is_misspelt(symbol: str) -> bool:
    return symbol not in KNOWN_INSTRUMENTS and symbol.upper() in KNOWN_INSTRUMENTS


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
