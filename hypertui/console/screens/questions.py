"""Confirmation questions: object, size, value and what remains, all read from a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.lines import BLANK, Line, Tone, line
from hypertui.console.screens.question import (
    CANCEL,
    Build,
    Choice,
    Question,
    basis,
    coins,
    fact,
    holding,
    question,
    where,
)
from hypertui.console.views.exits import what_it_does
from hypertui.core.market import Side
from hypertui.port.commands import OnExit, Verb
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import GuardView, OrderView, SlotState, SlotView

_AT_VENUE = (
    SlotState.LIVE,
    SlotState.PENDING,
    SlotState.FIRED,
    SlotState.UNANSWERED,
    SlotState.CANCELLING,
)


def _working(snapshot: Snapshot, side: Side) -> list[SlotView]:
    return [slot for slot in snapshot.slots if slot.side is side and slot.state in _AT_VENUE]


def _orders(snapshot: Snapshot, slots: list[SlotView]) -> list[Line]:
    """One line per order: unit, trigger, size."""
    return [_order(snapshot, slot.side, slot.level, slot.trigger, slot.size) for slot in slots]


def _order(
    snapshot: Snapshot, side: Side, unit: int | None, trigger: Decimal | None, size: Decimal | None
) -> Line:
    instrument = snapshot.instrument
    what = "▲ buy " if side is Side.BUY else "▼ stop"
    at = f"{fmt.price(trigger, instrument):>10}  {fmt.size(size, instrument)}"
    return fact("", f"{what} {fmt.unit(unit):>4} {at}")


def resume(snapshot: Snapshot) -> Question:
    """What the engine takes up first: the orders that it places and cancels."""
    sells_out = snapshot.resumes is Mode.SELLING_OUT
    missing = [order for order in snapshot.orders if order.expected is not None and not order.working]
    ours = [order for order in snapshot.orders if order.working is not None]
    surplus = [order for order in ours if order.expected is None and order.role != "close"]
    body = [fact("position", holding(snapshot))]
    for label, orders in (("places", missing), ("cancels", surplus)):
        count = fmt.plural(len(orders), "order") if orders else "none"
        body += [fact(label, count), *_listed(snapshot, orders)]
    body += _called_off(snapshot)
    if not sells_out:
        return question(snapshot, "RESUME trading", body, "resume")
    then = "the stops follow the price up; nothing is bought any more"
    body.append(fact("then", then if snapshot.position > 0 else "the trade ends: nothing is held any more"))
    return question(snapshot, "RESUME selling out", body, "sell out")


def _called_off(snapshot: Snapshot) -> list[Line]:
    """What was ordered, is not done yet, and will not be."""
    return [fact("calls off", fmt.clean(snapshot.wish), Tone.WARNING)] if snapshot.wish else []


def _listed(snapshot: Snapshot, orders: list[OrderView]) -> list[Line]:
    """The same for orders as the books have them."""
    return [
        _order(snapshot, order.side, order.level, order.trigger, order.expected or order.working)
        for order in orders
    ]


def cancel_buys(snapshot: Snapshot) -> Question:
    """Which buys go, and that the stops remain."""
    buys, stops = _working(snapshot, Side.BUY), _working(snapshot, Side.SELL)
    body = [
        fact("cancels", fmt.plural(len(buys), "buy") if buys else "none: no buy is live now"),
        *_orders(snapshot, buys),
        fact("remains", f"{fmt.plural(len(stops), 'stop')} for {coins(snapshot)}"),
        fact("then", "the engine stays paused until it is resumed"),
    ]
    if not buys:
        return question(snapshot, "NO BUYS", body, "stay paused without buys")
    return question(snapshot, "CANCEL THE BUYS", body, "cancel the buys")


def sell_out(snapshot: Snapshot) -> Question:
    """That nothing is bought any more, and that this cannot be taken back."""
    buys, stops = _working(snapshot, Side.BUY), _working(snapshot, Side.SELL)
    body = [
        fact("cancels", fmt.plural(len(buys), "buy")),
        *_orders(snapshot, buys),
        fact("remains", f"{fmt.plural(len(stops), 'stop')} for {holding(snapshot)}"),
        fact("then", "the stops follow the price up; nothing is bought any more"),
        fact("", "in this trade, and it ends when all is sold"),
    ]
    return question(snapshot, "SELL OUT", body, "sell out")


def flatten(snapshot: Snapshot) -> Question:
    """What is sold, and that nothing remains."""
    buys, stops = _working(snapshot, Side.BUY), _working(snapshot, Side.SELL)
    held, sells = snapshot.position > 0, _sells(snapshot)
    how = [fact("how", "at market, reduce-only, as soon as the buys are cancelled")] if held else []
    body = [
        fact("sells", sells, Tone.STRONG),
        *how,
        fact("cancels", f"{fmt.plural(len(buys), 'buy')}, and {fmt.plural(len(stops), 'stop')} once flat"),
        fact("remains", "nothing; the engine halts"),
    ]
    phrase = f"FLAT {fmt.clean(snapshot.instrument.symbol, 12)}"
    return question(
        snapshot, "FLATTEN the position", body, "sell everything" if held else "cancel and halt", phrase
    )


def flatten_all(view: EngineView) -> Question:
    """What each trade sells. The answer names the trades; it is typed on every network."""
    trades = [trade for trade in view.trades if not refused(trade, Verb.FLATTEN)]
    body = [fact(fmt.clean(trade.name, 12), _sells(trade), Tone.STRONG) for trade in trades]
    return Question(
        f"FLATTEN {len(trades)} trades",
        (
            where(view.first, markets="all markets"),
            *body,
            fact("how", "at market, reduce-only, as soon as the buys are cancelled"),
            fact("remains", "nothing; each trade halts"),
        ),
        (Choice("enter", "sell everything", " ".join(trade.name for trade in trades)), CANCEL),
        tuple(trade.mode for trade in view.trades),  # whatever is held by then is sold
        phrase="FLAT ALL",
        focus=1,
        danger=True,
    )


def all_refused(view: EngineView, verb: Verb) -> str:
    """Why no trade would take this now, in words; empty where one would."""
    why = [refused(trade, verb) for trade in view.trades]
    return why[0] if all(why) else ""


def _sells(snapshot: Snapshot) -> str:
    return holding(snapshot) if snapshot.position > 0 else "nothing: no position is held"


def adopt(snapshot: Snapshot) -> Question:
    """What the venue holds beside what is booked, and that it becomes the slots' coins."""
    venue = snapshot.venue_position
    held = "not known yet" if venue is None else fmt.size(venue, snapshot.instrument)
    body = [
        fact("exchange", held, Tone.STRONG),
        fact("booked", holding(snapshot)),
        fact("books", "the exchange's fills that no order here explains, if they make its position"),
        fact("then", "the slots hold those coins, with stops; the engine stays paused"),
    ]
    return question(snapshot, "ADOPT the exchange's position", body, "adopt", "ADOPT")


def cancel_all(snapshot: Snapshot) -> Question:
    """That the coins lose their stops."""
    buys, stops = _working(snapshot, Side.BUY), _working(snapshot, Side.SELL)
    held = snapshot.position > 0
    remains = f"{holding(snapshot)}, UNPROTECTED" if held else "no order; no position is held"
    body = [
        fact("cancels", f"{fmt.plural(len(buys), 'buy')} and {fmt.plural(len(stops), 'stop')}"),
        *_orders(snapshot, [*stops, *buys]),
        fact("remains", remains, Tone.CRITICAL if held else Tone.TEXT),
        fact("then", "the engine stays paused until it is resumed"),
    ]
    phrase = f"UNPROTECT {fmt.size(snapshot.position, snapshot.instrument)}" if held else "CANCEL ALL"
    return question(snapshot, "CANCEL ALL orders, the stops too", body, "cancel all", phrase)


def halt(snapshot: Snapshot) -> Question:
    """That everything stays, and nothing follows the price any more."""
    buys, stops = _working(snapshot, Side.BUY), _working(snapshot, Side.SELL)
    body = [
        fact("remains", holding(snapshot)),
        fact("", f"{fmt.plural(len(stops), 'stop')} and {fmt.plural(len(buys), 'buy')}, as they are"),
        fact("then", "nothing is placed, moved or cancelled any more:"),
        fact("", "a buy that fills gets no stop", Tone.WARNING if buys else Tone.TEXT),
        *([fact("but", f"an exit that is due still {what_it_does(snapshot)}")] if snapshot.exits else []),
        *_called_off(snapshot),
    ]
    return question(snapshot, "HALT the engine", body, "halt", "HALT")


def quit_console(snapshot: Snapshot) -> Question:
    """What becomes of the orders when the engine leaves with the console."""
    buys, stops = _working(snapshot, Side.BUY), _working(snapshot, Side.SELL)
    body = [
        where(snapshot),
        fact("position", holding(snapshot)),
        fact("orders", f"{fmt.plural(len(stops), 'stop')} and {fmt.plural(len(buys), 'buy')}"),
        BLANK,
        line("The engine leaves with the console: nothing follows"),
        line("the price any more. What becomes of the orders?"),
    ]
    if snapshot.mode is Mode.STARTING and not snapshot.slots:
        body[-1] = line("the price any more. It is still starting.")
    leave = "leave all live: a buy that fills gets NO STOP" if buys else "leave every order live"
    choices = (
        Choice("B", "cancel the buys, keep the stops", OnExit.BUYS, asks_anew=False),
        Choice("L", leave, OnExit.LEAVE, Tone.CRITICAL if buys else Tone.TEXT, asks_anew=False),
        Choice("F", _leave_flat(snapshot), OnExit.FLATTEN),
        Choice("escape", "stay", ""),
    )
    return Question("QUIT", tuple(body), choices, basis(snapshot))


def quit_desk(view: EngineView) -> Question:
    """The same for all trades of the engine."""
    buys = [slot for trade in view.trades for slot in _working(trade, Side.BUY)]
    stops = [slot for trade in view.trades for slot in _working(trade, Side.SELL)]
    holds = [trade for trade in view.trades if trade.position > 0]
    body = [
        where(view.first, markets=fmt.plural(len(view.trades), "trade")),
        *(fact(fmt.clean(trade.name, 12), holding(trade)) for trade in holds),
        fact("orders", f"{fmt.plural(len(stops), 'stop')} and {fmt.plural(len(buys), 'buy')}"),
        BLANK,
        line("The engine leaves with the console: nothing follows"),
        line("the prices any more. What becomes of all orders?"),
    ]
    leave = "leave all live: a buy that fills gets NO STOP" if buys else "leave every order live"
    flat = "sell everything, leave flat" if holds else "cancel every order, leave flat: nothing is held"
    choices = (
        Choice("B", "cancel the buys, keep the stops", OnExit.BUYS, asks_anew=False),
        Choice("L", leave, OnExit.LEAVE, Tone.CRITICAL if buys else Tone.TEXT, asks_anew=False),
        Choice("F", flat, OnExit.FLATTEN),
        Choice("escape", "stay", ""),
    )
    return Question("QUIT", tuple(body), choices, tuple(basis(trade) for trade in view.trades))


def start_again(snapshot: Snapshot) -> Question:
    """What a trade begins with that is over, beside the others of its engine."""
    if snapshot.closed_at is not None:
        begins = fact("begins", "a new trade: it buys its position anew", Tone.STRONG)
    elif snapshot.invariant is None:
        begins = fact("begins", "as it was to: a new trade buys its position", Tone.STRONG)
    else:
        begins = fact("begins", "with what it holds; paused, where it was halted")
    return question(snapshot, "START the trade again", [fact("position", holding(snapshot)), begins], "start")


def detach(is_heard: Callable[[], bool], snapshot: Snapshot) -> Question:
    """That the engine, which runs elsewhere, goes on, as far as that is known."""
    said = ("The engine runs elsewhere and", "trades on.")
    if not is_heard():
        said = ("The engine is not heard:", "whether it trades on is not known here.")
    body = (
        where(snapshot),
        fact("position", holding(snapshot)),
        BLANK,
        line(f"This console closes. {said[0]}"),
        line(said[1]),
    )
    return Question("DETACH", body, (Choice("y", "detach", "yes", asks_anew=False), CANCEL), None)


def take_pen(holder: str, snapshot: Snapshot) -> Question:
    """From whom the pen is taken: who writes, for all trades of the engine."""
    writes = fmt.clean(holder, 60) or "nobody"
    body = (
        fact("writes", writes, Tone.STRONG),
        BLANK,
        line("One console gives commands at a time. With the pen"),
        line("this one does, for all trades, and the other observes."),
    )
    return Question("TAKE THE PEN", body, (Choice("y", "take it", "yes"), CANCEL), None)


def rearm_which(snapshot: Snapshot) -> Question:
    """Which of several guards is reset; the answer names it."""
    tripped = rearmable(snapshot)
    body = [where(snapshot), *(fact(guard.words, fmt.clean(guard.text)) for guard in tripped)]
    choices = [
        Choice(str(number), f"re-arm {guard.words}", guard.guard) for number, guard in enumerate(tripped, 1)
    ]
    return Question("RE-ARM which guard?", tuple(body), (*choices, CANCEL), len(tripped))


def rearm(guard: str, snapshot: Snapshot) -> Question:
    """From what a guard counts anew, and what comes back; the answer is the reason."""
    said = next((each.text for each in snapshot.guards if each.guard == guard), "")
    body = (
        where(snapshot),
        fact("guard", guard.replace("_", " "), Tone.STRONG),
        fact("says", fmt.clean(said)),
        fact("then", "it counts anew from now on, and the buys come back"),
    )
    choices = (Choice("enter", "re-arm it", "yes"), CANCEL)
    return Question("RE-ARM a guard", body, choices, guard, asks="reason")


def rearmable(snapshot: Snapshot) -> list[GuardView]:
    """The guards that are tripped until somebody resets them."""
    return [guard for guard in snapshot.guards if guard.by_hand]


def refused(snapshot: Snapshot, verb: Verb) -> str:
    """Why the engine would refuse this now, in words; empty where it may be asked for. Whether a trade can be
    started again only the engine's other trades tell: it says so itself."""
    if verb is Verb.START:
        return ""
    why = dict(snapshot.refusals).get(verb, "")
    return f"{verb.value} is refused: {fmt.clean(why)}" if why else ""


def _leave_flat(snapshot: Snapshot) -> str:
    if snapshot.position > 0:
        return f"sell {coins(snapshot)}, leave flat"
    return "cancel every order, leave flat: no position is held"


BUILD: dict[Verb, Build] = {
    Verb.START: start_again,
    Verb.RESUME: resume,
    Verb.CANCEL_BUYS: cancel_buys,
    Verb.SELL_OUT: sell_out,
    Verb.FLATTEN: flatten,
    Verb.CANCEL_ALL: cancel_all,
    Verb.HALT: halt,
    Verb.ADOPT: adopt,
}
