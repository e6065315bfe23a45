"""Profit, costs and risk, with the operators' last actions below."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, both_ends, fit, line, pad, width_of
from hypertui.console.views.log import commands
from hypertui.console.views.price import change_role

Fact = tuple[str, Span]

_EQUITY_OF_NOW = 6_000  # ms: the account is asked for every 5 s


def _gain(value: Decimal | None) -> Span:
    return Span(fmt.signed_usd(value), change_role(value))


def _growth(value: Decimal | None) -> Span:
    return Span(fmt.percent(value), change_role(value))


def facts(frame: Frame) -> list[tuple[Fact, Fact]]:
    """The figures in pairs, as they stand beside each other."""
    snapshot = frame.snapshot

    def marked(span: Span) -> Span:
        """A figure that hangs on the mark is as old as the mark is."""
        return Span(span.text, Tone.STALE) if frame.mark_stale else span

    liquidation = fmt.quote(snapshot.liquidation_price, snapshot.instrument)
    return [
        (
            (
                frame.as_of("equity", snapshot.account_at),
                marked(Span(fmt.usd(snapshot.equity), Tone.STRONG)),
            ),
            ("margin used", marked(Span(fmt.usd(snapshot.margin_used)))),
        ),
        (("realised", _gain(snapshot.realized_pnl)), ("unrealised", marked(_gain(snapshot.unrealized_pnl)))),
        (("fees", Span(fmt.usd(snapshot.fees))), ("funding", Span(fmt.signed_usd(snapshot.funding)))),
        (
            ("whipsaw cost", Span(fmt.usd(snapshot.whipsaw_cost))),
            ("round trips", Span(str(snapshot.round_trips))),
        ),
        (
            ("fragment F", Span(fmt.usd(snapshot.fragment))),
            ("reinvest", Span(fmt.clean(snapshot.reinvest, 10) or fmt.UNKNOWN)),
        ),
        (
            ("since entry", marked(_growth(snapshot.growth))),
            ("since cycle", marked(_growth(snapshot.cycle_growth))),
        ),
        (
            ("liquidation", marked(Span(liquidation))),
            ("away", marked(Span(fmt.share(snapshot.liquidation_distance)))),
        ),
    ]


def _cell(fact: Fact, width: int) -> Line:
    label, value = fact
    if len(label) + width_of((value,)) >= width:
        label = label.replace("equity", "eq")
    return both_ends(line(Span(label, Tone.DIM)), line(value), width)


def money(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The full screen's panel: figures in two columns, then the newest commands."""
    left = (width - 3) // 2
    lines = [
        line(*_cell(a, left), "   ", *_cell(b, width - left - 3))
        for a, b in facts(frame)[: max(height - 2, 1)]
    ]
    rule = f"── OPERATOR {'─' * width}"[:width]
    return [*lines, line(Span(rule, Tone.DIM)), *commands(frame, width, height - len(lines) - 1)]


def _equity_label(frame: Frame) -> str:
    """Where there is no room for its time, equity is marked with its age once it is no longer that of now."""
    at = frame.snapshot.account_at
    age = 0 if at is None else frame.now - at
    return "equity" if age <= _EQUITY_OF_NOW else f"eq {fmt.age(age)}"


def money_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The small screen's two lines, the figures in even columns; what does not fit is on larger ones."""
    pairs = facts(frame)
    known = {label: (label, value) for pair in pairs for label, value in pair}
    known["equity"] = (_equity_label(frame), pairs[0][0][1])
    size = fmt.size(frame.snapshot.position, frame.snapshot.instrument)
    known["position"] = ("pos", Span(size, Tone.STRONG))
    short = {
        "liquidation": "liq",
        "whipsaw cost": "whipsaw",
        "round trips": "trips",
        "fragment F": "F",
        "margin used": "margin",
    }
    picked = (
        ("equity", "realised", "unrealised", "fees"),
        ("position", "liquidation", "whipsaw cost", "funding"),
        ("fragment F", "away", "round trips", "margin used"),
    )
    cell = (width - 2) // 4
    lines = []
    for row in picked[:height]:
        parts: list[str | Span] = [" "]
        for label in row:
            name, value = known[label]
            text = line(Span(f"{short.get(name, name)} ", Tone.DIM), value)
            parts += pad(text, cell) if width_of(text) < cell else (*fit(text, cell - 1), Span(" "))
        lines.append(fit(line(*parts), width))
    return lines
