"""`python -m benchmarks.paper_seeds`: three minutes on paper, seed by seed, and the seed to choose.

The prices are those that the paper market makes of a seed at its usual speed. The trade is that of a start
without settings: the very code that trades live, at the backtest's exchange, with the paper market's fee and
spread.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import chain, groupby
from statistics import mean, median, quantiles

from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import replay
from hypertui.core.market import ONE
from hypertui.core.price_series import Series
from hypertui.settings import PaperSettings, TradeSettings
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.ladder.ladder import Phase
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.venue.market.synthetic import SyntheticPath
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.options import VenueOptions

LASTS = 180.0  # seconds
# Seconds from the market's first price to the entry: how quick a machine is must not decide what is seen.
MOMENTS = (0.0, 0.5, 1.0, 1.5, 2.0)
# The rule: all phases in this order, each for so many seconds altogether at least,
ORDER = (Phase.ADVANCE, Phase.RETRACEMENT, Phase.DECLINE, Phase.RECOVERY)
LEAST_OF_A_PHASE = 10.0
# a step every so many seconds on average, and never three of them within so many.
STEP_EVERY = (3.0, 8.0)
AT_ONCE = 1.0

_SHOWN = 5  # of the seeds that fit
_TRADE = TradeSettings()
_SPEED = PaperSettings().speed
_MARKET = next(market for market in MARKETS if market.symbol == _TRADE.symbol)
_VENUE = VenueOptions()
# A backtest proves every sale at once, so that there is nothing to trust.
_PLAN = LadderPlan(_MARKET.instrument, _TRADE.unit_size, _TRADE.position_size, _TRADE.leverage, trust_slots=0)


@dataclass(frozen=True, slots=True)
class Course:
    """Three minutes of a trade: its phases with the seconds of each, the seconds at which it stepped, and its
    net result at the last price, in USD."""

    seed: int
    phases: Sequence[tuple[Phase, float]]
    steps: Sequence[float]
    net: Decimal

    @property
    def fits(self) -> bool:
        """Whether somebody can follow it, and sees every phase."""
        together = dict.fromkeys((phase for phase, _ in self.phases), 0.0)
        for phase, seconds in self.phases:
            together[phase] += seconds
        if tuple(together) != ORDER or min(together.values()) < LEAST_OF_A_PHASE:
            return False
        least, most = STEP_EVERY
        crowded = any(last - first < AT_ONCE for first, last in zip(self.steps, self.steps[2:], strict=False))
        return not crowded and least <= LASTS / len(self.steps) <= most

    def __str__(self) -> str:
        phases = ", ".join(f"{phase} {seconds:.0f}" for phase, seconds in self.phases)
        return f"seed {self.seed}: {phases} s; {len(self.steps)} steps; net {self.net:+.2f} USD"


def courses(seed: int) -> Iterator[Course]:
    """What becomes of an entry at each of the MOMENTS of a seed's market."""
    path = SyntheticPath(_MARKET, seed)
    walk = [(0.0, _MARKET.start)]
    for moment in MOMENTS:
        until = round((moment + LASTS) * _SPEED * 1000)
        walk += [(step.time / _SPEED / 1000, step.price) for step in path.advance(until)]
        yield _course(seed, walk, moment)


def _course(seed: int, walk: Sequence[tuple[float, Decimal]], moment: float) -> Course:
    mark = next(price for at, price in reversed(walk) if at <= moment)
    asked = _MARKET.instrument.round_price(mark * (ONE + _VENUE.half_spread), ROUND_CEILING)
    seen = [(0.0, asked), *((at - moment, price) for at, price in walk if moment < at <= moment + LASTS)]
    series = Series(tuple(price for _, price in seen), tuple(round(at * 1000) for at, _ in seen))
    stood = [(0.0, Phase.ADVANCE)]

    def stepped(tick: int, record: MoveRecord) -> None:
        stood.append((seen[tick][0], Phase(str(record.state["phase"]))))

    run = replay(series, _PLAN, Costs(_VENUE.taker_fee, _VENUE.half_spread), stepped)
    begun = [next(same) for _, same in groupby(stood, lambda each: each[1])]
    ends = (*(at for at, _ in begun[1:]), LASTS)
    phases = [(phase, end - at) for (at, phase), end in zip(begun, ends, strict=True)]
    return Course(seed, phases, [at for at, _ in stood[1:]], run.ladder.book.net_pnl(run.last_price))


def furthest(played: Iterable[Course]) -> Decimal | None:
    """How far from nothing (USD) the furthest of a seed's courses ends; None where one does not fit."""
    most = Decimal(0)
    for course in played:
        if not course.fits:
            return None
        most = max(most, abs(course.net))
    return most


def chosen(fit: Mapping[int, Decimal]) -> Sequence[int]:
    """The seeds that fit, by how far they end from nothing: the first one is chosen."""
    return sorted(fit, key=lambda seed: (fit[seed], seed))


def summary(played: Sequence[Course]) -> str:
    """What many seeds made together, in words."""
    nets = [float(course.net) for course in played]
    cuts = quantiles(nets, n=20, method="inclusive")
    gains = mean(net > 0 for net in nets)
    every = LASTS * len(played) / sum(len(course.steps) for course in played)
    whole = mean(len({phase for phase, _ in course.phases}) == len(ORDER) for course in played)
    return (
        f"{len(played):,} seeds: net after {LASTS:.0f} s {median(nets):+.2f} USD in the middle, "
        f"{cuts[0]:+.2f} to {cuts[-1]:+.2f} from 5 % to 95 %, a gain in {gains:.1%}; "
        f"a step every {every:.1f} s; all four phases in {whole:.1%}"
    )


def main() -> None:
    """Play seeds, a line for each; then what they made together, and the one that is chosen: of those that
    show all phases at a pace that can be followed, whichever moment the entry comes, the one that ends
    nearest to nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paper_seeds", description=main.__doc__)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--seeds", type=int, default=5_000, metavar="N", help="how many, two at least")
    given = parser.parse_args()
    played: list[Course] = []
    fit: dict[int, Decimal] = {}
    for seed in range(given.first, given.first + given.seeds):
        entries = courses(seed)
        at_once = next(entries)
        played.append(at_once)
        print(at_once, flush=True)
        most = furthest(chain([at_once], entries))
        if most is not None:
            fit[seed] = most
    print(summary(played))
    print(f"{len(fit)} of them fit, whichever moment the entry comes")
    for seed in chosen(fit)[:_SHOWN]:
        print(f"seed {seed} ends within {fit[seed]:.2f} USD")


if __name__ == "__main__":
    main()
