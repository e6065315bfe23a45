"""The probe: asks an exchange, with a few tiny orders, how it treats triggers where nobody has written that
down.

Each question is put in an order that is removed again; what comes back is told as it was seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hypertui.core.market import ZERO, Order, OrderType, Side
from hypertui.core.phrases import at_price, coins
from hypertui.engine.probe_account import ProbeAccount, ProbeMarket
from hypertui.exchange.protocol import (
    Filled,
    OrderReport,
    OrderState,
    Placed,
    Refusal,
    Refused,
    Resting,
    Waiting,
)

_WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Seen:
    """One question: what was sent, what came of it, and the flag of the local venue that does the same; an
    empty one where there is no flag, or no answer."""

    question: str
    sent: str
    saw: str
    flag: str = ""


class Probe:
    """`say` is told of each question as soon as it is settled; `stopped` whether to ask no more."""

    def __init__(
        self, account: ProbeAccount, say: Callable[[Seen], None], stopped: Callable[[], bool]
    ) -> None:
        self._account = account
        self._say = say
        self._stopped = stopped
        self._seen: list[Seen] = []

    async def run(self) -> Sequence[Seen]:
        """Put all questions, one after the other; those that trade nothing first. Raises LeftBehind where
        an order cannot be taken away, and an ExchangeError where the exchange does not answer."""
        questions: tuple[Callable[[ProbeMarket], Awaitable[Seen]], ...] = (
            self._flat_reduce_only,
            self._near_side_of_take_profit,
            self._near_side_of_stop,
            self._passed_buy,
            self._passed_stop,
        )
        for question in questions:
            if self._stopped():
                break
            seen = await question(await self._account.market())
            self._seen.append(seen)
            self._say(seen)
        return self._seen

    async def _flat_reduce_only(self, market: ProbeMarket) -> Seen:
        order = self._account.order(
            Side.SELL,
            market.size,
            OrderType.STOP_MARKET,
            market.price("0.86"),
            market.price("0.95"),
            reduce_only=True,
        )
        saw, fate = await self._waiting(order)
        flag = {_WAITS: "--flat-reduce-only keep", Refusal.FLAT: "--flat-reduce-only reject"}
        return Seen(
            "A reduce-only stop while nothing is held", _in_words(order, market), saw, flag.get(fate, "")
        )

    async def _near_side_of_take_profit(self, market: ProbeMarket) -> Seen:
        order = self._account.order(
            Side.SELL, market.size, OrderType.TAKE_PROFIT, market.price("1.07"), market.price("1.05")
        )
        saw, fate = await self._waiting(order)
        flag = {_WAITS: "--tp-limit-side any", Refusal.PASSED: "--tp-limit-side far"}
        question = "A market take-profit with its limit on the near side of its trigger"
        return Seen(question, _in_words(order, market), saw, flag.get(fate, ""))

    async def _near_side_of_stop(self, market: ProbeMarket) -> Seen:
        order = self._account.order(
            Side.BUY, market.size, OrderType.STOP_MARKET, market.price("1.03"), market.price("1.05")
        )
        saw, _ = await self._waiting(order)
        question = "A market stop with its limit on the near side of its trigger"
        return Seen(question, _in_words(order, market), saw)

    async def _passed_buy(self, market: ProbeMarket) -> Seen:
        order = self._account.order(
            Side.BUY, market.size, OrderType.STOP_MARKET, market.price("1.02"), market.price("0.995")
        )
        return await self._passed("A stop-buy that the price has passed", order, market)

    async def _passed_stop(self, market: ProbeMarket) -> Seen:
        question = "A reduce-only stop-sell that the price has passed"
        held = await self._account.position()
        if held <= 0:
            entry = self._account.order(Side.BUY, market.size, OrderType.IOC, market.price("1.02"))
            await self._account.place(entry)
            held = await self._account.position()
        if held <= 0:
            return Seen(question, "nothing", "not asked: the buy that it needs was not filled")
        order = self._account.order(
            Side.SELL,
            held,
            OrderType.STOP_MARKET,
            market.price("0.97"),
            market.price("1.005"),
            reduce_only=True,
        )
        return await self._passed(question, order, market)

    async def _waiting(self, order: Order) -> tuple[str, str]:
        """What becomes of an order that has to wait if it is accepted: in words, and that it waits, or the
        kind of its refusal; neither where that is not known. It is taken away again."""
        answer = await self._account.place(order)
        if isinstance(answer, Refused):
            return _answered(answer), answer.kind
        report = await self._account.report(order)
        waits = report is not None and report.state is OrderState.OPEN
        await self._account.take_away(order)
        now = "live" if waits else _status(report)
        return f"{_answered(answer)}, {now}; cancelled again", _WAITS if waits else ""

    async def _passed(self, question: str, order: Order, market: ProbeMarket) -> Seen:
        sent = _in_words(order, market)
        answer = await self._account.place(order)
        if isinstance(answer, Refused):
            passed = answer.kind is Refusal.PASSED
            return Seen(question, sent, _answered(answer), "--passed-trigger reject" if passed else "")
        report = await self._account.ended(order)
        fills = await self._account.fills(order)
        saw = f"{_answered(answer)}; {_status(report)}"
        if fills:
            size = sum((fill.size for fill in fills), ZERO)
            average = market.instrument.round_price(sum((fill.value for fill in fills), ZERO) / size)
            saw += f", {coins(size, market.instrument)} at {at_price(average)}"
        await self._account.take_away(order)
        return Seen(question, sent, saw, "--passed-trigger fire" if fills else "")


def _answered(answer: Placed | None) -> str:
    match answer:
        case None:
            return "no answer came"
        case Resting(order_id):
            return f"answered resting (order {order_id})"
        case Filled(order_id):
            return f"answered filled (order {order_id})"
        case Waiting():
            return "answered waiting"
        case Refused(_, text):
            return f"refused: {text}"


def _status(report: OrderReport | None) -> str:
    return "the exchange does not know it" if report is None else f"its status is {report.status}"


def _in_words(order: Order, market: ProbeMarket) -> str:
    kind = {OrderType.TAKE_PROFIT: "take-profit", OrderType.STOP_MARKET: "stop"}[order.type]
    only = ", reduce-only" if order.reduce_only else ""
    trigger = at_price(order.trigger or ZERO)
    size = f"{coins(order.size, market.instrument)} {order.symbol}"
    return (
        f"{kind}-{order.side.value} of {size} at {trigger}, limit {at_price(order.limit)}{only}; "
        f"mark {at_price(market.mark)}"
    )
