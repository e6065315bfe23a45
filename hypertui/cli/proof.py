"""Whether a market is proven, for the gate of the intents: by what `hypertui leaderboard` says of it on the
same network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from hypertui.core.market import plain
from hypertui.core.phrases import counted
from hypertui.intents.gate import Proof
from hypertui.intents.proving import Prove
from hypertui.journal.records import FillRecord, FundingRecord, StepRecord
from hypertui.runtime.audit import in_a_thread

if TYPE_CHECKING:
    from hypertui.journal.history import History
    from hypertui.ledger.samples import TradeSample
    from hypertui.ledger.scope import Scope

_Stamp = tuple[object, ...]


def proof_of(url: str, network: str, wall: Callable[[], int]) -> Prove:
    """Reads the journal at `url` in a thread, whenever it is asked; what ended is kept until there is a new
    fill, payment, step or end of a trade. `wall` gives ms. What it returns may raise JournalError, and
    LedgerError."""
    reader = _Reader(url, network, wall)

    async def prove(symbol: str) -> Proof:
        return await in_a_thread("proof", partial(reader.proof, symbol))

    return prove


class _Reader:
    """Of one journal; one reads at a time, however many ask."""

    def __init__(self, url: str, network: str, wall: Callable[[], int]) -> None:
        self._url = url
        self._network = network
        self._wall = wall
        self._one = Lock()
        self._kept: dict[str, tuple[_Stamp, list[TradeSample]]] = {}

    def proof(self, symbol: str) -> Proof:
        # Loaded when it is needed: no start waits for it.
        from hypertui.charts.figures import gain
        from hypertui.journal.history import History
        from hypertui.ledger.leaderboard import LEAST, BoardTerms, leaderboard, standing_of

        terms = BoardTerms()
        with self._one, History.open(self._url) as history:
            found = self._samples(history, symbol)
        board = leaderboard(((symbol, sample) for sample in found), terms, self._wall())
        standing = standing_of(symbol, board)
        if standing is None:
            return Proof(
                False, f"{symbol} is not proven: no sample in {plain(terms.days)} days, it takes {LEAST}"
            )
        bound = standing.weighted.lower_bound
        low = "not known" if bound is None else f"{gain(bound)} USD"
        figures = f"{counted(standing.n, 'sample')} in {plain(terms.days)} days, lower bound {low}"
        if standing.is_proven:
            return Proof(True, f"{symbol} is proven: {figures}")
        return Proof(False, f"{symbol} is not proven: {figures}; {standing.why}")

    def _samples(self, history: History, symbol: str) -> list[TradeSample]:
        from hypertui.ledger.samples import samples
        from hypertui.ledger.scope import Scope

        scope = Scope(history, self._network, symbol=symbol)
        stamp = _stamp(scope)
        known = self._kept.get(symbol)
        if known is not None and known[0] == stamp:
            return known[1]
        found = list(samples(scope))
        self._kept[symbol] = stamp, found
        return found


def _stamp(scope: Scope) -> _Stamp:
    """Another one with each row that a sample may follow from: they come to the newest trades of a market."""
    kinds = (FillRecord, StepRecord, FundingRecord)
    markets = scope.markets().values()
    ends = tuple((trade.id, trade.ended_at) for trades in markets for trade in trades)
    newest = (scope.history.newest(trade.id, kinds, 1) for trades in markets for trade in trades[-2:])
    return ends, tuple(map(tuple, newest))
