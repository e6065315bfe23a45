"""Exits: the rules that may end the trade, by priority, with the price and the distance of each."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Span, Tone, line, wrap
from hypertui.console.table_content import Row, TableContent
from hypertui.port.snapshot import Snapshot
from hypertui.port.views import ExitView

_COLUMNS = (
    Column("", right=True, least=1),
    Column("exit", least=11),
    Column("limit", right=True, least=6, drop=1),
    Column("acts at", right=True, least=9),
    Column("distance", right=True, least=8),
    Column("at the exchange", least=8),
    Column("says", least=16, stretches=True),
)
_NO_TRADE = "no trade is open here, and no exit is watched"
_NONE = "no exit is set; see hard_stop, soft_stop, trailing_arm, take_profit, time_stop and signal_exit"


def basis(frame: Frame) -> tuple[object, ...]:
    """What the table is made from."""
    return (frame.snapshot.exits, frame.snapshot.ends_by, frame.mark_stale, frame.ends_by)


def title(frame: Frame) -> str:
    """How many there are, and the one that ends the trade."""
    trade = frame.snapshot
    if frame.ends_by:
        return f"EXITS  the {trade.ends_by} {what_it_does(trade)}"
    if trade.ends_by:
        return f"EXITS  the {trade.ends_by} ended the trade"
    many = (
        f"{len(trade.exits)} set, the first that is due {what_it_does(trade)}" if trade.exits else "none set"
    )
    return f"EXITS  {many}"


def what_it_does(trade: Snapshot) -> str:
    """What comes of an exit, in words."""
    return "closes the position" if trade.outlives_exits else "ends the trade"


def table(frame: Frame) -> TableContent:
    """A row for each rule."""
    rows = [_row(frame, number, rule) for number, rule in enumerate(frame.snapshot.exits, 1)]
    return TableContent(_COLUMNS, rows, _NONE if frame.snapshot.is_open else _NO_TRADE)


def _rests(rule: ExitView, role: Tone) -> Span:
    """What is known of its own order; without one it acts while an engine runs, and not otherwise."""
    return Span(rule.at_exchange or "no", role if rule.at_exchange else Tone.DIM)


def _row(frame: Frame, number: int, rule: ExitView) -> Row:
    acts = rule.rule == frame.ends_by
    role = Tone.CRITICAL if acts else Tone.WARNING if rule.due else Tone.TEXT
    figures = Tone.STALE if frame.mark_stale else role
    said = (
        f"{what_it_does(frame.snapshot)}; {rule.text}"
        if acts
        else f"due; {rule.text}"
        if rule.due
        else rule.text
    )
    copied = f"{rule.rule} {rule.limit}: {said}"
    return Row(
        rule.rule,
        (
            Span(str(number), Tone.DIM),
            Span(rule.rule, role),
            Span(fmt.signs(rule.limit), role),
            Span("" if rule.price is None else fmt.quote(rule.price, frame.snapshot.instrument), role),
            Span("" if rule.distance is None else fmt.percent(rule.distance), figures),
            _rests(rule, role),
            Span(fmt.signs(said), figures),
        ),
        copied,
        lambda now, width: [line(Span(text, figures)) for text in wrap(fmt.signs(copied), width)],
    )
