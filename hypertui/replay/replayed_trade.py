"""A trade at one moment of its past: what its rows tell up to there, and the snapshot of it.

It is the same `Trade` as the live one, by the same inputs; words and figures are made by the same code. What
no row tells (latency, request budget, tasks, the clock's skew, the venue's list of orders) is not there.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypertui.core.market import ZERO, IngestVia, Instrument, Source, SourceKind
from hypertui.engine.state_view import StateView, account_fields, order_fields, price_fields
from hypertui.exchange.protocol import AccountState, Collateral, OrderState, Quote
from hypertui.execution.input_codec import JournalledInput, Undecodable, decode
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.opening import Opening, opening_order
from hypertui.execution.orders import ClientIds, OwnOrder, Role
from hypertui.execution.protection_check import Judge
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade, Unsound
from hypertui.execution.trade_config import PriceSource
from hypertui.execution.trade_events import TradeEvents
from hypertui.execution.trade_inputs import (
    EntrySent,
    FillAdopted,
    FillReceived,
    Input,
    PriceMoved,
    ProcessStarted,
    StateSet,
    TradeOpened,
)
from hypertui.execution.trade_news import FillBooked, OrderChanged, StrategyMoved, TradeNews
from hypertui.journal.records import (
    AccountRecord,
    AlarmRecord,
    CommandRecord,
    InputRecord,
    MarkRecord,
    ReconciliationRecord,
    RulesRecord,
    TradeRecord,
)
from hypertui.port.commands import Command, CommandState, OnExit, Verb
from hypertui.port.snapshot import Dependency, Mode, Network, Severity, Snapshot
from hypertui.replay.timeline import Told
from hypertui.runtime.alarms import Alarms, CommandLog
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.price_history import PriceHistory
from hypertui.strategy import registry
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.plans import StrategyPlan

REFUSAL = "this is a replay"
_UNKNOWN = "not recorded"
_REFUSALS = tuple((verb, REFUSAL) for verb in Verb)
_NO_LIMIT = 2**62  # only changes of the price are recorded: an old one may have been confirmed since
_VERBS = frozenset(map(str, Verb))


class ReplayRefused(ValueError):
    """A trade that cannot be replayed; the text is one line."""


class Moment:
    """The time (ms) that the replay has come to; called, it is a clock."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


class _NothingWritten:
    """Fulfils `TradeRows`: it is written already."""

    def order(self, changed: OrderChanged, at: int) -> None:
        """Written already."""

    def fill(self, booked: FillBooked) -> None:
        """Written already."""

    def move(self, record: MoveRecord, at: int) -> None:
        """Written already."""


@dataclass
class _Past:
    """All that rows change. `broken` says why the inputs from some moment on could not be taken."""

    events: TradeEvents
    alarms: Alarms
    commands: CommandLog
    timing: Timing
    prices: PriceHistory
    knowledge: Knowledge = field(default_factory=Knowledge)
    quote: Quote | None = None
    quote_at: int | None = None
    entry: OwnOrder | None = None
    trade: Trade | None = None
    judge: Judge | None = None
    mode: tuple[Mode, str] = (Mode.STARTING, "")  # as it was told last
    left: str = ""  # how the engine left, until one takes the trade up again
    orphans: int = 0  # own orders that worked and should not, at the last comparison
    broken: str = ""


class ReplayedTrade:
    """Of one trade. Raises ReplayRefused for one whose terms nobody knows."""

    def __init__(self, record: TradeRecord, rules: RulesRecord, log: EventLog, moment: Moment) -> None:
        self.record = record
        self._log = log.of(record.symbol)
        self._moment = moment
        terms: Any = record.settings
        try:
            strategy = registry.recorded(terms["strategy"], terms)
            self._source = PriceSource(terms["price_source"])
            self._leverage = int(terms["leverage"])
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ReplayRefused(f"trade {record.id} has terms that cannot be read: {error}") from None
        self.instrument = Instrument(
            record.symbol, rules.sz_decimals, rules.max_leverage, rules.min_order_value, rules.only_isolated
        )
        self._plan: StrategyPlan = strategy.plan(self.instrument, self._leverage)
        self._unit = strategy.stop_distance
        self._view = StateView()
        events = TradeEvents(self._log, moment, _NothingWritten(), HealthTally(record.started_at))
        events.instrument = self.instrument
        self._past = _Past(
            events,
            Alarms(self._log, moment),
            CommandLog(self._log, moment),
            _timing_of(rules),
            PriceHistory(record.started_at),
        )

    # Going on

    def take(self, told: Told) -> bool:
        """Take a row. Returns whether it has moved the strategy or booked a fill."""
        past = self._past
        match told:
            case RulesRecord():
                past.timing = _timing_of(told)
                if past.trade is not None:
                    past.trade.timing = past.trade.tracker.timing = past.timing
            case InputRecord():
                happened = self._take_input(told)
                self._judge()
                return happened
            case MarkRecord(_, at, mark, mid):
                self._price(at, Quote(mark, mid, None))
                self._judge()
            case AccountRecord():
                past.knowledge.on_account(_account(told, self._leverage), told.asked_at)
                self._judge()
            case CommandRecord():
                self._command(told)
            case ReconciliationRecord(_, _, findings):
                orphans = findings.get("orphans")
                past.orphans = len(orphans) if isinstance(orphans, list) else 0
            case AlarmRecord(_, _, key, severity, text, active):
                if active:
                    past.alarms.sound(key, Severity(severity), text)
                else:
                    past.alarms.clear(key)
        return False

    def _take_input(self, row: InputRecord) -> bool:
        past = self._past
        if past.broken:
            return False
        try:
            given = decode(JournalledInput(row.kind, row.at, row.data))
            news = self._before(given) if past.trade is None else past.trade.apply(given)
        except Exception as error:  # noqa: BLE001 - the engine of then went on without its books, and so does this
            why = error if isinstance(error, Undecodable) else Unsound(row.kind, row.at, error)
            past.broken = f"the books cannot be replayed from here on: {why}"
            return False
        self._know(given)
        for each in news:
            past.events.tell(each)
        return any(isinstance(each, StrategyMoved | FillBooked) for each in news)

    def _before(self, given: Input) -> Sequence[TradeNews]:
        """Take what comes before the trade is open."""
        past, plan = self._past, self._plan
        if isinstance(given, EntrySent):
            past.entry = opening_order(given, plan)
            return [OrderChanged(past.entry, "sent", None, "")]
        if not isinstance(given, TradeOpened):
            raise ValueError("the trade is not open yet")
        fills, entry = given.fills, past.entry
        adopted = any(not fill.order_id for fill in fills)
        opening = Opening(given.at, fills, entry=entry, adopted=adopted)
        trade = Trade(opening.strategy(plan), past.timing, ClientIds(int(self.record.id, 16)))
        past.trade, past.judge = trade, Judge(trade)
        news: list[TradeNews] = []
        if entry is not None:
            entry.filled = sum((fill.size for fill in fills), ZERO)
            news.append(OrderChanged(entry, OrderState.FILLED.value, entry.order_id, entry.note))
        role = Role.ADOPTED if adopted else Role.ENTRY
        via = IngestVia.ADOPTION if adopted else IngestVia.ANSWER
        decision = opening.decision(plan.source)
        news += [FillBooked(fill, role, plan.opening_level, decision, ZERO, via) for fill in fills]
        return news

    def _know(self, given: Input) -> None:
        """Take what an input says of prices, fills and the mode beside what it does to the trade."""
        past = self._past
        match given:
            case PriceMoved(at, price) if self._source is PriceSource.MARK:
                # Written down whenever it matters, and so more often than the quiet ones.
                self._price(at, Quote(price, None if past.quote is None else past.quote.mid, None))
            case FillReceived(_, fill) | FillAdopted(_, fill):
                past.knowledge.on_fill(fill)
            case TradeOpened(_, fills):
                for fill in fills:
                    past.knowledge.on_fill(fill)
                self._mode(Mode.RUNNING, "")
            case ProcessStarted():
                past.left = ""
            case StateSet(_, state):
                self._mode(state.mode, state.reason)

    def _mode(self, mode: Mode, reason: str) -> None:
        if (mode, reason) != self._past.mode:
            self._past.mode = (mode, reason)
            self._past.events.mode(mode, reason)

    def _price(self, at: int, quote: Quote) -> None:
        past = self._past
        past.quote, past.quote_at = quote, at
        past.prices.add(at, quote.mark)

    def _command(self, row: CommandRecord) -> None:
        state, (verb, _, way) = CommandState(row.state), row.verb.partition(" ")
        if verb == "exit" and way:
            self._past.commands.note_exit(OnExit(way), row.who, row.at - row.took, state, row.text)
            if state is not CommandState.ACKNOWLEDGED:
                self._past.left = f"left with {row.text}" if row.text else "left"
        elif row.verb in _VERBS:
            command = Command(row.id, Verb(row.verb), row.who, _source(row.source))
            self._past.commands.note(command, state, row.text)

    def _judge(self) -> None:
        """The lamp remembers since when something has been so: it is asked after each row, as then."""
        past = self._past
        if past.judge is not None and not past.broken:
            mark = None if past.quote is None else past.quote.mark
            past.judge.judge(past.knowledge.position, mark, False, _UNKNOWN, self._moment())

    # Keeping a moment

    def keep(self) -> bytes:
        """The state of this moment, to come back to."""
        file = io.BytesIO()
        _Keeper(file, self._log, self._moment).dump(self._past)
        return file.getvalue()

    def go_back(self, kept: bytes) -> None:
        """Be as at the moment that was kept."""
        self._past = _Finder(io.BytesIO(kept), self._log, self._moment).load()
        self._view = StateView()

    # What is shown

    def snapshot(self, seq: int) -> Snapshot:
        """The snapshot of this moment."""
        past, now, record = self._past, self._moment(), self.record
        fields: dict[str, Any] = {
            "seq": seq,
            "at": now,
            "started_at": record.started_at,
            "name": record.symbol,
            "network": Network(record.network),
            "account": record.account,
            "instrument": self.instrument,
            "leverage": self._leverage,
            "unit_size": self._unit,
            "strategy": str(record.settings["strategy"]),
            "mode": Mode.STARTING,
            "refusals": _REFUSALS,
            "alarms": past.alarms.view(),
            "commands": past.commands.view(),
        }
        trade = past.trade
        if past.quote is not None:
            fields |= price_fields(past.quote, past.quote_at, past.prices)
            fields["sources"] = (Dependency("mark", past.quote_at, _NO_LIMIT),)
        if past.events.last_step is not None:
            fields["last_step"], fields["last_step_at"] = past.events.last_step
        if trade is not None:
            fields |= self._trade_fields(trade, now)
        if past.broken:
            fields |= {"mode": Mode.HALTED, "reason": past.broken}
        elif past.left:
            fields |= {"mode": Mode.STOPPED, "reason": past.left}
        if record.ended_at is not None and now >= record.ended_at:
            fields |= {"mode": Mode.STOPPED, "reason": record.ended_how, "closed_at": record.ended_at}
        return Snapshot(**fields)

    def _trade_fields(self, trade: Trade, now: int) -> dict[str, object]:
        past, wish = self._past, trade.wish
        fields: dict[str, object] = {
            "mode": trade.state.mode,
            "reason": trade.state.reason,
            "resumes": Mode.SELLING_OUT if trade.strategy.selling_out else Mode.RUNNING,
            "wish": "" if wish is None else f"{wish.reason}: not done yet",
            "known_at": now,  # all that its rows tell up to here
        }
        if past.quote is None:
            return fields
        mark = past.quote.mark
        fields |= self._view.state(trade, past.knowledge.account, mark, now)
        fields |= order_fields(trade, None, now, unlisted=_UNKNOWN)
        fields |= account_fields(past.knowledge, mark) | {"known_at": now}
        if past.judge is not None:
            lamp = past.judge.judge(past.knowledge.position, mark, False, _UNKNOWN, now)
            fields["invariant"] = replace(lamp, orphans=past.orphans)
        return fields


class _Keeper(pickle.Pickler):
    """Leaves out what is not of a moment: the log and the clock."""

    def __init__(self, file: io.BytesIO, log: EventLog, moment: Moment) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._names = {id(log): "log", id(moment): "moment"}

    def persistent_id(self, obj: object) -> str | None:
        """Its name, for what is left out."""
        return self._names.get(id(obj))


class _Finder(pickle.Unpickler):
    """Puts back what was left out."""

    def __init__(self, file: io.BytesIO, log: EventLog, moment: Moment) -> None:
        super().__init__(file)
        self._named = {"log": log, "moment": moment}

    def persistent_load(self, pid: str) -> object:
        """What has this name."""
        return self._named[pid]


def _timing_of(rules: RulesRecord) -> Timing:
    return Timing(rules.confirm_after, rules.expires_after)


def _source(text: str) -> Source:
    """Whom a row names."""
    kind, _, name = text.partition(":")
    known = kind in frozenset(map(str, SourceKind))
    return Source(SourceKind(kind), name) if known else Source(SourceKind.STRATEGY, text)


def _account(row: AccountRecord, leverage: int) -> AccountState:
    """The part of an account's state that is recorded; no screen shows the rest."""
    return AccountState(
        row.equity,
        row.margin_used,
        row.position,
        None,
        row.liquidation_price,
        leverage,
        ZERO,
        row.time,
        Collateral(ZERO, ZERO, ZERO),
    )
