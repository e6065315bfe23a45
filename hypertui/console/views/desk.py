"""The desk: a row for each trade of the engine, and what they come to together."""

from __future__ import annotations

from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import BLANK, Column, Span, Tone, line
from hypertui.console.table_content import Row, TableContent
from hypertui.console.views.header import mode_badge
from hypertui.core.market import ZERO
from hypertui.port.snapshot import Severity

_COLUMNS = (
    Column("trade", least=6),
    Column("market", least=6, drop=7),
    Column("strategy", drop=9),
    Column("account", drop=10),
    Column("mode", least=10),
    Column("phase", least=8, drop=6),
    Column("long", drop=3),
    Column("unit", right=True, least=4),
    Column("price", right=True, least=8, drop=4),
    Column("position", right=True, least=9, drop=5),
    Column("net", right=True, least=9),
    Column("today", right=True, least=9, drop=2),
    Column("protected", right=True, least=9),
    Column("alarms", least=6, stretches=True),
)


def basis(frame: Frame) -> tuple[object, ...]:
    """The objects that the table is built from."""
    return (*frame.trades, frame.snapshot.name, frame.now // 1_000, frame.ended, frame.acknowledged)


def title(frame: Frame) -> str:
    """How many trades there are, and on which network."""
    return f"DESK  {fmt.plural(len(frame.trades), 'trade')}  {frame.snapshot.network.upper()}"


def table(frame: Frame) -> TableContent:
    """One row for each trade, in the order of the settings."""
    names = [trade.name for trade in frame.trades]
    return TableContent(
        _COLUMNS,
        [_row(frame.of(trade), trade.name == frame.snapshot.name) for trade in frame.trades],
        "no trade",
        above=[_together(frame), BLANK],
        start=names.index(frame.snapshot.name) if frame.snapshot.name in names else 0,
    )


def _together(frame: Frame) -> tuple[Span, ...]:
    trades = frame.trades
    worth = sum((trade.position_value for trade in trades), ZERO)
    net = sum((trade.net_pnl for trade in trades), ZERO)
    known = [trade.day_pnl for trade in trades if trade.day_pnl is not None]
    since = sorted({frame.clock(trade.day_since) for trade in trades if trade.day_since is not None})
    today = f"   since {'–'.join({since[0]: 0, since[-1]: 0})} " if known else ""
    return line(
        Span("positions ", Tone.DIM),
        Span(f"{fmt.usd(worth)} USD", Tone.STRONG),
        Span("   net ", Tone.DIM),
        Span(f"{fmt.signed_usd(net)} USD", _made(net)),
        Span(today, Tone.DIM),
        *((Span(f"{fmt.signed_usd(sum(known, ZERO))} USD", _made(sum(known, ZERO))),) if known else ()),
    )


def _row(frame: Frame, is_selected: bool) -> Row:
    trade = frame.snapshot
    instrument = trade.instrument
    opened = trade.invariant is not None
    phase = trade.phase if trade.bracket is None else trade.bracket.state
    has_units = opened and trade.bracket is None
    priced = Tone.STALE if frame.mark_stale else Tone.TEXT
    cells = (
        Span(f"{'►' if is_selected else ' '}{fmt.clean(trade.name, 12)}", Tone.STRONG),
        Span(fmt.clean(instrument.symbol, 12)),
        Span(fmt.clean(trade.strategy, 10), Tone.DIM),
        Span(fmt.account(trade.account), Tone.DIM),
        _mode(frame),
        Span(phase or fmt.UNKNOWN),
        Span(f"{trade.long_slots}/4" if has_units else fmt.UNKNOWN),
        Span(fmt.unit(trade.unit) if has_units else fmt.UNKNOWN),
        Span(fmt.price(trade.mark, instrument), priced),
        Span(fmt.size(trade.position, instrument) if opened else fmt.UNKNOWN),
        Span(fmt.signed_usd(trade.net_pnl), _made(trade.net_pnl)) if opened else Span(fmt.UNKNOWN),
        Span(fmt.signed_usd(trade.day_pnl), _made(trade.day_pnl)),
        _protected(frame),
        _alarms(frame),
    )
    return Row(trade.name, cells, copied=trade.name)


def _mode(frame: Frame) -> Span:
    badge = mode_badge(frame)
    return Span(badge.text.strip(), badge.role)


def _made(amount: Decimal | None) -> Tone:
    if not amount:
        return Tone.TEXT
    return Tone.GAIN if amount > 0 else Tone.LOSS


def _protected(frame: Frame) -> Span:
    invariant = frame.snapshot.invariant
    if invariant is None or frame.unchecked:
        return Span(fmt.UNKNOWN)
    if invariant.protected is None:
        return Span("flat", Tone.DIM)
    whole = invariant.protected >= 1
    text = fmt.share_down(invariant.protected, 0 if whole else 1)
    bad = Tone.CRITICAL if invariant.settled else Tone.WARNING
    return Span(text, Tone.TEXT if whole else bad)


def _alarms(frame: Frame) -> Span:
    active = [alarm for alarm in frame.alarms if alarm.active]
    if frame.trouble:
        worst = next((alarm for alarm in active if alarm.severity is Severity.CRITICAL), None)
        words = frame.trouble if worst is None else fmt.clean(worst.text)
        return Span(f"‼ {words}", Tone.CRITICAL)
    if not active:
        return Span("none", Tone.DIM)
    return Span(f"{len(active)}: {fmt.clean(active[0].text)}", Tone.WARNING)
