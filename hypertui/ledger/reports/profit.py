"""Profit and loss of a scope: one pass over all events, with totals of constant size.

docs/ledger.md has the formula of each figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import EXCHANGE, ZERO
from hypertui.journal.history import AccountMarket, OrderedFill
from hypertui.journal.records import FundingRecord, StepRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.account_events import Flow, events
from hypertui.ledger.reports.cycles import Cycles
from hypertui.ledger.reports.equity import EquityCurve
from hypertui.ledger.reports.exits import Exit, Exits, unit_sizes
from hypertui.ledger.samples import Samples, TradeSample
from hypertui.ledger.scope import Scope, day_of, hour_of

CROSS = "source-reason"
# The hour is that of the day, in UTC. The last one is of both: of who was behind a fill, and why.
GROUPS = ("day", "hour", "cycle", "unit", "reason", "source", CROSS)
_FUNDING = (str(EXCHANGE), "FUNDING")  # by nobody's order, so that all of a table is the net


@dataclass(slots=True)
class Tally:
    """Of one day, hour, cycle, unit, reason or source, in USD: `pnl` is realised and net of fees; `fees` are
    those paid by its own fills, `closings` the fills among them that closed something."""

    fills: int = 0
    closings: int = 0
    volume: Decimal = ZERO
    fees: Decimal = ZERO
    gross_pnl: Decimal = ZERO
    pnl: Decimal = ZERO
    funding: Decimal = ZERO

    def add(self, booked: BookedFill) -> None:
        self.fills += 1
        self.closings += bool(booked.allocations)
        self.volume += booked.fill.size * booked.fill.price
        self.fees += booked.fill.fee
        for row in booked.allocations:
            self.gross_pnl += row.gross_pnl
            self.pnl += row.pnl

    def join(self, other: Tally) -> None:
        """Count another one's fills with its own."""
        self.fills += other.fills
        self.closings += other.closings
        self.volume += other.volume
        self.fees += other.fees
        self.gross_pnl += other.gross_pnl
        self.pnl += other.pnl
        self.funding += other.funding

    def figures(self) -> dict[str, int | Decimal]:
        """All of it by name, and `net`, which is `pnl` with funding."""
        return {
            "fills": self.fills,
            "closings": self.closings,
            "volume": self.volume,
            "gross_pnl": self.gross_pnl,
            "fees": self.fees,
            "pnl": self.pnl,
            "funding": self.funding,
            "net": self.pnl + self.funding,
        }


@dataclass(slots=True)
class Results:
    """Exits counted: wins, losses and break-evens apart. USD; `held` in coin-milliseconds."""

    wins: int = 0
    losses: int = 0
    break_evens: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO  # positive
    total: Decimal = ZERO
    coins: Decimal = ZERO
    held: Decimal = ZERO
    # None with an exit whose unit size is not known.
    units_won: Decimal | None = ZERO
    units_lost: Decimal | None = ZERO  # positive

    def add(self, done: Exit, unit_size: Decimal | None) -> None:
        units = None if unit_size is None else done.pnl / (unit_size * done.coins)
        self.total += done.pnl
        self.coins += done.coins
        self.held += done.held
        if done.is_win:
            self.wins += 1
            self.won += done.pnl
            self.units_won = _sum(self.units_won, units)
        elif done.is_loss:
            self.losses += 1
            self.lost -= done.pnl
            self.units_lost = _sum(self.units_lost, None if units is None else -units)
        else:
            self.break_evens += 1

    @property
    def exits(self) -> int:
        return self.wins + self.losses + self.break_evens

    def figures(self) -> dict[str, object]:
        """What is worked out of them; None where there is nothing to divide by."""
        return {
            "exits": self.exits,
            "wins": self.wins,
            "losses": self.losses,
            "break_evens": self.break_evens,
            "win_rate": _ratio(Decimal(self.wins), Decimal(self.wins + self.losses)),
            "average_win": _ratio(self.won, Decimal(self.wins)),
            "average_loss": _ratio(self.lost, Decimal(self.losses)),
            "profit_factor": _ratio(self.won, self.lost),
            "expectancy": _ratio(self.total, Decimal(self.exits)),
            "reward_to_risk": _ratio(
                _ratio(self.won, Decimal(self.wins)), _ratio(self.lost, Decimal(self.losses))
            ),
            "average_win_units": _ratio(self.units_won, Decimal(self.wins)),
            "average_loss_units": _ratio(self.units_lost, Decimal(self.losses)),
            "configured_risk_units": 1 if self.exits else None,
            "configured_reward_units": None,
            "hold_s": None if not self.coins else round(self.held / self.coins / 1000),
        }


@dataclass(slots=True)
class _Held:
    """The newest of a market: its last fill, the last price, the funding so far; `shown` is its unrealised
    profit and the fees of its open coins at the last moment in scope."""

    booked: BookedFill | None = None
    price: Decimal = ZERO
    funding: Decimal = ZERO
    shown: tuple[Decimal, Decimal] = (ZERO, ZERO)

    def show(self) -> None:
        self.shown = self.unrealized, ZERO if self.booked is None else self.booked.open_fees

    @property
    def profit(self) -> Decimal:
        if self.booked is None:
            return self.funding
        return self.booked.realized_pnl + self.unrealized - self.booked.open_fees + self.funding

    @property
    def unrealized(self) -> Decimal:
        if self.booked is None:
            return ZERO
        return self.booked.unrealized_pnl + self.booked.position * (self.price - self.booked.fill.price)


@dataclass(slots=True)
class Statement:
    """Everything that a report of a scope needs."""

    totals: Tally = field(default_factory=Tally)
    groups: dict[str, dict[object, Tally]] = field(default_factory=lambda: {name: {} for name in GROUPS})
    results: Results = field(default_factory=Results)
    curve: EquityCurve = field(default_factory=EquityCurve)
    cycles: Cycles = field(default_factory=Cycles)
    flows: Decimal | None = ZERO  # None with one whose amount is not known
    moved_to_spot: Decimal = ZERO
    unmatched: Decimal = ZERO
    review: int = 0
    last_exits: list[Exit] = field(default_factory=list)
    samples: list[TradeSample] = field(default_factory=list)
    held: dict[AccountMarket, _Held] = field(default_factory=dict)
    first_at: int | None = None
    last_at: int | None = None

    @property
    def unrealized_pnl(self) -> Decimal:
        """Of the coins held at the end, at the last price, in USD before fees."""
        return sum((each.shown[0] for each in self.held.values()), ZERO)

    @property
    def open_fees(self) -> Decimal:
        """What was paid for those coins, in USD."""
        return sum((each.shown[1] for each in self.held.values()), ZERO)

    def tallies(self, group: str) -> list[tuple[object, Tally]]:
        """The tallies of a group with their names, in the order of these."""
        return sorted(self.groups[group].items(), key=lambda item: _sortable(item[0]))

    def rows(self, group: str) -> Iterator[dict[str, object]]:
        """The same, a row for each."""
        for name, tally in self.tallies(group):
            named = (
                dict(zip(("source", "reason"), name, strict=True))
                if isinstance(name, tuple)
                else {group: name}
            )
            yield {**named, **tally.figures()}

    def summary(self) -> dict[str, object]:
        """All figures; amounts in USD, shares as fractions. A figure that cannot be known is None."""
        return {
            "fills": self.totals.fills,
            "volume": self.totals.volume,
            "gross_pnl": self.totals.gross_pnl,
            "realized_pnl": self.totals.pnl,
            "funding": self.totals.funding,
            "realized_with_funding": self.totals.pnl + self.totals.funding,
            "unrealized_pnl": self.unrealized_pnl,
            "open_fees": self.open_fees,
            "fees": self.totals.fees,
            "net_profit": self.curve.made,
            "capital": self.curve.capital,
            "flows": self.flows,
            "moved_to_spot": self.moved_to_spot,
            "equity": self.curve.last_equity,
            "max_drawdown": self.curve.max_drawdown,
            "max_drawdown_share": self.curve.max_drawdown_share,
            "sharpe": self.curve.sharpe(),
            "round_trips": self.cycles.round_trips,
            "whipsaw_cost": self.cycles.whipsaw_cost,
            "cycles": self.cycles.ended,
            **self.results.figures(),
            "unmatched_coins": self.unmatched,
            "to_review": self.review,
        }


def statement(scope: Scope, last_exits: int = 20) -> Statement:
    """Work a scope out. `last_exits` are kept to be shown."""
    out, exits, units = Statement(), Exits(), unit_sizes(scope)
    markets = scope.markets()
    over = Samples(trade for trades in markets.values() for trade in trades)

    def done(exit_: Exit) -> None:
        out.results.add(exit_, units.get(exit_.fill.trade_id))
        out.last_exits = [*out.last_exits, exit_][-last_exits:]

    profit = ZERO
    for at, _, market, what in events(scope.history, markets):
        if at >= scope.until:
            break
        held = out.held.setdefault(market, _Held())
        before, shown = held.profit, scope.within(at)
        if scope.trade is not None and not isinstance(what, Flow):
            trade = what.fill.trade_id if isinstance(what, BookedFill) else what.trade_id
            shown = shown and trade == scope.trade
        match what:
            case Flow(_, amount):
                out.curve.flow(amount)
                if shown:
                    out.flows = _sum(out.flows, amount)
                    out.moved_to_spot += what.to_spot
                continue
            case BookedFill():
                held.booked, held.price = what, what.fill.price
                out.cycles.on_fill(what, shown)
                over.on_fill(what)
                if shown:
                    _count(out, what)
                    for exit_ in exits.take(what, market):
                        done(exit_)
            case FundingRecord():
                held.funding += what.amount
                over.on_funding(what)
                if shown:
                    out.totals.funding += what.amount
                    _tally(out, "day", day_of(at)).funding += what.amount
                    _tally(out, "hour", hour_of(at)).funding += what.amount
                    _tally(out, "cycle", out.cycles.name(what.trade_id)).funding += what.amount
                    _tally(out, CROSS, _FUNDING).funding += what.amount
            case StepRecord():
                held.price = what.price
                if out.cycles.on_step(what, shown):
                    over.on_cycle_end(what.trade_id, at)
        profit += held.profit - before
        # A position from before the scope goes on to count: what it was worth at its beginning is the base.
        out.curve.point(at, profit, shown)
        if shown:
            held.show()
            out.first_at = at if out.first_at is None else out.first_at
            out.last_at = at
    for exit_ in exits.rest():
        done(exit_)
    over.close(scope.until)
    out.samples = list(over.within(scope))
    return out


def _count(out: Statement, booked: BookedFill) -> None:
    fill = booked.fill
    assert isinstance(fill, OrderedFill)
    cycle = out.cycles.name(fill.trade_id)
    who = (fill.source, fill.reason)
    names = (day_of(fill.time), hour_of(fill.time), cycle, fill.level, fill.reason, fill.source, who)
    out.totals.add(booked)
    for group, name in zip(GROUPS, names, strict=True):
        _tally(out, group, name).add(booked)
    out.unmatched += booked.unmatched
    out.review += sum(not row.is_dust for row in booked.review)


def _tally(out: Statement, group: str, name: object) -> Tally:
    return out.groups[group].setdefault(name, Tally())


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part / whole


def _sortable(name: object) -> tuple[int, object]:
    return (0, name) if isinstance(name, int) else (1, str(name))
