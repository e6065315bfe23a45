"""An order's history as plain text, and as data for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.core import phrases
from hypertui.core.market import OrderType, Reason, Side, plain
from hypertui.journal.records import FillRecord, IntentRecord, OrderRecord, basis_points
from hypertui.journal.rows import AllocationRow
from hypertui.ledger.order_history import Story

# The rule behind each reason.
RULES: Mapping[str, str] = {
    Reason.ENTRY: "the purchase that a trade begins with, or that a bracket was told to make",
    Reason.LADDER_BUY: "a slot that holds cash has a stop-buy above the price, at a unit of its own",
    Reason.LADDER_STOP: "a slot that holds coins has a stop-sell below the price",
    Reason.REPAIR: "coins whose stop was lost, refused or altered get another one",
    Reason.LIQUIDATION_GUARD: "what the exchange was about to liquidate is sold before that",
    Reason.HARD_STOP: "the hard stop closes the position",
    Reason.SOFT_STOP: "the soft stop closes the position",
    Reason.TRAILING_STOP: "the trailing stop closes the position",
    Reason.TAKE_PROFIT: "the profit that was asked for is taken",
    Reason.SIGNAL_EXIT: "a signal closes the position",
    Reason.TIME_STOP: "the trade is older than it may be",
    Reason.GUARD: "a limit on the risk was reached",
    Reason.MANUAL: "the operator's word, or somebody else's trade in the account",
    Reason.LIQUIDATION: "the exchange closed the position for lack of margin",
}

_FIRED = "fired"


def in_words(story: Story) -> Iterator[str]:
    """The history line by line, in the order of time."""
    yield from _head(story)
    for intent in story.opened_by:
        yield f"{_time(intent.received_at)}  {intent.source} had it opened (intent {intent.id})"
    if story.intent is not None:
        yield from _wish(story.intent)
    if story.order is not None:
        yield from _decision(story, story.order)
        yield f"{_time(story.order.sent_at)}  written down, then sent as {story.order.client_id}"
    for at, _, text in sorted(_happenings(story), key=lambda line: line[:2]):
        yield f"{_time(at)}  {text}"
    if story.order is not None and not story.statuses:
        yield "what became of it is no longer in the journal"
    if story.fills:
        yield from _outcome(story)
    for part in story.allocations:
        yield _allocation(part)
    for client_id in story.replaced_by:
        yield f"{client_id} went in its place"


def _head(story: Story) -> Iterator[str]:
    trade, order = story.trade, story.order
    where = f"trade {trade.id} of {trade.symbol} on {trade.network}"
    if order is None:
        number = "an execution" if story.order_id is None else f"order {story.order_id} at the exchange"
        made = "no order of ours" if story.client_id is None else f"{story.client_id}, not written down here"
        yield f"{phrases.in_words(story.reason)}: {number} ({made}), {where}"
    else:
        only = ", reduce-only" if order.reduce_only else ""
        size = plain(order.size) if order.size else "all"
        what = f"{order.side.value} {size} {trade.symbol} {_where(order)}{only}"
        yield f"{phrases.in_words(order.reason)}: {what}, {where}"
        number = "no order id" if story.order_id is None else f"order {story.order_id}"
        level = phrases.at_level(order.level)
        yield f"client id {order.client_id}, {number}{level}, {order.key}, {order.role}"
    yield f"rule: {RULES[story.reason]}"


def _where(order: OrderRecord) -> str:
    if order.trigger is not None:
        return f"at {plain(order.trigger)}"
    return f"at {plain(order.limit)} or better" if order.type == OrderType.LIMIT else "at the market"


def _wish(intent: IntentRecord) -> Iterator[str]:
    yield f"{_time(intent.event_at)}  happened, by the clock of {intent.source}"
    said = f"{intent.state.lower()}{': ' + intent.text if intent.text else ''}"
    yield f"{_time(intent.received_at)}  {intent.source} wanted: {intent.verb} (intent {intent.id}), {said}"


def _decision(story: Story, order: OrderRecord) -> Iterator[str]:
    step = story.step
    if step is not None:
        arrow = "▲" if step.direction == "up" else "▼"
        yield (
            f"{_time(step.at)}  step {step.seq}: {arrow} to unit {step.level:+d} at {plain(step.price)},"
            f" {step.phase}, {step.state.get('position', '?')} held"
        )
    elif order.step:
        yield f"after step {order.step}, which is no longer in the journal"
    instead = f" (in the place of {order.replaces})" if order.replaces else ""
    yield f"{_time(order.sent_at)}  decided: {order.why}{instead}"
    target = "without a target" if order.target is None else f"meant to fill at {plain(order.target)}"
    yield f"{_time(order.sent_at)}  {target}, at {plain(order.limit)} at worst"


def _happenings(story: Story) -> Iterator[tuple[int, int, str]]:
    for number, row in enumerate(story.statuses):
        if row.status != "sent":
            note = f": {row.note}" if row.note else ""
            yield row.at, number, f"{_status(story, row.status)}{note}"
    for fill in story.fills:
        yield fill.time, -1, _fill(fill)


def _status(story: Story, status: str) -> str:
    """Only what has a trigger fires."""
    is_plain = story.order is not None and story.order.trigger is None
    return "its fill is due" if is_plain and status == _FIRED else status


def _fill(fill: FillRecord) -> str:
    verb = "bought" if fill.side is Side.BUY else "sold"
    text = f"{verb} {plain(fill.size)} at {plain(fill.price)}, fee {plain(fill.fee)}"
    if fill.slippage is None or fill.slippage_bps is None:
        return text
    if not fill.slippage:
        return f"{text}, exactly at its target"
    word = "worse" if fill.slippage > 0 else "better"
    return f"{text}, {plain(abs(fill.slippage))} {word} than its target ({fill.slippage_bps:+.2f} bps)"


def _outcome(story: Story) -> Iterator[str]:
    average = story.value / story.size
    text = f"in all {plain(story.size)} at {average:.6g} on average, fees {plain(story.fee)} USD"
    if story.slippage is not None:
        bps = basis_points(story.slippage, story.value)
        text += f", slippage {plain(story.slippage)} USD ({bps:+.2f} bps)"
    yield text
    if any(story.closes(part) for part in story.allocations):
        yield f"realised {story.pnl:+,.2f} USD, first in, first out, net of both fees"
    if story.unmatched:
        yield f"{plain(story.unmatched)} closed coins that no fill here opened: see hypertui ledger review"


def _allocation(part: AllocationRow) -> str:
    opened, closed = part.opened, part.closed
    return (
        f"  {plain(part.size)}: {opened.side.value} at {plain(opened.price)} {_time(opened.time)}"
        f" → {closed.side.value} at {plain(closed.price)} {_time(closed.time)},"
        f" fees {plain(part.open_fee + part.close_fee)}, pnl {part.pnl:+,.2f}"
    )


def record(story: Story) -> dict[str, object]:
    """The history as data for JSON; amounts are decimal strings, times ms."""
    order, step = story.order, story.step
    return {
        "trade": story.trade.id,
        "network": story.trade.network,
        "account": story.trade.account,
        "symbol": story.trade.symbol,
        "client_id": story.client_id,
        "order_id": story.order_id,
        "reason": story.reason,
        "rule": RULES[story.reason],
        "intent": None if story.intent is None else asdict(story.intent),
        "opened_by": [asdict(intent) for intent in story.opened_by],
        "order": None if order is None else _order(order),
        "step": None
        if step is None
        else {
            "seq": step.seq,
            "at": step.at,
            "price": plain(step.price),
            "direction": step.direction,
            "unit": step.level,
            "phase": step.phase,
            "position": step.state.get("position"),
        },
        "replaced_by": list(story.replaced_by),
        "statuses": [{"at": row.at, "status": row.status, "note": row.note} for row in story.statuses],
        "fills": [_fill_record(fill) for fill in story.fills],
        "filled": plain(story.size),
        "fee": plain(story.fee),
        "slippage_usd": _maybe(story.slippage if story.fills else None),
        "pnl": plain(story.pnl),
        "unmatched": plain(story.unmatched),
        "allocations": [_allocation_record(part) for part in story.allocations],
    }


def _order(order: OrderRecord) -> dict[str, object]:
    return {
        "role": order.role,
        "key": order.key,
        "unit": order.level,
        "type": order.type,
        "side": order.side.value,
        "size": plain(order.size),
        "trigger": _maybe(order.trigger),
        "target": _maybe(order.target),
        "limit": plain(order.limit),
        "reduce_only": order.reduce_only,
        "sent_at": order.sent_at,
        "why": order.why,
        "replaces": order.replaces,
    }


def _fill_record(fill: FillRecord) -> dict[str, object]:
    return {
        "time": fill.time,
        "order_id": fill.order_id,
        "trade_id": fill.trade_number,
        "side": fill.side.value,
        "size": plain(fill.size),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "slippage": _maybe(fill.slippage),
        "slippage_bps": _maybe(fill.slippage_bps),
    }


def _allocation_record(part: AllocationRow) -> dict[str, object]:
    return {
        "size": plain(part.size),
        "opened_order": part.opened.order_id,
        "opened_at": part.opened.time,
        "opened_price": plain(part.opened.price),
        "open_fee": plain(part.open_fee),
        "closed_order": part.closed.order_id,
        "closed_at": part.closed.time,
        "closed_price": plain(part.closed.price),
        "close_fee": plain(part.close_fee),
        "pnl": plain(part.pnl),
    }


def _maybe(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _time(at: int) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{at % 1000:03d}"
