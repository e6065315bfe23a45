"""The oracle: every claim that a snapshot makes, held against the venue's own books as of its stated age.

A claim is false if the books never said so in the time that it speaks of: from the moment as of which it is
made, less what a message takes, until it is published. What the engine does not know it may not claim; what
it claims less of than is so is no lie, but for an alarm, which has to have been true.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hypertui.core.market import ZERO, Side
from hypertui.execution.orders import names_exit
from hypertui.port.snapshot import Invariant, Mode, Snapshot
from hypertui.port.views import SlotState
from hypertui.venue.core import Core
from hypertui.venue.model.events import Batch
from hypertui.venue.model.orders import Json, VenueOrder

_KEPT = 600_000  # ms of the venue's past that claims may speak of
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Truth:
    """The venue's books from `at` (ms) until the next change: coins held, by client id the remaining sizes of
    what works and which of it sells, and the account's value. `unfilled` are the sizes that were sent less
    what was filled: a venue may shrink a stop to the position without a word, which it then covers."""

    at: int
    position: Decimal
    working: Mapping[str, Decimal]
    stops: Set[str]
    equity: Decimal
    unfilled: Mapping[str, Decimal]
    bought: Decimal = ZERO

    @property
    def stopped(self) -> Decimal:
        """Coins that the stops would sell."""
        return self.stopped_by(self.stops)

    def stopped_by(self, names: Set[str]) -> Decimal:
        """Coins that these stops would sell."""
        return sum((self.working[name] for name in names), ZERO)


_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
_ASKED_WITHIN = 20_000  # ms before a run ends in which its last line may have been found out
# What a last line may say, and when that is so.
_LAST_WORDS: tuple[tuple[str, Callable[..., bool]], ...] = (
    (
        rf"{_NUMBER} \w+ held, \d+ live stops? for {_NUMBER}",
        lambda truth, held, cover: truth.position == held and min(truth.stopped, held) == cover,
    ),
    (r"no [A-Z]+ held", lambda truth: truth.position == 0),
    (rf"no buys, and live stops for {_NUMBER}", lambda truth, cover: truth.stopped == cover),
    (r"position 0 and no orders", lambda truth: truth.position == 0 and not truth.working),
    (r"no position and no buys", lambda truth: truth.position == 0),
    (
        rf"{_NUMBER} orders? live and {_NUMBER}",
        lambda truth, count, held: len(truth.working) == count and truth.position == held,
    ),
)


class Oracle:
    """Listens to a venue, and judges what an engine publishes of one account in one market.

    `clock` is the engine's, in ms, and `slack` how long a message may take there and back. Where the way
    `loses_notices` without a trace, claims are held against the time since the last comparison; where it
    `reorders` them, or makes garbage of some, coins may be heard of out of turn. `complain` takes the kind of
    a lie and its words.
    """

    def __init__(
        self,
        core: Core,
        address: Callable[[], str],
        symbol: str,
        clock: Callable[[], int],
        slack: int,
        complain: Callable[[str, str], None],
        loses_notices: bool = False,
        reorders: bool = False,
    ) -> None:
        self._core = core
        self._address = address
        self._symbol = symbol
        self._clock = clock
        self._slack = slack
        self._complain = complain
        self._loses_notices = loses_notices
        self._reorders = reorders
        # What a process had sent when it died, and no row tells of: the next one cannot count on it.
        self.unwritten: set[str] = set()
        self._closed = False
        self._truths: list[Truth] = []
        self._times: list[int] = []
        core.listeners.append(self._on_batch)

    def judge(self, snapshot: Snapshot) -> None:
        """Hold a snapshot, published now, against the books."""
        lamp = snapshot.invariant
        if lamp is None or snapshot.mode is Mode.STARTING:
            return
        since = snapshot.known_at
        if since is None:
            return  # nothing is claimed before anything is known
        if self._loses_notices:
            # A notice that was lost without a trace is made up for by the next comparison, not before.
            since = min(since, snapshot.listed_at or 0, snapshot.account_at or 0)
        truths = self._between(since - self._slack, snapshot.at)
        if not truths:
            return  # the account did not exist yet
        self._judge_protection(lamp, truths, snapshot)
        if lamp.position == 0 and all(truth.position > self._unheard(truths) for truth in truths):
            self._lie("flat", f"{truths[-1].position} held", snapshot)
        # A stop that was only sent is none yet, whether or not the venue has it already.
        if lamp.settled and lamp.unprotected and lamp.unprotected_since is not None and not lamp.unconfirmed:
            self._judge_alarm(lamp, lamp.unprotected_since, snapshot)
        for order in snapshot.orders:
            live = order.state is SlotState.LIVE and order.client_id is not None
            if live and not any(order.client_id in truth.working for truth in truths):
                self._lie("live", f"{order.role} {order.level} {order.client_id}", snapshot)
        if snapshot.account_at is not None and snapshot.equity is not None:
            self._judge_equity(snapshot, snapshot.account_at, snapshot.equity)

    def judge_last_words(self, text: str) -> None:
        """Hold the last line of a run, said now, against the books since it may have asked for them."""
        now = self._clock()
        truths = self._between(now - _ASKED_WITHIN, now)
        for pattern, agrees in _LAST_WORDS:
            for said in re.finditer(pattern, text):
                numbers = [Decimal(number.replace(",", "")) for number in said.groups()]
                if not any(agrees(truth, *numbers) for truth in truths):
                    held, stopped = truths[-1].position, truths[-1].stopped
                    self._complain("false claim: last words", f"{said[0]}: {held} held, {stopped} in stops")

    def _judge_protection(self, lamp: Invariant, truths: Sequence[Truth], snapshot: Snapshot) -> None:
        """Each order and all coins are heard of by themselves, and each has to have been so at some time."""
        sizes: dict[str, Decimal] = {}
        for truth in truths:
            for name in truth.stops:
                sizes[name] = max(truth.unfilled[name], sizes.get(name, ZERO))
        stopped = sum(sizes.values(), ZERO)
        held = min(truth.position for truth in truths) - self._unheard(truths)
        if lamp.stopped_size > stopped:
            self._lie("stops", f"{lamp.stopped_size} in live stops, {stopped} at best", snapshot)
        if lamp.position < held:
            self._lie("position", f"{lamp.position} held, {held} at least", snapshot)

    def _unheard(self, truths: Sequence[Truth]) -> Decimal:
        """Coins bought that may not have been heard of while a later sale was."""
        if not (self._reorders or self._loses_notices):
            return ZERO
        return sum((truth.bought for truth in truths[1:]), ZERO)

    def _judge_alarm(self, lamp: Invariant, since: int, snapshot: Snapshot) -> None:
        truths = self._between(since - self._slack, snapshot.at)
        covered = all(truth.stopped_by(truth.stops - self.unwritten) >= truth.position for truth in truths)
        if covered and not self._is_tied(snapshot.account_at or 0):
            self._lie("unprotected", f"{lamp.unprotected} since {since}, all of it covered", snapshot)

    def _is_tied(self, asked_at: int) -> bool:
        """Whether the account may have been told of in one ms with a sale, just before it: no answer says
        which was first. No two blocks of the venue share one."""
        answered = self._between(asked_at, asked_at + self._slack)
        return any(a.at == b.at and a.position > b.position for a, b in pairwise(answered))

    def _judge_equity(self, snapshot: Snapshot, asked_at: int, equity: Decimal) -> None:
        truths = self._between(asked_at - 1, snapshot.at)
        if asked_at < self._times[0]:
            return  # nothing had happened in the account, and what it was worth is in no truth
        if not any(abs(truth.equity - equity) < _CENT for truth in truths):
            known = ", ".join(f"{truth.equity:.2f}" for truth in truths[:5])
            self._lie("equity", f"{equity} as of {asked_at}, in truth {known}", snapshot)

    def _lie(self, kind: str, text: str, snapshot: Snapshot) -> None:
        age = "" if snapshot.known_at is None else f", as of {snapshot.at - snapshot.known_at} ms ago"
        self._complain(f"false claim: {kind}", f"{text}{age}")

    def close(self) -> None:
        """Look at the books no more; from any thread, also when the venue is gone."""
        self._closed = True

    def _between(self, since: int, until: int) -> Sequence[Truth]:
        """What was so at some moment of that time, the newest last."""
        first = max(bisect_right(self._times, since) - 1, 0)
        return self._truths[first : bisect_right(self._times, until)]

    def _on_batch(self, batch: Batch) -> None:
        address = self._address()
        self.note(batch.orders.get(address, ()), batch.fills.get(address, ()))

    def note(self, changes: Sequence[Json] = (), fills: Sequence[Json] = ()) -> None:
        """Look at the books: they have changed. `changes` are the orders that did, in the venue's words: what
        was open for no longer than one change of the books was so all the same. `fills` are those that it
        brought."""
        if self._closed:
            return
        now, account = self._clock(), self._core.account(self._address())
        if account is None:
            return
        position = account.size(self._symbol)
        books = self._core.books
        equity = account.cash + sum((account.size(each) * books[each].mark for each in books), ZERO)
        orders = [order for order in account.open_orders.values() if order.symbol == self._symbol]
        whole = max(position, ZERO)  # what an order of no size is for
        working = {order.request.cloid or str(order.oid): order.remaining or whole for order in orders}
        unfilled = {
            order.request.cloid or str(order.oid): order.request.size - order.filled
            if order.request.size
            else whole
            for order in orders
        }
        stops = {o.request.cloid or str(o.oid) for o in orders if _protects(o)}
        passing = {
            row["order"].get("cloid") or str(row["order"]["oid"]): row["order"]
            for row in changes
            if row["status"] in ("open", "triggered") and row["order"]["coin"] == self._symbol
        }
        brief = {name: order for name, order in passing.items() if name not in working}
        if brief and self._truths:
            before = self._truths[-1].position
            all_of_it = max(before, ZERO)
            sizes = {name: Decimal(order["sz"]) or all_of_it for name, order in brief.items()}
            sent = {name: Decimal(order["origSz"]) or all_of_it for name, order in brief.items()}
            sells = {name for name, order in brief.items() if order["side"] == "A" and not names_exit(name)}
            self._keep(Truth(now, before, working | sizes, stops | sells, equity, unfilled | sent))
        buys = (Decimal(row["sz"]) for row in fills if row["coin"] == self._symbol and row["side"] == "B")
        self._keep(Truth(now, position, working, stops, equity, unfilled, sum(buys, ZERO)))

    def _keep(self, truth: Truth) -> None:
        self._truths.append(truth)
        self._times.append(truth.at)
        if self._times[0] < truth.at - 2 * _KEPT:
            old = bisect_right(self._times, truth.at - _KEPT) - 1
            del self._times[:old], self._truths[:old]


def _protects(order: VenueOrder) -> bool:
    """Whether it sells where the price has fallen: neither a target nor an order in the book, and no exit of
    the whole trade, which stands beside what protects."""
    trigger = order.request.trigger
    is_stop = order.side is Side.SELL and trigger is not None and trigger.tpsl == "sl"
    return is_stop and not names_exit(order.request.cloid)
