"""The leaderboard: what has earned, by market, by source or by settings, and how surely.

Of each the samples of the last days are weighed, the newest most, and ranked by what their mean is at least,
so that neither a few lucky ones nor an old good time put anything at the top. What is *proven* has enough of
them, and a mean that is surely above nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.ledger.reports.exits import BREAK_EVEN
from hypertui.ledger.samples import TradeSample
from hypertui.ledger.weighted import WeightedMean, decayed, weighted_mean

LEAST = 20  # samples
INFINITE = Decimal("Infinity")
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class BoardTerms:
    """Which samples count: those that ended within so many `days`, each half as much after `half_life`
    days."""

    days: Decimal = Decimal(30)
    half_life: Decimal = Decimal(7)

    def since(self, now: int) -> int:
        """The time (ms) after which they have to have ended."""
        return now - int(self.days * _DAY)

    def weight(self, ended_at: int, now: int) -> Decimal:
        """What a sample of then counts, from 0 to 1."""
        return decayed(Decimal(now - ended_at) / _DAY, self.half_life)


@dataclass(frozen=True, slots=True)
class BoardStanding:
    """One row. Amounts in USD: `net` is the sum of the samples, `weighted` their mean with its deviation and
    lower bound, `max_drawdown` how deep the sum of what was over fell below its highest, `gross` before fees
    and funding. `why` says why it is not proven, empty where it is."""

    key: str
    n: int
    wins: int
    losses: int
    net: Decimal
    gross: Decimal
    fees: Decimal
    won: Decimal
    lost: Decimal  # positive
    max_drawdown: Decimal
    weighted: WeightedMean
    why: str

    @property
    def is_proven(self) -> bool:
        """Whether there are enough samples, they add up, and their mean is surely above 0."""
        return not self.why

    @property
    def break_evens(self) -> int:
        """What rounds to nothing in cents."""
        return self.n - self.wins - self.losses

    @property
    def win_rate(self) -> Decimal | None:
        """Of those that won or lost, as a fraction; None without any."""
        decided = self.wins + self.losses
        return Decimal(self.wins) / decided if decided else None

    @property
    def profit_factor(self) -> Decimal | None:
        """What was won by what was lost: infinite where nothing was lost, None where nothing was won
        either."""
        if self.lost:
            return self.won / self.lost
        return INFINITE if self.won else None

    @property
    def fee_share(self) -> Decimal | None:
        """Fees as a fraction of the gain before them; None where there was no such gain."""
        return self.fees / self.gross if self.gross > 0 else None


def leaderboard(
    samples: Iterable[tuple[str, TradeSample]], terms: BoardTerms, now: int
) -> list[BoardStanding]:
    """The standings of samples by their keys, as of `now` (ms): the proven ones first, by their lower bounds,
    then the others likewise, last those that have none. A sample of a later time than `now` counts as one of
    now: two clocks are never quite the same."""
    groups: dict[str, list[TradeSample]] = {}
    for key, sample in samples:
        if sample.ended_at > terms.since(now):
            groups.setdefault(key, []).append(sample)
    found = [_standing(key, kept, terms, now) for key, kept in groups.items()]
    return sorted(found, key=_rank)


def standing_of(key: str, board: Iterable[BoardStanding]) -> BoardStanding | None:
    """That of one key; None where nothing of it counts."""
    return next((each for each in board if each.key == key), None)


def record(standing: BoardStanding, by: str, rank: int) -> Mapping[str, object]:
    """All of it by name, for programs. `rank` counts the proven ones."""
    return {
        "rank": rank if standing.is_proven else None,
        by: standing.key,
        "n": standing.n,
        "wins": standing.wins,
        "losses": standing.losses,
        "break_evens": standing.break_evens,
        "win_rate": standing.win_rate,
        "net": standing.net,
        "mean": standing.weighted.mean,
        "deviation": standing.weighted.deviation,
        "effective_n": standing.weighted.effective,
        "bound": standing.weighted.lower_bound,
        "profit_factor": standing.profit_factor,
        "max_drawdown": standing.max_drawdown,
        "fees": standing.fees,
        "fee_share": standing.fee_share,
        "proven": standing.is_proven,
        "why": standing.why,
    }


def _standing(key: str, kept: list[TradeSample], terms: BoardTerms, now: int) -> BoardStanding:
    kept.sort(key=lambda sample: sample.ended_at)
    nets = [sample.net for sample in kept]
    weighted = weighted_mean((terms.weight(sample.ended_at, now), sample.net) for sample in kept)
    assert weighted is not None, "a key has samples"
    wins = [net for net in nets if net >= BREAK_EVEN]
    losses = [-net for net in nets if net <= -BREAK_EVEN]
    return BoardStanding(
        key,
        len(kept),
        len(wins),
        len(losses),
        sum(nets, ZERO),
        sum((sample.gross for sample in kept), ZERO),
        sum((sample.fees for sample in kept), ZERO),
        sum(wins, ZERO),
        sum(losses, ZERO),
        _drawdown(nets),
        weighted,
        _why_not(len(kept), sum(not sample.adds_up for sample in kept), weighted.lower_bound),
    )


def _why_not(n: int, doubtful: int, bound: Decimal | None) -> str:
    if doubtful:
        return f"{doubtful} of its samples do not add up: hypertui ledger review"
    if n < LEAST:
        return f"it takes {LEAST} samples"
    if bound is None or bound <= 0:
        return "its lower bound is not above 0"
    return ""


def _drawdown(nets: Iterable[Decimal]) -> Decimal:
    total = peak = deepest = ZERO
    for net in nets:
        total += net
        peak = max(peak, total)
        deepest = max(deepest, peak - total)
    return deepest


def _rank(standing: BoardStanding) -> tuple[bool, bool, Decimal, str]:
    bound = standing.weighted.lower_bound
    return not standing.is_proven, bound is None, -(bound or ZERO), standing.key
