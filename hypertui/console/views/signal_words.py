"""What is said of a signal everywhere: its name, its state, what keeps it from firing, what it may do."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Span, Tone
from hypertui.core.market import Side
from hypertui.port.signals import SignalView

FIRED, ARMED, COOLDOWN, _NEUTRAL, _UNKNOWN = "FIRED", "ARMED", "COOLDOWN", "NEUTRAL", "UNKNOWN"
_LAMPS = {FIRED: "●", ARMED: "◌", COOLDOWN: "○"}
_TONES = {FIRED: Tone.STRONG, ARMED: Tone.HOLD}
_FOR = {Side.BUY: "for a buy", Side.SELL: "for a sale"}
_MAY = {"open": "open", "close": "close", "both": "close open"}
_DOES = {"open": "opens {}", "close": "closes {}", "both": "opens and closes {}"}


def named(signal: SignalView) -> str:
    """Which it is: its table and its market."""
    return f"{fmt.clean(signal.name, 32)} {fmt.clean(signal.symbol, 12)}"


def key_of(signal: SignalView) -> str:
    """What tells its row from others."""
    return f"signal {signal.name} {signal.symbol}"


def state(frame: Frame, signal: SignalView) -> Span:
    """Its state with a lamp; a cooldown has ended once its time is over, candle or not."""
    word = signal.state if signal.state != COOLDOWN or _cools(frame, signal) else _NEUTRAL
    if word == _NEUTRAL and signal.buy_score is None and signal.sell_score is None:
        word = _UNKNOWN
    if signal.trouble or signal.is_late(frame.now):
        return Span(f"✗ {word}", Tone.WARNING)
    return Span(f"{_LAMPS.get(word, '○')} {word}", _TONES.get(word, Tone.DIM))


def _cools(frame: Frame, signal: SignalView) -> bool:
    """Whether its cooldown is not over yet."""
    return signal.cooldown_until is not None and frame.now < signal.cooldown_until


def course(frame: Frame, signal: SignalView) -> str:
    """For which side it is in its state, since when, and how long a cooldown lasts."""
    cools = signal.cooldown_until
    if cools is not None and not _cools(frame, signal):
        return f"cooldown over since {frame.clock(cools)}"
    parts = [] if signal.side is None else [_FOR[signal.side]]
    if signal.since is not None:
        since = f"since {frame.clock(signal.since)} ({fmt.plain_age(max(frame.now - signal.since, 0))})"
        parts.append(since)
    if cools is not None:
        parts.append(f"ends at {frame.clock(cools)}, in {fmt.plain_age(cools - frame.now)}")
    return " ".join(parts)


def hindrance(frame: Frame, signal: SignalView) -> Span:
    """Why it does not fire, or cannot; that only its score does where it is so."""
    if signal.trouble:
        return Span(f"No candles: {fmt.clean(signal.trouble)}", Tone.WARNING)
    if signal.candle_at is None:
        return Span("No candle has come yet", Tone.DIM)
    if signal.is_late(frame.now) and signal.late_after is not None:
        over = fmt.plain_age(frame.now - signal.late_after)
        return Span(f"The next candle is overdue for {over}: what is shown is old", Tone.WARNING)
    if signal.missing:
        lacks = fmt.plural(signal.missing, "more candle")
        return Span(f"Not known yet: needs {lacks}", Tone.WARNING)
    if _cools(frame, signal) and signal.cooldown_until is not None:
        return Span(f"Nothing fires before {frame.clock(signal.cooldown_until)}: it cools down", Tone.DIM)
    if signal.blocked_words:
        return Span(f"Does not fire: {fmt.clean(signal.blocked_words)}", Tone.WARNING)
    if signal.state == FIRED:
        return Span(f"Ends when the score is below {fmt.score(signal.exit)}", Tone.DIM)
    return Span("Only its score keeps it from firing", Tone.DIM)


def may(signal: SignalView) -> str:
    """What it may want, in the verbs of a source."""
    return _MAY.get(signal.action, "only watched")


def does(signal: SignalView) -> str:
    """The same in words, with its trade."""
    said = _DOES.get(signal.action)
    if said is None or not signal.trade:
        return "only watched: nothing is done by it"
    return said.format(fmt.clean(signal.trade, 12))
