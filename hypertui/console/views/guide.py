"""The guide of a first trade: in plain words what is so, what comes next, and the keys to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, line, width_of
from hypertui.core.market import Side
from hypertui.core.round_trips import SLOTS
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import SlotState, SlotView

ROWS = 4
LASTS = 5 * fmt.MINUTE
# The action that hides the guide, by its name in the key map.
HIDES = "guide"

_COUNTS = ("no slot is", "one slot is", "two slots are", "three slots are", "all four slots are")
# Actions, with what their keys do, in a sentence and in few words.
_PAUSE = ("pause", "pauses: no new buys, and no stop moves", "pauses: no new buys")
_RESUME = ("resume", "resumes: buys and stops follow the price again", "resumes")
_OTHERS = (
    ("quit", "leaves, and asks what becomes of the trade", "leaves, asks how"),
    (HIDES, "hides this, as five minutes do", "hides this, as 5 min do"),
)
_GAP = "   "
# Those that a price still to come may fire.
_WAITING_FOR_IT = (SlotState.LIVE, SlotState.PENDING, SlotState.UNANSWERED)


def guide(frame: Frame, width: int, height: int = ROWS) -> Sequence[Line]:
    """A line each: what is so, what a fall of the price brings and what a rise does, where anything comes of
    it, and the keys. None at all after five minutes, nor where there is nothing to explain: another strategy
    trades, the trade is over, or the engine leaves or cannot be heard."""
    snapshot = frame.snapshot
    gone = frame.leaving is not None or frame.ended is not None or snapshot.closed_at is not None
    heard = not frame.crash and frame.silent is None
    if gone or not heard or snapshot.strategy != "ladder" or frame.now - snapshot.started_at >= LASTS:
        return []
    first, *more = _beginning(snapshot) if snapshot.entry_price is None else _course(snapshot)
    if not first:
        return []
    texts = [line(Span(first, Tone.STRONG)), *(line(text) for text in more if text)]
    return [fit(row, width) for row in (*texts, _keys(frame, width))][:height]


def _beginning(snapshot: Snapshot) -> tuple[str, ...]:
    """Before the entry."""
    symbol, unit = fmt.clean(snapshot.instrument.symbol, 12), fmt.step(snapshot.unit_size)
    return (
        "A paper trade begins: an invented market, and no real money.",
        f"It buys {symbol} in four slots. When the price falls they are sold one by one,",
        f"a unit of {unit} USD apart; when it rises again they are bought back.",
    )


def _course(snapshot: Snapshot) -> tuple[str, ...]:
    """What is so, below and above; nothing where no ladder trades."""
    if not snapshot.phase:
        return ("",)
    stops, buys = _waiting(snapshot, Side.SELL), _waiting(snapshot, Side.BUY)
    return (_now(snapshot), _fall(snapshot, stops, buys), _rise(snapshot, stops, buys))


def _now(snapshot: Snapshot) -> str:
    longs = f"{_COUNTS[min(snapshot.long_slots, SLOTS)]} long"
    one = snapshot.long_slots == SLOTS - 1
    match snapshot.mode, snapshot.phase:
        case Mode.PAUSED, _:
            return f"Paused: {longs}; nothing new is bought, and no stop moves."
        case Mode.HALTED, _:
            return f"Halted: {longs}; the orders that are live stay as they are."
        case Mode.SELLING_OUT, _:
            return f"Selling out: {longs}, and nothing is bought any more."
        case _, "advance":
            unit = fmt.step(snapshot.unit_size)
            return f"All four slots are long; stops trail the price, a unit of {unit} USD apart."
        case _, "retracement":
            return f"The price has turned down: {longs}, the {'other is' if one else 'others are'} sold."
        case _, "recovery":
            wait = "other waits" if one else "others wait"
            return f"The price has turned up: {longs} again, the {wait} to buy."
    return "All four slots are sold: a further fall of the price costs nothing."


def _fall(snapshot: Snapshot, stops: Sequence[SlotView], buys: Sequence[SlotView]) -> str:
    """A stop fires, or the buys follow the price."""
    if stops:
        which = "the first slot" if snapshot.long_slots == SLOTS else "the next slot"
        at, coins = _order(snapshot, stops[-1])
        return f"↓ If the price falls to {at}, {which} is sold: {coins}."
    if buys and snapshot.next_down is not None and snapshot.mode is Mode.RUNNING:
        low = fmt.price(snapshot.next_down.price, snapshot.instrument)
        return (
            f"↓ If the price falls to {low}, the highest buy, at {_order(snapshot, buys[-1])[0]}, follows it."
        )
    return ""


def _rise(snapshot: Snapshot, stops: Sequence[SlotView], buys: Sequence[SlotView]) -> str:
    """A buy fires, or the stops follow the price."""
    if buys:
        at, coins = _order(snapshot, buys[0])
        return f"↑ If it rises to {at}, a slot buys {coins}, with a stop below."
    if stops and snapshot.next_up is not None and snapshot.mode in (Mode.RUNNING, Mode.SELLING_OUT):
        high = fmt.price(snapshot.next_up.price, snapshot.instrument)
        return f"↑ If it rises to {high}, the lowest stop, at {_order(snapshot, stops[0])[0]}, follows it."
    return ""


def _waiting(snapshot: Snapshot, side: Side) -> Sequence[SlotView]:
    """The orders of a side that a price may fire, the lowest trigger first."""
    live = (slot for slot in snapshot.slots if slot.side is side and slot.state in _WAITING_FOR_IT)
    return sorted(live, key=lambda slot: slot.trigger)


def _order(snapshot: Snapshot, slot: SlotView) -> tuple[str, str]:
    """Where it stands, and its coins."""
    instrument = snapshot.instrument
    coins = f"{fmt.size(slot.size, instrument)} {fmt.clean(instrument.symbol, 12)}"
    return fmt.price(slot.trigger, instrument), coins


def _keys(frame: Frame, width: int) -> Line:
    """The first keys that somebody needs, those that there are; in few words where there is little room."""
    written = {key.id: key.written for key in frame.keys if key.key}
    first = _RESUME if frame.snapshot.mode is Mode.PAUSED else _PAUSE
    there = [(written[action], long, short) for action, long, short in (first, *_OTHERS) if action in written]
    wide = _row([(key, long) for key, long, _ in there])
    return wide if width_of(wide) <= width else _row([(key, short) for key, _, short in there])


def _row(keys: Sequence[tuple[str, str]]) -> Line:
    spans: list[Span] = []
    for key, words in keys:
        spans += [Span(_GAP), Span(key, Tone.KEY), Span(f" {words}", Tone.DIM)]
    return tuple(spans[1:])
