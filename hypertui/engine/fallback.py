"""Protection without books: where the trade's own state cannot be relied on, what the exchange says is held
gets its stops, and nothing is bought."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from hypertui.core.market import ONE, plain
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.engine.make_safe import NotSafe, Safety
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution.exposure import Exposure
from hypertui.execution.playback import learn_ids
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import ProcessStarted, StateSet
from hypertui.execution.trading_state import Posture, TradingState
from hypertui.port.commands import Ack, Command, CommandState, OnExit, Stop, StopReason, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Invariant, Mode, Severity
from hypertui.strategy.plans import StrategyPlan

_EVERY = 5.0
_STOP = OrderKey(KeyKind.STOP)
_KEYS = ("books", "unprotected")


class Fallback:
    """Of one run, for good: the next start tries again what was written down. A stop that is missing is
    placed one unit below the mark price."""

    def __init__(self, context: TradeContext, plan: StrategyPlan, cause: str) -> None:
        self._context = context
        self._plan = plan
        self._cause = cause
        self._asked: Command | None = None
        self._flat = ""
        self._news = False
        learn_ids(context.ids, context.journal.history())
        context.ids.begin(context.ids.start + 1)
        self._safety = Safety(
            context.exchange,
            context.config.symbol,
            plan.slippage,
            context.clock,
            partial(context.ids.next, _STOP),
            self._say,
        )

    async def run(self, stop: Stop) -> StopReason:
        """Protect until the order to leave comes, or the position is closed by command; then leave."""
        context = self._context
        reason = f"no new buys: the trade's books cannot be relied on: {self._cause}"
        text = f"{reason}; what the exchange holds gets its stops; flatten or start again"
        context.alarms.sound("books", Severity.CRITICAL, text)
        state = TradingState(Mode.PAUSED, reason, Posture.HANDS_OFF)
        context.journal.record(StateSet(context.clock(), state))
        context.set_mode(Mode.PAUSED, reason)
        context.journal.record(ProcessStarted(context.clock(), context.ids.start))
        await context.durability.written()  # the ids of what is sent from now on are this start's
        while True:
            await self._protect()
            if stop.requested or context.config.protect_only:
                break
            self._news = False
            await context.queue.run_until(
                lambda: stop.requested or self._news or self._asked is not None, _EVERY
            )
            if self._asked is not None:
                await self._flatten(self._asked)
                self._asked = None
            if self._flat:
                await context.queue.run_until(lambda: stop.requested)
                return StopReason(0, self._flat)
        return await self._leave(stop.on_exit)

    def heard(self) -> None:
        """Orders or coins have changed: how it is now is looked at without delay."""
        self._news = True

    def take(self, command: Command) -> Ack:
        """Answer a command: all that can be done without books is to close what is held."""
        commands = self._context.commands

        def refusal(verb: Verb) -> str:
            if self._asked is not None or self._flat:
                return "the position is being closed" if self._asked else self._flat
            if verb is Verb.FLATTEN:
                return ""
            return "the trade's books cannot be relied on: flatten, or start again"

        turned_away = commands.turned_away(command, refusal)
        if turned_away is not None:
            return turned_away
        self._asked = command
        return Ack(command.id, True)

    @property
    def seen(self) -> Exposure | None:
        """What the exchange said last; None while it does not say."""
        return self._safety.seen

    def invariant(self) -> Invariant | None:
        """How the position is covered, by the exchange's word; None before the first."""
        seen = self.seen
        if seen is None:
            return None
        return Invariant(
            ok=False,
            settled=True,
            stops=len(seen.stops),
            buys=len(seen.buys),
            stopped_size=seen.covered,
            position=seen.position,
            fault="the trade's books cannot be relied on",
            protected=ONE - seen.bare / seen.position if seen.position > 0 else None,
            unprotected=f"{plain(seen.bare)} {seen.symbol}" if seen.bare else "",
        )

    async def _protect(self) -> None:
        alarms = self._context.alarms
        try:
            await self._asking(partial(self._safety.make_safe, self._plan.stop_distance))
        except (NotSafe, ExchangeError) as error:
            alarms.sound("unprotected", Severity.CRITICAL, f"not known to be protected: {error}")
        else:
            alarms.clear("unprotected")

    async def _flatten(self, command: Command) -> None:
        how = f"flattened by {command.who.partition(' ')[0]}"
        try:
            said = await self._asking(self._safety.flatten)
        except (NotSafe, ExchangeError) as error:
            self._context.commands.note(command, CommandState.FAILED, str(error))
            return
        self._context.commands.note(command, CommandState.CONFIRMED, said)
        self._end(how, said)

    async def _leave(self, on_exit: OnExit) -> StopReason:
        if on_exit is OnExit.FLATTEN:
            try:
                self._end("flattened on the way out", await self._asking(self._safety.flatten))
                return StopReason(0, self._flat)
            except (NotSafe, ExchangeError) as error:
                return StopReason(3, f"left in disorder: {error}; {self._in_words()}")
        return StopReason(3, f"left without books that can be relied on: {self._cause}; {self._in_words()}")

    def _end(self, how: str, said: str) -> None:
        self._flat = f"{how}: {said}"
        for key in _KEYS:
            self._context.alarms.clear(key)
        self._context.ended(how)
        self._context.set_mode(Mode.HALTED, self._flat)

    def _in_words(self) -> str:
        seen = self.seen
        return "the exchange does not say what is held" if seen is None else seen.in_words()

    async def _asking(self, work: Callable[[], Awaitable[str]]) -> str:
        """The outcome of `work`, with events taken meanwhile, and what the exchange said on the way."""
        context = self._context

        async def do() -> str:
            return await work()

        asked_at = context.clock()
        try:
            said = await context.queue.meanwhile(do())
            context.market.on_answer(asked_at)
            return said
        finally:
            if self.seen is not None:
                context.market.knowledge.on_account(self.seen.account, asked_at)
                context.market.knowledge.heard_until(asked_at)

    def _say(self, text: str) -> None:
        self._context.log.add(EventKind.STATE, f"without books: {text}")
