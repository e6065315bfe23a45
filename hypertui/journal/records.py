"""The journal's records: one frozen dataclass for each table.

Times are milliseconds since the Unix epoch, prices and amounts USD, sizes coins. Mappings hold what JSON can
say; they come back with the same keys in the same order and the same values (tuples as lists).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypertui.core.market import Fill, Side

# Not recursive: what may be inside is checked when it is written down.
Json: TypeAlias = object

_BPS_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class TradeRecord:
    """One trade of `account` in `symbol`, from entry to flat; it is live while `ended_at` is None.

    `id` is 16 hex digits. An account is an address, so its letters have no case; they are kept small.
    """

    id: str
    network: str
    account: str
    symbol: str
    started_at: int
    settings: Mapping[str, Json]
    ended_at: int | None = None
    ended_how: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "account", self.account.lower())


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """What a source wanted, and what has become of it by `changed_at`. `id` is 32 hex digits, `key` tells it
    from the others of its source. `event_at` is when its sender says that it happened, `expires_at` until
    when something may be done about it. `trade` names the one that it is for; `command_id` is that of the
    command that the trade was given, empty before."""

    id: str
    network: str
    source: str
    key: str
    verb: str
    trade: str
    event_at: int
    received_at: int
    expires_at: int
    state: str
    reason: str = ""
    text: str = ""
    changed_at: int = 0
    command_id: str = ""


@dataclass(frozen=True, slots=True)
class InputRecord:
    """An event that changed the trade's state. Replaying the inputs in order of `seq` gives the state
    again."""

    trade_id: str
    seq: int
    at: int
    kind: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class StateRecord:
    """The trade's state after its input number `seq`, in a form of this `version`: a cache, which gives the
    same as all inputs up to there. Only the newest one of a trade is kept."""

    trade_id: str
    seq: int
    at: int
    version: int
    state: str


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as it was decided, and why; never updated. `trigger` is None for an order at the
    market. `target` is the price that it was meant to fill at, None without one; `why` says in words why it
    was made then; `replaces` is the client id of the order in whose place it went, None for none; `step` is
    the strategy's last move by then, None for an opening order and for an order of a trade that was rebuilt.
    `key` is the order's place in its strategy's plan, `level` where it stands on the strategy's own scale,
    None where that has none."""

    trade_id: str
    client_id: str
    role: str
    key: str
    level: int | None
    side: Side
    size: Decimal
    type: str
    tif: str
    trigger: Decimal | None
    limit: Decimal
    reduce_only: bool
    reason: str
    source: str
    sent_at: int
    target: Decimal | None
    why: str
    replaces: str | None
    step: int | None


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """A new status of an order; `order_id` is the venue's id, once it is known."""

    trade_id: str
    client_id: str
    at: int
    status: str
    order_id: int | None = None
    note: str = ""


def basis_points(part: Decimal, whole: Decimal) -> Decimal:
    """`part` in hundredths of a percent of `whole`, to four decimals."""
    return (part * 10_000 / whole).quantize(_BPS_STEP)


@dataclass(frozen=True, slots=True)
class FillCause:
    """Why coins changed hands: the role and level of the order, its reason and who was behind it, and the way
    on which the fill came into the books."""

    role: str
    level: int | None
    reason: str
    source: str
    via: str


@dataclass(frozen=True, slots=True)
class FillRecord:
    """One execution, unique by time, order id and the venue's number for it (`trade_number`).

    `client_id` is None without an order of ours. `start_position` is the position just before, in signed
    coins; None where the venue did not say it, and for a position that was adopted. `reason` and `source` are
    those of its order, or why coins changed hands without one and who did it; `via` is the way into the
    books. `slippage` is how much worse than the order's target its price was, in USD for each coin, and
    `slippage_bps` the same in hundredths of a percent of the target; negative is better, None is without a
    target."""

    trade_id: str
    time: int
    order_id: int
    trade_number: int
    client_id: str | None
    symbol: str
    role: str
    level: int | None
    side: Side
    size: Decimal
    price: Decimal
    fee: Decimal
    closed_pnl: Decimal
    start_position: Decimal | None
    reason: str
    source: str
    via: str
    slippage: Decimal | None
    slippage_bps: Decimal | None

    @classmethod
    def of(cls, trade_id: str, fill: Fill, cause: FillCause, target: Decimal | None) -> FillRecord:
        """The record of a fill with this cause, by an order that was meant to fill at `target`."""
        worse = None if target is None else (fill.price - target) * fill.side.sign
        bps = None if target is None or worse is None else basis_points(worse, target)
        return cls(
            trade_id,
            fill.time,
            fill.order_id,
            fill.trade_id,
            fill.client_id,
            fill.symbol,
            cause.role,
            cause.level,
            fill.side,
            fill.size,
            fill.price,
            fill.fee,
            fill.closed_pnl,
            fill.start_position,
            cause.reason,
            cause.source,
            cause.via,
            worse,
            bps,
        )

    @property
    def fill(self) -> Fill:
        """The fill as the venue reported it."""
        return Fill(
            self.symbol,
            self.side,
            self.size,
            self.price,
            self.fee,
            self.time,
            self.order_id,
            self.trade_number,
            self.client_id,
            self.closed_pnl,
            self.start_position,
        )


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A move of the strategy to `level`, by `price`; `state` is what it says of itself just after it."""

    trade_id: str
    seq: int
    at: int
    price: Decimal
    direction: str
    level: int
    state: Mapping[str, Json]

    @property
    def phase(self) -> str:
        """The phase that the strategy was in, empty where it has none."""
        return str(self.state.get("phase", ""))


@dataclass(frozen=True, slots=True)
class FundingRecord:
    """Funding booked at `time`: `amount` received, negative when paid."""

    trade_id: str
    time: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """A change of the account's balance by neither trading nor funding, as the venue reported it.
    `number` tells transfers of one transaction (`hash`) and `time` apart."""

    trade_id: str
    time: int
    hash: str
    number: int
    kind: str
    delta: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class SettingsRecord:
    """The settings in force from `at` on: all of them but the secrets, and the SHA-256 of their canonical
    JSON."""

    trade_id: str
    at: int
    sha256: str
    settings: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command has a new state; `took` is ms from sent to here."""

    trade_id: str
    at: int
    id: str
    verb: str
    who: str
    source: str
    state: str
    took: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """An alarm was raised (`active`) or cleared."""

    trade_id: str
    at: int
    key: str
    severity: str
    text: str
    active: bool


@dataclass(frozen=True, slots=True)
class ReconciliationRecord:
    """A reconciliation with the venue: what differed, and what was done about it."""

    trade_id: str
    at: int
    findings: Mapping[str, Json]
    done: str


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """The prices of the market at `at`, the newest one of a second, whether or not it mattered to the trade.
    `mid` is None where the venue told none."""

    trade_id: str
    at: int
    mark: Decimal
    mid: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """The account as the venue told of it: asked for at `asked_at` and read at `at` by this machine's clock,
    true at `time` by the venue's. `position` is in signed coins; `liquidation_price` is None where there is
    none."""

    trade_id: str
    at: int
    asked_at: int
    time: int
    equity: Decimal
    margin_used: Decimal
    liquidation_price: Decimal | None
    position: Decimal


@dataclass(frozen=True, slots=True)
class RulesRecord:
    """What a start went by that took the trade up at `at`: the rules of its market as the venue told them,
    how long (ms) it waits for an answer, and until an action expires."""

    trade_id: str
    at: int
    sz_decimals: int
    max_leverage: int
    min_order_value: Decimal
    only_isolated: bool
    confirm_after: int
    expires_after: int


# Everything that is written to an open trade.
Record: TypeAlias = (
    InputRecord
    | StateRecord
    | OrderRecord
    | StatusRecord
    | FillRecord
    | StepRecord
    | FundingRecord
    | TransferRecord
    | SettingsRecord
    | CommandRecord
    | AlarmRecord
    | ReconciliationRecord
    | MarkRecord
    | AccountRecord
    | RulesRecord
)
