"""One signal in full: its scores, its state, what keeps it from firing, and its indicators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Cells, Column, Line, Span, Tone, both_ends, fit, joined, line, table
from hypertui.console.views import signal_words as words
from hypertui.console.views.bar import bar
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.price import change_role
from hypertui.console.views.sources import armed
from hypertui.core.market import Side
from hypertui.port.signals import IndicatorSideView, IndicatorView, SignalView

_LEAST_BAR, _MOST_BAR = 10, 40  # cells
_FIGURES = 42  # cells beside a bar
_LABEL = 9
_SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
_COLUMNS = (
    Column("indicator", least=12),
    Column("weight", right=True, least=6),
    Column("value", right=True, least=8),
    Column("buy needs", right=True, least=10),
    Column("buy", least=5),
    Column("on", right=True, least=6, drop=2),
    Column("value", right=True, least=8, drop=3),
    Column("sell needs", right=True, least=10),
    Column("sell", least=5),
    Column("on", right=True, least=6, drop=1),
)


def title(frame: Frame, signal: SignalView | None) -> str:
    """Which signal, of which candles."""
    if signal is None:
        return "SIGNAL"
    return f"SIGNAL  {words.named(signal)}  {signal.family}, candles of {signal.timeframe}"


def in_full(frame: Frame, signal: SignalView | None, width: int, height: int) -> Sequence[Line]:
    """Scores and state first; what there is no room for is left out from below."""
    if signal is None:
        return [line(Span("no signal: [signals.NAME] in the settings", Tone.DIM))]
    rows = [*(_score(frame, signal, side, width) for side in Side), _state(frame, signal, width)]
    rows += [fit(line(words.hindrance(frame, signal)), width), fit(_may(frame, signal), width)]
    rows += [*indicators(signal, width), fit(_context(frame, signal), width)]
    return rows[:height]


def narrow(frame: Frame, width: int, height: int) -> list[Line]:
    """All signals on a phone: name and state, the scores of both sides, what keeps it from firing; then what
    was wanted last."""
    rows: list[Line] = []
    for signal in frame.signals:
        scores = "/".join(fmt.score(signal.score(side)) for side in Side)
        name = line(Span(words.named(signal), Tone.STRONG), " ", words.state(frame, signal))
        rows.append(
            both_ends(name, line(f"{scores} ", Span(f"≥{fmt.score(signal.target)}", Tone.DIM)), width)
        )
        rows.append(fit(line(words.hindrance(frame, signal)), width))
    for each in frame.intents.intents[: max(height - len(rows), 0)]:
        said = f"{frame.clock(each.received_at)} {each.verb} {fmt.clean(each.trade, 12)} {each.state}"
        rows.append(fit(line(Span(said), Span(f" {fmt.signs(fmt.clean(each.text))}", Tone.DIM)), width))
    return rows[:height]


def _score(frame: Frame, signal: SignalView, side: Side, width: int) -> Line:
    """A side's score as a bar, in which stand the exit and the target."""
    score, cells = signal.score(side), max(min(width - _FIGURES, _MOST_BAR), _LEAST_BAR)
    reached = score is not None and score >= signal.target
    old = signal.is_late(frame.now) or bool(signal.trouble)
    tone = Tone.STALE if old else SIDE_TONE[side] if score else Tone.DIM
    chars = [*bar(score or Decimal(0), cells).ljust(cells, "░")]
    spans = [Span(char, tone) for char in chars]
    for limit, glyph in ((signal.exit, "┆"), (signal.target, "│")):
        spans[min(int(limit * cells), cells - 1)] = Span(glyph, Tone.STRONG)
    limits = f"  ≥ {fmt.score(signal.target)} fires, < {fmt.score(signal.exit)} ends"
    figure = Span(f"{fmt.score(score):>5} ", Tone.STALE if old else Tone.STRONG if reached else Tone.TEXT)
    label = Span(_SIDES[side].ljust(_LABEL), Tone.DIM)
    return fit(line(label, figure, *spans, Span(limits if side is Side.BUY else "", Tone.DIM)), width)


def _state(frame: Frame, signal: SignalView, width: int) -> Line:
    label, state = Span("state".ljust(_LABEL), Tone.DIM), words.state(frame, signal)
    return fit(line(label, state, "  ", Span(words.course(frame, signal))), width)


def _may(frame: Frame, signal: SignalView) -> Line:
    """What it does, whether it is armed, and what became of what it wanted last."""
    parts = [line(Span("does".ljust(_LABEL), Tone.DIM), words.does(signal))]
    if signal.action and signal.trade:
        parts.append(line(Span("armed ", Tone.DIM), armed(frame, signal)))
    last = next((each for each in frame.intents.intents if each.id == signal.last_intent), None)
    if last is not None:
        said = f"{last.verb} {frame.clock(last.received_at)} {last.state}"
        parts.append(line(Span("last ", Tone.DIM), said))
    return joined(parts)


def _context(frame: Frame, signal: SignalView) -> Line:
    """The candle it is of, and what was known beside it."""
    parts: list[Line] = []
    if signal.candle_at is not None:
        at = frame.clock(signal.candle_at)
        close = "" if signal.close is None else f" {fmt.step(signal.close)}"
        parts.append(line(Span("close".ljust(_LABEL), Tone.DIM), f"{at}{close}"))
    if signal.change_24h is not None:
        change = Span(fmt.percent(signal.change_24h), change_role(signal.change_24h))
        parts.append(line(Span("24 h ", Tone.DIM), change))
    for name, fraction in (("spread", signal.spread), ("funding", signal.funding)):
        if fraction is not None:
            parts.append(line(Span(f"{name} ", Tone.DIM), fmt.share(fraction, 4)))
    if signal.counted:
        odd = any(each.of(side).is_odd for each in signal.indicators for side in Side)
        why = "; ! tells nothing: outside 0.1 to 30 %" if odd else ""
        parts.append(line(Span(f"on: of the newest {signal.counted:,} candles{why}", Tone.DIM)))
    return joined(parts)


def indicators(signal: SignalView, width: int) -> list[Line]:
    """A row for each, with its value against what each side needs."""
    return table(_COLUMNS, [_cells(each) for each in signal.indicators], width)


def _cells(one: IndicatorView) -> Cells:
    buy, sell = one.buy, one.sell
    return (
        Span(fmt.clean(one.words, 16)),
        Span(fmt.step(one.weight)),
        Span(fmt.statistic(buy.value, one.unit)),
        *_side(one, buy, Side.BUY),
        Span(fmt.statistic(sell.value, one.unit)),
        *_side(one, sell, Side.SELL),
    )


def _side(one: IndicatorView, of: IndicatorSideView, side: Side) -> Iterator[Span]:
    """What one side needs, whether it is on, and in what share of the candles it was."""
    way = "" if of.needs is None else f"{of.comparison} "
    yield Span(f"{way}{fmt.statistic(of.needs, one.unit)}", Tone.DIM)
    if of.is_on is None:
        yield Span("? –", Tone.WARNING)
    else:
        yield Span("● on" if of.is_on else "○ off", SIDE_TONE[side] if of.is_on else Tone.DIM)
    rate = fmt.share(of.rate)
    yield Span(f"! {rate}", Tone.WARNING) if of.is_odd else Span(rate, Tone.DIM)
