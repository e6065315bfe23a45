"""Seeds with brackets: alone, and beside the ladders of one account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from hypertui.core.market import Instrument
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRules
from hypertui.venue.model.listing import listed
from tests.simulation.scenario import DEPOSIT, START, Scenario, draw, draw_desk, trailing
from tests.support.ladders import terms_of

_MARKETS = {market.symbol: market.instrument for market in listed(["HYPE:2:10:40"])}


def draw_bracket(seed: int) -> Scenario:
    """The same seed for a bracket alone."""
    return bracketed(draw(seed), Random(f"bracket {seed}"))


def draw_brackets(seed: int) -> Scenario:
    """The same seed of one to four trades, some of them brackets beside ladders, in one account."""
    scenario, random = draw_desk(seed), Random(f"brackets {seed}")
    if not scenario.others:
        return bracketed(scenario, random)
    others = tuple(bracketed(other, random) if random.random() < 0.7 else other for other in scenario.others)
    faucet = DEPOSIT * (1 + len(others))
    options = replace(scenario.options, faucet=faucet)
    others = tuple(replace(other, options=options, short=False) for other in others)
    return replace(scenario, others=others, options=options, short=False)


def bracketed(scenario: Scenario, random: Random) -> Scenario:
    """The same with a bracket in the place of its ladder."""
    config, unit = scenario.config, scenario.unit
    start = START[config.symbol]
    instrument = _MARKETS[config.symbol]
    near = max(Decimal("1.5") * unit / start, Decimal("0.002"))
    hard = near * random.choice((1, 2, 3))
    order = random.choice((EntryOrder.LIMIT, EntryOrder.LIMIT, EntryOrder.STOP, EntryOrder.MARKET))
    terms = BracketTerms(
        position_size=terms_of(config).position_size,
        hard_stop=hard,
        entry=EntryRules(
            order,
            random.choice((0, 1, 3, 5)),
            random.choice(list(Unfilled)),
            Decimal(random.choice(("0.01", "0.05"))),
        ),
        entry_price=_entry_price(order, instrument, start, unit, random),
        enters_at_start=True,
        reenter_after=random.choice((None, 1, 20_000)),
        stop_slippage=config.strategy.slippage,
        settled_at=start,
    )
    rules = ExitRules(
        hard_stop=hard,
        soft_stop=random.choice((None, None, hard * Decimal("0.6"))),
        take_profit=random.choice((None, near, Decimal("0.02"))),
        time_stop=random.choice((None, None, random.randrange(20_000, 200_000))),
        trailing_stop=random.choice((None, trailing(random))),
    )
    if rules.contradictions():
        rules = ExitRules(hard_stop=hard)
    options = replace(scenario.options, faucet=max(scenario.options.faucet, DEPOSIT))
    if rules.trailing_stop is not None and random.random() < 0.7:
        options = replace(options, past=24)
    return replace(
        scenario,
        config=replace(config, strategy=terms, exits=rules),
        options=options,
        short=False,
        sells_out=False,
        foreign=False,
        late_entry=None,
        restarts=False,
    )


def _entry_price(
    order: EntryOrder, instrument: Instrument, start: Decimal, unit: Decimal, random: Random
) -> Decimal | None:
    """Of a stop always: in a unit or two; of a limit now and then."""
    units = Decimal(f"{random.uniform(0.3, 2):.2f}")
    if order is EntryOrder.STOP:
        return instrument.round_price(start + units * unit)
    if order is EntryOrder.LIMIT and random.random() < 0.3:
        return instrument.round_price(start - units * unit)
    return None
