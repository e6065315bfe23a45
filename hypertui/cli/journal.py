"""The trade that an engine takes up: the account's open one, or a new one; one engine for each."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from hypertui.cli.alone import alone
from hypertui.cli.places import journal_file, journal_url
from hypertui.core.market import ZERO, Instrument
from hypertui.core.phrases import at_price
from hypertui.core.plain_json import digest
from hypertui.engine.engine import OpenTrade
from hypertui.execution.entry import StartRefused
from hypertui.execution.group_commit import GroupCommit
from hypertui.execution.input_codec import JournalledInput, Undecodable, decode
from hypertui.execution.opening import rehearse
from hypertui.execution.trade import Unsound
from hypertui.execution.trade_config import PriceSource, TradeConfig
from hypertui.execution.trade_inputs import TradeOpened
from hypertui.execution.trade_journal import LedgerJournal, TradeJournal
from hypertui.execution.trade_past import read_guards, read_history
from hypertui.journal import Journal, JournalError, Locked
from hypertui.journal.archive import check_version, to_be_made
from hypertui.journal.database import find
from hypertui.journal.errors import NoJournal, OtherVersion
from hypertui.journal.history import History
from hypertui.journal.pruning import Retention
from hypertui.journal.reader import JournalReader
from hypertui.journal.records import MarkRecord, SettingsRecord, TradeRecord
from hypertui.port.snapshot import Network
from hypertui.risk.memory import NOTHING_REMEMBERED, GuardMemory
from hypertui.strategy import registry
from hypertui.strategy.exits.contradictions import contradictions
from hypertui.strategy.plans import StrategyTerms

_RULES = "sizing"  # where a trade's terms have the rules that its figures were worked out by


def refuse_other_version(url: str | None, state_dir: Path) -> None:
    """Raise ValueError for a journal file of another version, before anything is started for the trade. A
    journal on a server, and whatever else a journal may lack, is left to the start itself."""
    place = journal_url(url, state_dir)
    try:
        if not find(place, make=False).is_postgresql:
            check_version(place)
    except OtherVersion as error:
        raise ValueError(str(error)) from None
    except JournalError:
        pass


@dataclass(frozen=True, slots=True)
class Past:
    """What a journal tells before a start: whether it has a trade, of any account, and the newest price that
    was seen of each market."""

    has_trades: bool
    seen: Mapping[str, MarkRecord] = field(default_factory=dict)

    def in_words(self, symbols: Sequence[str]) -> str:
        """These markets with their prices as they were last seen, and when."""
        return "; ".join(map(self._last_seen, symbols))

    def _last_seen(self, symbol: str) -> str:
        mark = self.seen.get(symbol)
        if mark is None:
            return symbol
        at = datetime.fromtimestamp(mark.at // 1000, UTC)
        return f"{symbol} {at_price(mark.mark)} when last seen, {at:%Y-%m-%d %H:%M:%S} UTC"


def past(url: str | None, state_dir: Path, network: Network) -> Past:
    """The past of `network`. A journal on a server, which nobody waits for here, and one that cannot be read
    are taken to have trades."""
    place = journal_url(url, state_dir)
    try:
        if find(place, make=False).is_postgresql:
            return Past(has_trades=True)
        with History.open(place) as journal:
            trades = journal.trades()
            newest = {trade.symbol: trade.id for trade in trades if trade.network == network.value}
            found = [(name, journal.newest(trade, [MarkRecord], 1)) for name, trade in newest.items()]
    except NoJournal:
        return Past(has_trades=False)
    except JournalError:
        return Past(has_trades=True)
    seen = {symbol: mark for symbol, marks in found for mark in marks if isinstance(mark, MarkRecord)}
    return Past(bool(trades), seen)


@contextmanager
def journals(
    state_dir: Path,
    url: str | None,
    clock: Callable[[], int],
    snapshot: Mapping[str, object] | None = None,
    keep_days: int | None = None,
    venue: str | None = None,
) -> Iterator[OpenTrade]:
    """A function that opens the trade of an account on given terms, as a context that holds its locks, all in
    one journal, which the first of them opens and which is closed at the end. `snapshot` is all settings in
    force, journalled with each trade; what only an engine needs of ended trades is kept for `keep_days`, or
    always. `venue` as for `alone`.

    It raises StartRefused when another engine trades the account and symbol, when the journal cannot be used,
    and when the open trade has other terms: that trade alone is refused. It waits for the database, and for a
    commit that is under way; any thread but the journal's own may call it.
    """
    place = journal_url(url, state_dir)
    retention = None if keep_days is None else Retention(place, keep_days, clock)
    with ExitStack() as opened:
        groups: list[GroupCommit] = []
        first = Lock()  # several trades may be opened at once

        @contextmanager
        def open_journal(config: TradeConfig, account: str) -> Iterator[tuple[int, TradeJournal]]:
            names = (config.network.value, account, config.symbol)
            with ExitStack() as held:
                try:
                    held.enter_context(alone(state_dir, config.network, venue, account, config.symbol, clock))
                    with first:
                        if not groups:
                            groups.append(opened.enter_context(closing(GroupCommit(Journal.open(place)))))
                    (group,) = groups
                    group.do(lambda journal: journal.claim(*names))
                    held.callback(_release, group, names)
                    trade, written = take_up(group, config, account, clock(), retention=retention)
                    held.callback(_forget_unless_begun, group, trade, written)
                    if snapshot is not None:
                        record = SettingsRecord(f"{trade:016x}", clock(), digest(snapshot), snapshot)
                        group.journal.add(record)
                except (Locked, JournalError) as error:
                    raise StartRefused(str(error)) from None
                yield trade, written

        yield open_journal


@dataclass(frozen=True, slots=True)
class Live:
    """An open trade to be protected, with the settings that it was begun with."""

    trade_id: int
    journal: TradeJournal
    config: TradeConfig


@contextmanager
def live_trade(config: TradeConfig, account: str, state_dir: Path, url: str | None) -> Iterator[Live | None]:
    """The account's open trade, if the journal has one; its lock must be held. Raises JournalError or
    Locked."""
    if url is None and not journal_file(state_dir).exists():
        yield None
        return
    with closing(GroupCommit(Journal.open(journal_url(url, state_dir)))) as group:
        live = group.do(partial(_opened, config, account))
        if live is None:
            yield None
            return
        terms: Mapping[str, Any] = live.settings
        its_own = replace(
            config,
            leverage=terms["leverage"],
            strategy=registry.recorded(terms["strategy"], terms),
            price_source=PriceSource(terms["price_source"]),
            protect_only=True,
        )
        yield Live(int(live.id, 16), LedgerJournal(group, live, is_new=False), its_own)


async def look(
    config: TradeConfig, instrument: Instrument, state_dir: Path, url: str | None, account: str
) -> tuple[str, str, str, GuardMemory]:
    """The journal's place, the account's open trade in it, and why this start could not take that up, in
    words; empty for none. Then what a new trade's guards would begin with. Replays the trade as a start does.
    Changes nothing. Raises JournalError, also where a start could not create a journal."""
    address = journal_url(url, state_dir)
    try:
        with History.open(address) as journal:
            live = _live(journal, config, account)
            if live is None:
                return journal.place, "", "", read_guards(journal, config.network.value, account)
            since = datetime.fromtimestamp(live.started_at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
            text = f"a trade of {config.symbol} is open since {since}: a start resumes it"
            refusal = _other_terms(live, config) or _exits_refused(journal, live, config)
            refusal = refusal or await _unplayable(journal, live, config, instrument)
            return journal.place, text, refusal, NOTHING_REMEMBERED
    except NoJournal:
        return f"{to_be_made(address)} (not there yet)", "", "", NOTHING_REMEMBERED


async def _unplayable(
    journal: JournalReader, live: TradeRecord, config: TradeConfig, instrument: Instrument
) -> str:
    """Why the trade cannot be replayed, in words; empty where it can."""
    plan = _terms_of(live, config).plan(instrument, config.leverage)
    try:
        await rehearse(plan, config.timing, int(live.id, 16), read_history(journal, live.id))
    except Unsound as error:
        return (
            f"the journal {journal.place} cannot be played back: {error}: a start protects what the exchange "
            "holds, and buys nothing"
        )
    return ""


def _random_id() -> str:
    return f"{secrets.randbits(64):016x}"


def take_up(
    group: GroupCommit,
    config: TradeConfig,
    account: str,
    now: int,
    new_id: Callable[[], str] = _random_id,
    retention: Retention | None = None,
) -> tuple[int, LedgerJournal]:
    """The account's live trade, or a new one under an id (16 hex digits) of `new_id`. Raises StartRefused
    when the live one was begun on other terms than `config`'s."""
    trade, is_new = group.do(partial(_found_or_begun, config, account, now, new_id))
    return int(trade.id, 16), LedgerJournal(group, trade, is_new, retention)


def _found_or_begun(
    config: TradeConfig, account: str, now: int, new_id: Callable[[], str], journal: Journal
) -> tuple[TradeRecord, bool]:
    """The trade, and whether it is new."""
    live = _live(journal, config, account)
    idle = journal.live_trade(config.network.value, account, config.symbol) if live is None else None
    if idle is not None:
        journal.forget(idle.id)  # of a start that was refused, or killed, before anything was sent
    if live is None:
        record = TradeRecord(new_id(), config.network.value, account, config.symbol, now, _terms(config))
        journal.begin(record)
        return record, True
    if refusal := _other_terms(live, config) or _exits_refused(journal, live, config):
        raise StartRefused(refusal)
    return live, False


def _forget_unless_begun(group: GroupCommit, trade: int, written: LedgerJournal) -> None:
    """A start that failed leaves no trade in the journal."""
    if not written.begun:
        with suppress(JournalError, Locked):
            group.do(lambda journal: journal.forget(f"{trade:016x}"))


def _release(group: GroupCommit, names: tuple[str, str, str]) -> None:
    """Somebody else may trade there now."""
    with suppress(JournalError, Locked):
        group.do(lambda journal: journal.release(*names))


def _opened(config: TradeConfig, account: str, journal: Journal) -> TradeRecord | None:
    """The account's trade that was opened and has not ended, claimed."""
    names = (config.network.value, account, config.symbol)
    journal.claim(*names)
    live = journal.live_trade(*names)
    return live if live is not None and journal.last_input(live.id, "opened") is not None else None


def _live(journal: JournalReader, config: TradeConfig, account: str) -> TradeRecord | None:
    """The open trade; one that was refused before it could send anything does not count."""
    live = journal.live_trade(config.network.value, account, config.symbol)
    return None if live is None or next(journal.inputs(live.id), None) is None else live


def _terms_of(live: TradeRecord, config: TradeConfig) -> StrategyTerms:
    """The open trade's terms in figures: the configured ones, or those that it was opened with."""
    terms = config.strategy
    return terms if terms.is_settled else terms.recorded(live.settings)


def _exits_refused(journal: JournalReader, live: TradeRecord, config: TradeConfig) -> str:
    """Why the exits that are set now cannot be meant of the open trade, by what its coins were bought for, in
    words; empty where they can, and where that is not known."""
    row = journal.last_input(live.id, "opened")
    with suppress(Undecodable):
        given = None if row is None else decode(JournalledInput(row.kind, row.at, row.data))
        if isinstance(given, TradeOpened) and given.fills:
            coins = sum((fill.size for fill in given.fills), ZERO)
            entry = sum((fill.value for fill in given.fills), ZERO) / coins
            step = _terms_of(live, config).step_at(entry)
            return next(contradictions(config.exits, step), "")
    return ""


def _other_terms(live: TradeRecord, config: TradeConfig) -> str:
    """The term that differs between the open trade and `config`, in words; empty where all agree. A figure
    that the trade has worked out may be asked for by its rule as well as by itself."""
    kept, rules = live.settings, _rules(live.settings)
    asked = _terms(config)
    for name, wanted in {**asked, **_rules(asked)}.items():
        has = rules.get(name, kept.get(name))
        if name == _RULES or wanted in (has, kept.get(name)):
            continue
        if has is None:
            own = ", ".join(f"{term} {kept[term]}" for term in ("unit_size", "position_size") if term in kept)
        else:
            own = f"{name} {has}"
        asks = f"{wanted} was" if has is not None else f"{name} {wanted} was"
        return (
            f"a trade of {config.symbol} with {own} is open in this account, "
            f"{asks} asked for: start it with its own settings, and flatten it to begin another"
        )
    return ""


def _rules(terms: Mapping[str, Any]) -> Mapping[str, object]:
    """What figures are worked out by, of the names of settings."""
    rules: Mapping[str, object] = terms.get(_RULES, {})
    return rules


def _terms(config: TradeConfig) -> Mapping[str, object]:
    """The terms that a trade keeps from its start to its end."""
    return {
        "strategy": config.strategy.strategy,
        **config.strategy.record(),
        "leverage": config.leverage,
        "price_source": config.price_source.value,
    }
