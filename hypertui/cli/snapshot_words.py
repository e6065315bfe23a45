"""A snapshot in a few lines, for whoever has no console."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.views import status_line
from hypertui.core.market import Instrument, Side
from hypertui.port.snapshot import Alarm, Invariant, Snapshot

_SAID = ("WARN", "TRIPPED", "re-armed")  # the states of a guard that are worth a line


def in_words(snapshot: Snapshot, now: int) -> Iterator[str]:
    """What an engine does, holds and waits for at `now` (ms), or that it has fallen silent; foreign text is
    made harmless."""
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    frame = Frame(snapshot, now)
    mode = snapshot.mode.upper() + (f": {fmt.clean(snapshot.reason)}" if snapshot.reason else "")
    if frame.out_of_sight is not None:
        mode = f"BLIND, {mode} {fmt.plain_age(frame.out_of_sight)} ago"
    yield f"{snapshot.network.upper()} {symbol} {fmt.account(snapshot.account)}  {mode}"
    if snapshot.invariant is not None:
        yield from _trade(frame, snapshot, snapshot.invariant, snapshot.instrument)
    yield _row("engine", status_line.waiting(frame).text)
    for rule in snapshot.exits:
        at = "" if rule.price is None else f" at {fmt.quote(rule.price, snapshot.instrument)}"
        away = "" if rule.distance is None else f" ({fmt.percent(rule.distance)})"
        yield _row(
            "exit", f"{rule.rule} {fmt.signs(rule.limit)}{at}{away}: {'due; ' if rule.due else ''}{rule.text}"
        )
    for guard in snapshot.guards:
        if guard.state in _SAID:
            yield _row("guard", f"{guard.words} {guard.state}: {fmt.clean(guard.text)}")
    yield from alarms_in_words(snapshot.alarms)
    for command in snapshot.commands[:3]:
        text = f": {fmt.clean(command.text)}" if command.text else ""
        who = fmt.clean(command.who, 80)
        yield _row("command", f"{command.verb.value} by {who}: {command.state.value}{text}")


def alarms_in_words(alarms: Iterable[Alarm]) -> Iterator[str]:
    """Those that hold."""
    for alarm in alarms:
        if alarm.active:
            yield _row("alarm", f"{alarm.severity.value}: {fmt.clean(alarm.text)}")


def guards_in_words(snapshot: Snapshot, now: int) -> Iterator[str]:
    """Each limit on the risk, and how it stands."""
    if not snapshot.guards:
        yield "no guard is set, or the trade is not open yet"
        return
    yield f"{'guard':<13}  {'state':<9}  {'used':>6}  {'at its limit':<12}  says"
    for guard in snapshot.guards:
        used = "" if guard.used is None else fmt.share_down(guard.used)
        reset = f"; resets {guard.resets}" if guard.tripped else ""
        note = f"; {fmt.clean(guard.note)}" if guard.note else ""
        text = f"{fmt.clean(guard.text)}{reset}{note}"
        yield f"{guard.guard:<13}  {guard.state:<9}  {used:>6}  {guard.action:<12}  {text}"


def _trade(frame: Frame, snapshot: Snapshot, invariant: Invariant, instrument: Instrument) -> Iterator[str]:
    age = frame.silent or frame.out_of_sight
    as_of = "" if age is None else f"; as of {fmt.plain_age(age)} ago"
    if frame.unchecked:
        as_of = "; by the journal, not checked with the exchange yet"
    held = f"{fmt.size(snapshot.position, instrument)} {fmt.clean(instrument.symbol, 12)}"
    covered = f"stops cover {fmt.size(invariant.stopped_size, instrument)}"
    if invariant.protected is not None:
        covered += f" ({fmt.share_down(invariant.protected)} of {fmt.size(invariant.position, instrument)})"
    yield _row("position", f"{held}, about {fmt.usd(snapshot.position_value)} USD; {covered}{as_of}")
    fault = f"; {fmt.clean(invariant.fault)}" if invariant.fault else ""
    unsettled = "" if invariant.settled else "; something is on its way"
    stops, buys = fmt.plural(invariant.stops, "stop"), fmt.plural(invariant.buys, "buy")
    yield _row("orders", f"{stops}, {buys}{fault}{unsettled}{as_of}")
    for slot in snapshot.slots:
        side = "stop" if slot.side is Side.SELL else "buy "
        size, at = fmt.size(slot.size, instrument), fmt.price(slot.trigger, instrument)
        unit = "" if snapshot.bracket is not None else f"{fmt.unit(slot.level)} "
        yield _row("", f"{side} {unit}{size} at {at} {slot.state.value}")
    long = fmt.plural(snapshot.long_slots, "slot")
    where = f"unit {fmt.unit(snapshot.unit)}, {long} long, {snapshot.phase}"
    if snapshot.bracket is not None:
        where = snapshot.bracket.state
    yield _row("price", f"{fmt.price(snapshot.mark, instrument)}; {where}")
    realized, unrealized = fmt.signed_usd(snapshot.realized_pnl), fmt.signed_usd(snapshot.unrealized_pnl)
    yield _row("profit", f"realised {realized}, unrealised {unrealized} USD")


def _row(label: str, text: str) -> str:
    return f"{label:<9} {text}"
