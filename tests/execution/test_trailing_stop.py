"""The trailing stop of a live trade: armed, moved and due by prices and candles of the exchange, and the same
after a process was killed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.engine.live_trade import LiveTrade
from hypertui.execution.input_codec import decode
from hypertui.execution.trade_inputs import PriceMoved, VolatilityMeasured
from hypertui.execution.trade_snapshot import dump, load
from hypertui.port.commands import Verb
from hypertui.port.engine import EventKind
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.exits.trailing import Trailing, TrailingTerms
from tests.execution.test_restart import ADDRESS, Run, working
from tests.support.exits import closed, start
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue

TRAILING = TrailingTerms(D("0.01"), D(1), D("0.5"), D("0.004"), D("0.02"))
RULES = ExitRules(hard_stop=D("0.05"), trailing_stop=TRAILING)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}, past=48, speed=1.0) as venue:
        yield venue


def trailing(live: LiveEngine) -> Trailing:
    return live.on_engine(lambda trade: trade.trade.exits.trailing, Trailing())


def measured(live: LiveEngine) -> VolatilityMeasured:
    """Wait until the candles of the start have come."""
    live.wait_for(lambda: trailing(live).atr is not None, "the ATR")
    (found,) = [each for each in map(decode, live.journal.inputs) if isinstance(each, VolatilityMeasured)]
    return found


def test_it_is_armed_trails_and_ends_the_trade(venue: LocalVenue) -> None:
    with start(venue, RULES) as live:
        live.opened()
        atr = measured(live).atr
        assert atr > 0
        live.go_to(4)
        live.wait_for(lambda: trailing(live).is_armed, "the stop to be armed")
        first = trailing(live)
        peak = live.unit_price(4)
        assert first.peak == peak
        assert peak * D("0.004") < atr < peak * D("0.02"), "the ATR alone says how far it is away"
        assert 0 <= first.stop - (peak - atr) < D("0.01")
        live.go_to(7)
        second = trailing(live)
        assert second.stop > first.stop

        def shown() -> list[D | None]:
            return [row.price for row in live.snapshot.exits if row.limit == "from +1%"]

        live.wait_for(lambda: shown() == [second.stop], "the stop on the screen")
        venue.set_price("SOL", second.stop)
        began = closed(live, ExitRule.TRAILING_STOP)
        said = {each.rule: each for each in began.verdicts}
        assert said[ExitRule.TRAILING_STOP].price == second.stop
        assert (
            f"peak {second.peak.normalize():f}, stop {second.stop.normalize():f}"
            in said[ExitRule.TRAILING_STOP].text
        )
        told = [event.text for event in live.events(EventKind.STATE) if "trailing stop " in event.text]
        assert told[1] == f"trailing stop armed: {first.stop.normalize():f}, peak {peak.normalize():f}"
        assert told[2].startswith(f"trailing stop moves up from {first.stop.normalize():f}: ")


def test_a_ladder_that_sells_on_the_way_does_not_disarm_it(venue: LocalVenue) -> None:
    """Units of 0.5 under a stop that is 1.52 away: by then two of four slots are sold."""
    wide = TrailingTerms(D("0.01"), D(2), D("0.5"), D("0.01"), D("0.01"))
    with start(venue, ExitRules(trailing_stop=wide, signal_exit=True)) as live:
        live.opened()
        live.go_to(4)
        live.wait_for(lambda: trailing(live).is_armed, "the stop to be armed")
        assert live.command(Verb.EXIT, "the signal").accepted
        said = [e.data for e in live.events(EventKind.COMMAND) if e.data["id"] == "the signal"][-1]
        assert said["text"] == "noted; while a stop trails no signal acts, and by that the trade ends"
        live.go_to(3)
        live.go_to(2)
        assert trailing(live).is_armed
        venue.set_price("SOL", trailing(live).stop)
        closed(live, ExitRule.TRAILING_STOP)


def test_the_next_process_goes_on_with_the_same_stop(venue: LocalVenue) -> None:
    with start(venue, RULES) as live:
        live.opened()
        measured(live)
        live.go_to(4)
        live.go_to(7)
        before, written = trailing(live), [*live.journal.inputs]
        assert before.is_armed
    with start(venue, RULES, written, before=live) as second:
        second.opened()
        second.wait_for(lambda: not second.on_engine(lambda trade: trade._catching_up, True), "the start")
        assert trailing(second) == before

        def told(trade: LiveTrade) -> bool:
            return trade.exits._candles.known.until is not None

        second.wait_for(lambda: second.on_engine(told, False), "the candles")
        measured(second)  # fails where the same candles were measured twice

        async def kept(trade: LiveTrade) -> Trailing:
            state = dump(trade.trade)
            load(trade.trade, state)
            return trade.trade.exits.trailing

        assert second.do(kept) == before, "and by the state as it is kept"
        venue.set_price("SOL", before.stop)
        closed(second, ExitRule.TRAILING_STOP)


def test_a_price_that_is_no_new_peak_is_no_input(venue: LocalVenue) -> None:
    with start(venue, RULES) as live:
        live.opened()
        measured(live)
        live.go_to(4)
        live.wait_for(lambda: trailing(live).is_armed, "the stop to be armed")
        peak = live.unit_price(4)
        for price in (peak - D("0.05"), peak - D("0.02"), peak + D("0.02")):
            venue.set_price("SOL", price)
            live.wait_for(lambda price=price: live.snapshot.mark == price, "the price")  # type: ignore[misc]
        inputs = [each.price for each in map(decode, live.journal.inputs) if isinstance(each, PriceMoved)]
        assert inputs[-1] == peak + D("0.02")
        assert inputs[-2] == peak
        assert trailing(live).peak == peak + D("0.02")


def told(state: Path) -> list[str]:
    """What a process without a screen says."""
    lines = (state / "events").read_text().splitlines() if (state / "events").exists() else []
    return [json.loads(line)["text"] for line in lines if line.endswith("}")]


def test_killed_between_arming_and_exit_it_ends_the_trade_all_the_same(
    venue: LocalVenue, tmp_path: Path
) -> None:
    flags = ("--trailing-arm", "1%", "--trailing-atr", "1", "--trailing-min", "0.4%")
    run = Run(venue, tmp_path, *flags)
    wait_until(run.trades, "the trade", 30)
    venue.set_price("SOL", D(153))
    wait_until(lambda: any("trailing stop armed: " in text for text in told(tmp_path)), "the stop", 30)
    stop = next(text for text in told(tmp_path) if "trailing stop armed: " in text).split()[3].rstrip(",")
    wait_until(
        lambda: venue.call(lambda: any(order.request.size == 0 for order in working(venue))),
        "its order at the exchange",
        30,
    )
    run.kill()
    venue.set_price("SOL", D(stop))
    second = Run(venue, tmp_path, *flags)
    status = second.process.wait(30)
    assert status == 0, told(tmp_path)[-5:]
    ended = re.compile("the trailing stop ends the trade at .*: fired at the exchange; armed ")
    assert any(map(ended.match, told(tmp_path))), "by its order there, while nobody was here"
    assert venue.call(lambda: venue.core.account(ADDRESS).size("SOL")) == 0  # type: ignore[union-attr]
    second.errors.close()
    second.output.close()
