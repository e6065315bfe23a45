"""A statement as a person reads it: a headline of a few figures, and all of them, each with its unit and with
what a percentage is of."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hypertui.charts.document import Headline
from hypertui.charts.figures import (
    UNKNOWN,
    exact,
    gain,
    minute,
    percent,
    second,
    usd,
)
from hypertui.core.market import ZERO
from hypertui.core.phrases import counted, lasting
from hypertui.ledger.reports.profit import Statement


def headline(statement: Statement, trades: int) -> Iterator[Headline]:
    """The figures that somebody reads first; `trades` is how many there are."""
    totals, curve, results, cycles = statement.totals, statement.curve, statement.results, statement.cycles
    since = _since(statement)
    yield Headline("net result", _signed(curve.made), f"{_of_the_capital(statement)}{since}", curve.made)
    lasted, moments = _period(statement)
    yield Headline("period", lasted, moments)
    yield Headline(
        "round trips",
        f"{cycles.round_trips:,}",
        f"in {counted(trades, 'trade')}, {_many(totals.fills, 'fill')}, {_many(cycles.ended, 'cycle')} ended",
    )
    yield Headline(
        "win share", _win_share(statement), f"{_wins(statement)} of {_exits(results.exits)}{since}"
    )
    deepest = curve.max_drawdown
    yield Headline("largest drawdown", _signed(-deepest), f"{_of_the_peak(statement)}{since}", -deepest)
    yield Headline("fees", f"{usd(totals.fees)} USD", _of_the_volume(statement))
    yield Headline("funding", _signed(totals.funding), _direction(totals.funding), totals.funding)
    yield Headline(
        "whipsaw cost",
        f"{usd(cycles.whipsaw_cost)} USD",
        "of the round trips that bought back higher, fees included",
    )


def statement_in_words(statement: Statement) -> Iterator[tuple[str, str]]:
    """All figures, with their names. Those that belong to the one above are set in."""
    totals, curve, results, cycles = statement.totals, statement.curve, statement.results, statement.cycles
    figures, since = results.figures(), _since(statement)
    yield "period", ", ".join(_period(statement))
    yield "net result", f"{_signed(curve.made)}, {_of_the_capital(statement)}{since}"
    yield "  realised", f"{_signed(totals.pnl)} after fees, {_signed(totals.gross_pnl)} before"
    yield "  funding", f"{_signed(totals.funding)} {_direction(totals.funding)}"
    yield "  both", _signed(totals.pnl + totals.funding)
    open_fees = f"{usd(statement.open_fees)} USD paid for the coins held"
    yield "  unrealised", f"{_signed(statement.unrealized_pnl)} before fees, {open_fees}"
    yield "fees", f"{usd(totals.fees)} USD, {_of_the_volume(statement)}"
    yield "volume", f"{usd(totals.volume)} USD in {_many(totals.fills, 'fill')}"
    yield (
        "capital",
        UNKNOWN if curve.capital is None else f"{usd(curve.capital)} USD, deposits less withdrawals",
    )
    yield "  came and went", _maybe(statement.flows)
    if statement.moved_to_spot:
        yield "  moved to spot", f"{usd(statement.moved_to_spot)} USD, among what went"
    yield "equity", UNKNOWN if curve.last_equity is None else f"{usd(curve.last_equity)} USD"
    yield "largest drawdown", f"{usd(curve.max_drawdown)} USD, {_of_the_peak(statement)}{since}"
    sharpe = curve.sharpe()
    yield "Sharpe ratio", UNKNOWN if sharpe is None else f"{usd(sharpe)} a year, by the daily returns"
    yield "exits", f"{results.exits:,}: {_wins(statement)}"
    yield "  win share", f"{_win_share(statement)} of those that won or lost{since}"
    yield (
        "  average win",
        f"{_maybe(_amount(figures['average_win']))}, {_units(figures['average_win_units'])}",
    )
    lost = _amount(figures["average_loss"])
    yield (
        "  average loss",
        f"{_maybe(None if lost is None else -lost)}, {_units(figures['average_loss_units'])}",
    )
    yield "  expectancy", f"{_maybe(_amount(figures['expectancy']))} an exit"
    yield "  profit factor", _number(_amount(figures["profit_factor"]))
    yield "  reward to risk", _number(_amount(figures["reward_to_risk"]))
    held = figures["hold_s"]
    yield "  held", f"{lasting(held)} on average" if isinstance(held, int) else UNKNOWN
    yield "round trips", f"{cycles.round_trips:,}"
    yield "  whipsaw cost", f"{usd(cycles.whipsaw_cost)} USD of those that bought back higher, with both fees"
    yield "cycles ended", f"{cycles.ended:,}"
    yield "unmatched coins", exact(statement.unmatched)
    yield "to review", f"{statement.review:,}"


def _period(statement: Statement) -> tuple[str, str]:
    """How long, and from when to when."""
    first, last = statement.first_at, statement.last_at
    if first is None or last is None:
        return UNKNOWN, "nothing has happened yet"
    return lasting((last - first) // 1000), f"{second(first)} to {second(last)} UTC"


def _since(statement: Statement) -> str:
    return "" if statement.first_at is None else f", since {minute(statement.first_at)} UTC"


def _of_the_capital(statement: Statement) -> str:
    capital = statement.curve.capital
    if capital is None or capital <= 0:
        return "of a capital that is not known"
    share = percent(statement.curve.made, capital)
    sign = "+" if share.strip("0. %") and statement.curve.made > 0 else ""
    return f"{sign}{share} of the capital of {usd(capital)} USD"


def _of_the_peak(statement: Statement) -> str:
    share = statement.curve.max_drawdown_share
    if share is None:
        return "of a highest value that is not known"
    return f"at most {percent(share, Decimal(1))} of the highest value until then"


def _of_the_volume(statement: Statement) -> str:
    totals = statement.totals
    if not totals.volume:
        return "nothing traded"
    return f"{percent(totals.fees, totals.volume)} of {usd(totals.volume)} USD traded"


def _win_share(statement: Statement) -> str:
    results = statement.results
    decided = results.wins + results.losses
    return percent(Decimal(results.wins), Decimal(decided)) if decided else UNKNOWN


def _wins(statement: Statement) -> str:
    results = statement.results
    return f"{results.wins:,} won, {results.losses:,} lost, {results.break_evens:,} even"


def _direction(funding: Decimal) -> str:
    return "received" if funding > ZERO else "paid" if funding < ZERO else "neither paid nor received"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _exits(count: int) -> str:
    return _many(count, "exit")


def _signed(amount: Decimal) -> str:
    return f"{gain(amount)} USD"


def _maybe(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else _signed(amount)


def _number(value: Decimal | None) -> str:
    return UNKNOWN if value is None else usd(value)


def _units(value: object) -> str:
    return "its units are not known" if not isinstance(value, Decimal) else f"{usd(value)} units"


def _amount(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None
