"""Seeds with alerts: somebody outside has brackets enter and ladders begin, pauses them and closes them, and
says it again, late, out of turn, and to an engine that has died."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRules
from tests.simulation.brackets import bracketed, draw_brackets
from tests.simulation.door import Boundary, Kill
from tests.simulation.scenario import DEPOSIT, Alerts, Scenario, draw_guards


def draw_alerts(seed: int) -> Scenario:
    """The same seed of brackets beside ladders, most of which have somebody outside who sends alerts."""
    scenario, random = draw_brackets(seed), Random(f"alerts {seed}")
    faucet = DEPOSIT * (1 + len(scenario.others))
    options = replace(scenario.options, faucet=max(faucet, scenario.options.faucet))
    # A guard that counts for the whole account would keep the others from being begun.
    is_alone = not scenario.others
    trades = [
        _alerted(replace(each, options=options), random, is_alone) for each in (scenario, *scenario.others)
    ]
    if random.random() < 0.15:
        trades = [replace(each, faults=replace(each.faults, journal=0.01)) for each in trades]
    kills = [_at_intents(each.kills, random) for each in trades]
    first, *others = (
        replace(each, kills=kills, on_file=True, short=False)
        for each, kills in zip(trades, kills, strict=True)
    )
    return replace(first, others=tuple(others))


def _alerted(scenario: Scenario, random: Random, is_alone: bool) -> Scenario:
    drawn = random.random()
    if drawn < 0.1:
        return scenario
    if not isinstance(scenario.config.strategy, BracketTerms) and drawn < 0.5:
        scenario = bracketed(scenario, random)
    alerts = Alerts(
        every=random.choice((6.0, 12.0, 25.0)),
        late=random.choice((0.0, 0.15, 0.4)),
        again=random.choice((0.2, 0.5, 0.8)),
        nameless=random.choice((0.1, 0.5)),
        ahead=random.choice((0, 0, 0, 1_500, 4_500, -1_500, -40_000)),
        ttl=random.choice((300, 5_000, 30_000, 30_000)),
    )
    config = scenario.config
    if random.random() < 0.5 and is_alone:
        config = replace(config, guards=draw_guards(scenario.seed).config.guards)
    if isinstance(config.strategy, BracketTerms):
        again = random.choice((None, 1, 1, 5_000, 20_000))
        terms = replace(config.strategy, enters_at_start=random.random() < 0.15, reenter_after=again)
        exits = replace(config.exits, signal_exit=random.random() < 0.8)
        return replace(scenario, config=replace(config, strategy=terms, exits=exits), alerts=alerts)
    by_signal = random.random() < 0.7
    exits = ExitRules(signal_exit=True, hard_stop=random.choice((None, Decimal("0.05"))))
    scenario = replace(scenario, config=replace(config, exits=exits, by_signal=by_signal), alerts=alerts)
    if not by_signal:
        return scenario
    # What an operator orders in the last round would find no trade, where this one waits for its next signal.
    return replace(
        scenario, sells_out=False, flattens=False, foreign=False, restarts=False, late_entry=None, offered=1.0
    )


def _at_intents(kills: Sequence[Kill], random: Random) -> tuple[Kill, ...]:
    """Some of them as an intent is written down, or when it just has been."""
    return tuple(
        replace(
            kill,
            boundary=random.choice((Boundary.NOTED, Boundary.KNOWN)),
            at=random.randint(1, random.choice((3, 12, 40))),
            down=random.choice((kill.down, random.uniform(0, 20))),
        )
        if random.random() < 0.4
        else kill
        for kill in kills
    )
