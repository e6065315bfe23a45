"""Guards: the limits on the risk, how much of each is used up, and what resets those that hold."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Span, Tone, line, wrap
from hypertui.console.table_content import Row, TableContent
from hypertui.console.views.bar import bar
from hypertui.port.views import GuardView

_BAR = 10  # cells
_COLUMNS = (
    Column("guard", least=13),
    Column("used", right=True, least=7),
    Column("", least=_BAR, drop=1),
    Column("state", least=9),
    Column("says", least=40, stretches=True),
    Column("resets", least=8, drop=2),
)
_NO_TRADE = "no trade is open here, and no guard watches"
_NONE = "no guard is set; see [guards] in the settings"
_TONES = {"TRIPPED": Tone.CRITICAL, "WARN": Tone.WARNING, "re-armed": Tone.STRONG, "not known": Tone.DIM}
_DOES = {
    "warn": "it warns",
    "hold": "no new buys",
    "sell-out": "the trade sells out",
    "flatten": "everything is sold",
}
_FIRST = ("TRIPPED", "WARN", "re-armed")


def basis(frame: Frame) -> tuple[object, ...]:
    """What the table is made from."""
    return (frame.snapshot.guards, frame.snapshot.is_open)


def title(frame: Frame) -> str:
    """How many there are and hold, and the key that resets one."""
    guards = frame.snapshot.guards
    tripped = [guard for guard in guards if guard.tripped]
    if not tripped:
        return f"GUARDS  {len(guards)} set, none tripped"
    rearm = "; u re-arms" if any(guard.by_hand for guard in tripped) else ""
    return f"GUARDS  {fmt.plural(len(tripped), 'guard')} tripped: no new buys, stops go on{rearm}"


def table(frame: Frame) -> TableContent:
    """A row for each guard, those that want to be seen first."""
    ranked = sorted(frame.snapshot.guards, key=_rank)
    rows = [_row(guard) for guard in ranked]
    return TableContent(_COLUMNS, rows, _NONE if frame.snapshot.is_open else _NO_TRADE)


def _rank(guard: GuardView) -> int:
    return _FIRST.index(guard.state) if guard.state in _FIRST else len(_FIRST)


def _row(guard: GuardView) -> Row:
    role = _TONES.get(guard.state, Tone.TEXT)
    used = "" if guard.used is None else fmt.share_down(guard.used)
    note = f"; {fmt.clean(guard.note)}" if guard.note else ""
    copied = f"{guard.words} {guard.state}: {fmt.clean(guard.text)}{note}"
    told = (copied, f"At its limit: {_DOES[guard.action]}. Resets {guard.resets}")
    return Row(
        guard.guard,
        (
            Span(guard.words, role),
            Span(used, role),
            Span("" if guard.used is None else bar(guard.used, _BAR), role),
            Span(guard.state, role),
            Span(f"{fmt.clean(guard.text)}{note}", role),
            Span(guard.resets if guard.tripped else "", role),
        ),
        copied,
        lambda now, width: [line(Span(part, role)) for text in told for part in wrap(text, width)],
    )
