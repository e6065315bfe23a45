"""What one seed plays: a plan, a network, a book and a price path, all drawn from the seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Literal

from hypertui.core.market import KNOWN_INSTRUMENTS, Grouping, TimeInForce
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Network
from hypertui.risk.guards import GuardAction
from hypertui.risk.rules import GuardRules
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.ladder.plan import BuyOrder, Reinvest
from hypertui.venue.model.listing import listed
from hypertui.venue.model.options import VenueOptions
from tests.simulation.door import Boundary, Kill
from tests.support.ladders import changed, ladder_config, terms_of
from tests.support.triple import TripleTerms

Pace = Literal["calm", "slow", "very slow"]
Path = Literal["calm", "dense", "gapping", "cascading"]

# Seconds that one message takes, at least and at most.
LATENCIES: dict[Pace, tuple[float, float]] = {
    "calm": (0.01, 0.05),
    "slow": (0.05, 0.8),
    "very slow": (0.0, 3.0),
}
_MARKETS = listed(["HYPE:2:10:40"])
START = {market.symbol: market.start for market in _MARKETS}
DEPOSIT = Decimal(20_000)
_STEPS = {2: 70, 3: 55, 4: 45}  # for so many trades: fewer, so that no seed takes much longer than another
LONGEST_DOWN = 200.0
# Seconds until all is settled after the last fault: late requests that still arrive, expiries, a pause, a
# round of questions and answers.
SETTLES_IN = 45
_UNCOUNTED = (Boundary.TIME, Boundary.LEAVING, Boundary.AHEAD, Boundary.NOTED, Boundary.KNOWN)
_COUNTED = tuple(boundary for boundary in Boundary if boundary not in _UNCOUNTED)


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances for each message to meet a fate; all 0 in a world without faults."""

    drop: float = 0.0
    repeat: float = 0.0
    lost: float = 0.0  # each for a request lost, an answer lost, and a request that arrives late
    refuse: float = 0.0  # each for unreachable, rate limited, failed with an error of the server
    hang_up: float = 0.0  # for each second that the feed is up
    meddle: float = 0.0  # for each second: somebody cancels one of our orders
    garble: float = 0.0  # each for an answer of no use, a slow one, a nonce used twice, a budget used up
    spoil: float = 0.0  # for an answer or a frame with something impossible in it
    journal: float = 0.0  # for each commit: the database is out of reach for a while

    @property
    def unanswered(self) -> float:
        """The chance for a request to have no answer that is of use."""
        return 3 * self.lost + 3 * self.refuse + 2 * self.garble + self.spoil


@dataclass(frozen=True, slots=True)
class Alerts:
    """What somebody outside sends to a trade: an alert in so many seconds, on average, and the chances for
    each to come late, to come again, and to have no id. The sender's clock is `ahead` of the engine's by so
    many ms; an alert may wait for `ttl` ms."""

    every: float
    late: float
    again: float
    nameless: float
    ahead: int
    ttl: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything about a seed but the course of its random numbers."""

    seed: int
    config: TradeConfig
    unit: Decimal  # the yardstick of the price's path (USD)
    options: VenueOptions
    pace: Pace
    path: Path
    faults: Faults
    serial: bool  # actions wait for the answer to the one before
    reorder: bool  # feed messages overtake each other
    offered: float  # the part of the entry that the book holds when it comes
    thin: float  # the chance for each price to come with a book that holds less than an order
    operator: bool  # somebody pauses and resumes
    hasty: bool  # the engine is told to leave in the middle of it all
    rounds: int
    kills: tuple[Kill, ...]  # one for each process but the last
    on_file: bool  # the journal is the real one
    short: bool  # no more money than the entry takes, and some of that is withdrawn later
    early: bool  # faults and a moving price during the entry already
    to_full_hour: float  # seconds until funding is paid
    nights: int  # how many of the rounds end with hours of rest
    sells_out: bool  # the operator sells out in the last round
    flattens: bool  # the operator flattens in it, once, whatever becomes of the line and the process
    clock_ahead: int  # ms by which the engine's machine is ahead of the exchange
    clock_steps: tuple[tuple[float, int], ...]  # when (loop seconds) its clock is set, by ms
    late_entry: float | None  # seconds after which the entry arrives whose sender lost sight of it
    foreign: bool  # somebody else trades in the account in the last round, and the operator adopts that
    restarts: bool = (
        False  # the operator halts the trade in the last round, and starts it again beside others
    )
    steps: int = 100  # of the price, in each round
    others: tuple[Scenario, ...] = ()  # the other trades of the account
    elsewhere: int = 0  # how many of them, the last ones, an engine of their own has
    alerts: Alerts | None = None  # None where nobody sends any

    @property
    def label(self) -> str:
        """What its random numbers are called by."""
        return f"{self.seed} {self.config.name}".strip()

    def clock_set_by(self, at: float) -> int:
        """How far the machine's clock has been set by then (ms)."""
        return sum(by for when, by in self.clock_steps if when <= at)

    @property
    def loses_notices(self) -> bool:
        """Whether a notice may be lost without a trace; garbage leaves one."""
        return self.faults.drop > 0

    @property
    def adopts(self) -> bool:
        """Whether there may be coins at the end that only the operator's word makes part of the trade."""
        return self.forgetful or self.foreign

    @property
    def forgetful(self) -> bool:
        """Whether a process may die with orders of which the journal could not be told."""
        return bool(self.kills) and self.faults.journal > 0

    def __str__(self) -> str:
        config, faults = self.config, self.faults
        return (
            f"{config.symbol} {config.strategy} exit {config.on_exit} | "
            f"{self.pace} {self.path} serial {self.serial} reorder {self.reorder} thin {self.thin} "
            f"offered {self.offered} operator {self.operator} hasty {self.hasty} "
            f"passed {self.options.passed_trigger} by {self.options.trigger_reference} "
            f"flat {self.options.flat_reduce_only_trigger} "
            f"follow {self.options.triggers_follow_position} file {self.on_file} early {self.early} "
            f"sells out {self.sells_out} flattens {self.flattens} foreign {self.foreign} short {self.short} "
            f"hour in {self.to_full_hour:.0f} "
            f"clock {self.clock_ahead} steps {self.clock_steps} late entry {self.late_entry} "
            f"nights {self.nights} rounds {self.rounds} restarts {self.restarts} | {faults} | "
            f"by signal {config.by_signal} {self.alerts or 'no alerts'} | "
            f"kills: {', '.join(map(str, self.kills)) or 'none'}"
            + (f" | {self.elsewhere} in another engine" if self.elsewhere else "")
            + "".join(f"\n  and {other}" for other in self.others)
        )


def draw(seed: int) -> Scenario:
    """The scenario of a seed."""
    random = Random(f"scenario {seed}")
    symbol = random.choice(("BTC", "ETH", "SOL"))
    pace: Pace = random.choice(("calm", "calm", "slow", "very slow"))
    path: Path = random.choice(("calm", "dense", "gapping", "cascading"))
    instrument = KNOWN_INSTRUMENTS[symbol]
    unit = instrument.round_price(START[symbol] * Decimal(random.choice(("0.001", "0.004", "0.01"))))
    faulty = random.random() < 0.7
    faults = Faults(
        drop=random.choice((0.0, 0.02, 0.02, 0.1)),
        repeat=random.choice((0.0, 0.02)),
        lost=random.choice((0.0, 0.01, 0.04, 0.1)),
        refuse=random.choice((0.0, 0.01, 0.03)),
        hang_up=random.choice((0.0, 0.0, 0.02)),
        meddle=random.choice((0.0, 0.0, 0.03)),
    )
    config = ladder_config(
        network=Network.PAPER,
        symbol=symbol,
        unit_size=unit,
        position_size=Decimal(random.choice((400, 1_000, 4_000))),
        leverage=random.choice((1, 2)),
        reinvest=random.choice((Reinvest.RECOVERY, Reinvest.RECOVERY, Reinvest.CONTINUOUS)),
        trust_slots=random.choice((0, 1, 1, 2)),
        stop_slippage=Decimal(random.choice(("0.10", "0.10", "0.003"))),
        buy_order=random.choice((BuyOrder.STOP_MARKET,) * 4 + (BuyOrder.STOP_LIMIT,)),
        timing=Timing(
            expires_after=random.choice((5_000, 8_000)),
            beat=Random(f"beat {seed}").choice((250, 500, 1_000)),
        ),
        reconcile_every=random.choice((20_000, 120_000)),
        on_exit=random.choice(list(OnExit)),
    )
    # Drawn apart, so that a change here leaves the rest of every seed as it was.
    more = Random(f"more {seed}")
    kills = tuple(_kill(more) for _ in range(more.choice((0, 0, 0, 1, 1, 1, 2, 3, 6))))
    kills = _ahead(kills, Random(f"ahead {seed}"))
    on_file = bool(kills) or more.random() < 0.15
    if faulty:
        faults = replace(
            faults,
            garble=more.choice((0.0, 0.0, 0.01, 0.04)),
            journal=more.choice((0.0, 0.0, 0.0, 0.003)) if on_file else 0.0,
            spoil=Random(f"garbage {seed}").choice((0.0, 0.0, 0.01, 0.04)),
        )
    deposit, short = DEPOSIT, more.random() < 0.12
    if short:
        margin = terms_of(config).position_size / config.leverage
        deposit = (margin * Decimal(more.choice(("1.003", "1.02", "1.1")))).quantize(Decimal("0.01"))
    rules = Random(f"triggers {seed}")
    sells_out = Random(f"sell out {seed}").random() < 0.1
    flattens = not sells_out and Random(f"flatten {seed}").random() < 0.1
    options = VenueOptions(
        faucet=deposit,
        triggers_follow_position=random.random() < 0.2,
        flat_reduce_only_trigger=random.choice(("reject", "keep", "keep")),
        partial_ioc_status=random.choice(("canceled", "filled")),
        passed_trigger=rules.choice(("fire", "fire", "reject")),
        trigger_reference=rules.choice(("mark", "mark", "mid")),
        tp_limit_side=rules.choice(("any", "far")),
        unique_client_ids=rules.random() < 0.5,
    )
    clock = Random(f"clock {seed}")
    return Scenario(
        seed=seed,
        config=config,
        unit=unit,
        options=options,
        pace=pace,
        path=path,
        faults=faults if faulty else Faults(),
        serial=random.random() < 0.25,
        reorder=random.random() < 0.4,
        thin=random.choice((0.0, 0.0, 0.15)),
        operator=random.random() < 0.15,
        hasty=random.random() < 0.2,
        rounds=2,
        kills=kills,
        on_file=on_file,
        short=short,
        early=on_file and more.random() < 0.4,
        to_full_hour=more.uniform(5.0, 900.0),
        nights=1 if more.random() < 0.02 else 0,
        sells_out=sells_out,
        flattens=flattens,
        foreign=not (sells_out or flattens) and Random(f"foreign {seed}").random() < 0.06,
        clock_ahead=clock.choice((0, 0, 0, 400, -400, 3_000, -3_000, 20_000, -20_000)),
        clock_steps=_steps(clock),
        late_entry=clock.uniform(0.5, 4.5) if clock.random() < 0.15 else None,
        offered=Random(f"entry {seed}").choice((1.0,) * 7 + (0.4, 0.7, 0.9)),
    )


def draw_desk(seed: int) -> Scenario:
    """A seed of one to four trades: the first is that of `draw`, the others are drawn as other seeds are, in
    the same account, at the same venue, on the same disk. Each may have a way to the venue without faults."""
    first, random = draw(seed), Random(f"desk {seed}")
    count = random.choice((1, 2, 2, 3, 3, 4))
    if count == 1:
        return first
    symbols = random.sample([symbol for symbol in START if symbol != first.config.symbol], count - 1)
    elsewhere = random.randrange(1, count) if random.random() < 0.2 else 0
    drawn = [draw(seed + 1_000_000 * number) for number in range(1, count)]
    second_kills = drawn[-1].kills if first.on_file else ()
    others = [
        replace(
            _in_market(other, symbol, first),
            kills=second_kills if count - number <= elsewhere else first.kills,
            faults=first.faults if random.random() < 0.5 else Faults(journal=first.faults.journal),
        )
        for number, (other, symbol) in enumerate(zip(drawn, symbols, strict=True), 1)
    ]
    if random.random() < 0.3:
        first = replace(first, faults=Faults(journal=first.faults.journal))
    trades = [_halted(trade, random) for trade in (first, *others)]
    deposit = DEPOSIT * count
    if first.short:
        margin = sum(terms_of(trade.config).position_size / trade.config.leverage for trade in trades)
        deposit = (margin * Decimal(random.choice(("1.02", "1.1")))).quantize(Decimal("0.01"))
    options = replace(first.options, faucet=deposit, markets=_MARKETS)
    one, *more = (
        replace(trade, config=_slow(trade.config), options=options, steps=_STEPS[count]) for trade in trades
    )
    nights = first.nights if count == 2 else 0  # each takes as long as ten seeds
    return replace(one, nights=nights, others=tuple(more), elsewhere=elsewhere)


def _in_market(scenario: Scenario, symbol: str, first: Scenario) -> Scenario:
    """What a trade is by itself, in another market of the account of the `first`."""
    before = scenario.config.symbol
    instrument = next(market.instrument for market in _MARKETS if market.symbol == symbol)
    unit = instrument.round_price(START[symbol] * scenario.unit / START[before])
    config = changed(scenario.config, symbol=symbol, name=symbol, unit_size=unit)
    return replace(
        first,
        config=replace(config, on_exit=first.config.on_exit),
        unit=unit,
        path=scenario.path,
        offered=scenario.offered,
        thin=scenario.thin,
        operator=scenario.operator,
        sells_out=scenario.sells_out,
        flattens=scenario.flattens,
        late_entry=scenario.late_entry,
        foreign=scenario.foreign,
    )


def _slow(config: TradeConfig) -> TradeConfig:
    """Most of a seed is waiting, in which nothing happens but beats."""
    return replace(config, timing=replace(config.timing, beat=1_000))


def _halted(scenario: Scenario, random: Random) -> Scenario:
    """Some of those that nobody ends are halted, and started again."""
    ends = scenario.sells_out or scenario.flattens or scenario.foreign
    return replace(scenario, restarts=scenario.on_file and not ends and random.random() < 0.2)


def draw_second(seed: int) -> Scenario:
    """The same seed for another strategy than the ladder, one that may end by itself: a limit entry below the
    price, a stop and a target, with exits of its own size or of the whole position."""
    scenario, random = draw(seed), Random(f"second strategy {seed}")
    config, unit = scenario.config, scenario.unit
    instrument, start = KNOWN_INSTRUMENTS[config.symbol], START[config.symbol]

    def at(units: float) -> Decimal:
        return instrument.round_price(start + unit * Decimal(str(units)))

    terms = TripleTerms(
        instrument.floor_size(terms_of(config).position_size / start),
        at(-random.uniform(0.3, 2.0)),
        at(-random.uniform(2.5, 6.0)),
        at(random.uniform(0.5, 5.0)),
        random.choice((TimeInForce.ALO, TimeInForce.GTC)),
        random.choice((Grouping.NONE, Grouping.POSITION)),
    )
    return replace(
        scenario,
        config=replace(config, strategy=terms),
        options=replace(scenario.options, faucet=DEPOSIT),
        short=False,
        sells_out=False,
        foreign=False,
        late_entry=None,
    )


def draw_exits(seed: int) -> Scenario:
    """The same seed with rules that may end the trade, and limits on its risk."""
    scenario, random = draw(seed), Random(f"exits {seed}")
    # None nearer than a unit and the fees, which the preflight would refuse, wherever the entry is by then.
    near = Decimal("1.2") * (scenario.unit / START[scenario.config.symbol] + Decimal("0.0009"))
    hard = random.choice((None, 2 * near, Decimal("0.05")))
    loss = hard or Decimal("0.03")
    rules = ExitRules(
        hard_stop=hard,
        soft_stop=random.choice((None, None if hard is None else hard / 2, loss * Decimal("0.6"))),
        take_profit=random.choice((None, near, Decimal("0.02"))),
        time_stop=random.choice((None, None, random.randrange(20_000, 400_000))),
        trailing_stop=random.choice((None, trailing(random))),
    )
    if any(rules.contradictions()):  # the profit would always be taken first
        rules = replace(rules, take_profit=None)
    options = scenario.options
    if rules.trailing_stop is not None and random.random() < 0.7:  # else there is no ATR
        options = replace(options, past=24)
    config = replace(scenario.config, exits=rules)
    if random.random() < 0.5:
        guarded, action = draw_guards(seed).config, random.choice([*GuardAction][1:])
        guards = replace(guarded.guards, drawdown_action=action)
        config = replace(config, guards=guards, rest_price_every=guarded.rest_price_every)
    return replace(scenario, config=config, options=options)


def trailing(random: Random) -> TrailingTerms:
    """How a stop trails."""

    def share(least: int, most: int) -> Decimal:
        return Decimal(random.randrange(least, most)) / 10_000

    least = share(10, 40)
    return TrailingTerms(
        share(20, 200), Decimal(random.choice((1, 2, 3))), Decimal("0.5"), least, least + share(0, 200)
    )


def draw_guards(seed: int) -> Scenario:
    """The same seed with guards near enough to trip, which hold, and prices that are asked for while the feed
    is down."""
    scenario, random = draw(seed), Random(f"guards {seed}")
    config = scenario.config
    worth = config.strategy.position_size
    rules = GuardRules(
        daily_loss_usd=worth * random.choice((Decimal("0.002"), Decimal("0.005"), Decimal("0.02"))),
        drawdown=random.choice((None, Decimal("0.01"), Decimal("0.02"))),
        losing_cycles=random.choice((0, 1, 2)),
        max_position=random.choice((None, worth * Decimal("1.1"))),
        liquidation=Decimal(1),
        price_jump=random.choice((None, Decimal("0.005"))),
        frozen_price=60_000,
        mark_gap=Decimal("0.005"),
        whipsaw=6,
    )
    asked = random.choice((0, 3_000))
    return replace(scenario, config=replace(config, guards=rules, rest_price_every=asked))


def _steps(random: Random) -> tuple[tuple[float, int], ...]:
    if random.random() < 0.6:
        return ()
    hours = (-3_600_000, 3_600_000, -90_000, 90_000, 1_500)
    return tuple((random.uniform(0, 400), random.choice(hours)) for _ in range(random.randint(1, 3)))


def _ahead(kills: Sequence[Kill], random: Random) -> tuple[Kill, ...]:
    """Some of them while a stop is ahead of its rows."""
    return tuple(
        replace(kill, boundary=Boundary.AHEAD, at=random.randint(1, random.choice((3, 20))))
        if random.random() < 0.25
        else kill
        for kill in kills
    )


def _kill(random: Random) -> Kill:
    down = random.choice((0.0, random.uniform(0, 2), random.uniform(2, 30), random.uniform(30, LONGEST_DOWN)))
    kind = random.random()
    if kind < 0.25:
        return Kill(Boundary.TIME, random.choice((random.uniform(0, 5), random.uniform(0, 250))), down)
    if kind < 0.35:
        return Kill(Boundary.LEAVING, random.uniform(0.0, 2.0), down)
    # The first few of everything are the entry, or the catching up after the kill before.
    most = random.choice((12, 60, 400))
    return Kill(random.choice(_COUNTED), random.randint(1, most), down)
