"""A session's prices and fills give its steps and profit again; simulated fills differ by what is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.backtest.instant_exchange import Costs
from hypertui.comparison.measured import measure, model
from hypertui.comparison.report import in_words, parts, summary
from hypertui.comparison.session import SessionRefused
from hypertui.comparison.walk import Comparison, compare
from hypertui.core.market import ZERO
from hypertui.strategy.ladder.trade_plan import LadderPlan
from tests.comparison.conftest import FLATTENED, HOUR, Opened

D = Decimal


@pytest.fixture(scope="module")
def hour(opened: Opened) -> Comparison:
    return compare(opened(HOUR), Costs())


def test_the_same_steps_and_profit_are_decided_anew(hour: Comparison) -> None:
    assert len(hour.steps.recorded) > 200
    assert hour.steps.all_same
    assert hour.strangers == []  # each of its fills is by an order that is decided here as well
    assert hour.as_recorded == hour.ledger
    assert hour.ledger.fees > 0
    assert hour.ledger.position == hour.as_recorded.position > 0


def test_other_settings_would_not_have_made_them(opened: Opened) -> None:
    session = opened(HOUR)
    assert isinstance(session.plan, LadderPlan)
    session.plan = replace(session.plan, unit_size=session.plan.unit_size + 1)
    found = compare(session, Costs())
    assert not found.steps.all_same
    assert found.steps.same < 20
    assert found.strangers


@pytest.mark.parametrize("name", [FLATTENED, "seed 0000", "seed 0003"])
def test_what_a_bad_line_did_is_walked_again(opened: Opened, name: str) -> None:
    found = compare(opened(name), Costs())
    assert len(found.steps.recorded) > 30
    assert found.steps.all_same
    assert found.as_recorded == found.ledger
    assert found.ledger.position == 0
    assert found.simulated_steps.all_same
    made = parts(found)
    assert made.pop("total") == sum(made.values(), ZERO) == found.difference


def test_what_the_operator_sold_is_sold_in_the_simulation(opened: Opened) -> None:
    found = compare(opened(FLATTENED), Costs())
    assert found.simulated.position == 0
    assert found.ended == "manual"
    closing = found.pairs[-1]
    assert closing.recorded is not None
    assert closing.simulated is not None
    assert (closing.recorded.role, closing.simulated.role) == ("close", "close")


def test_the_difference_is_told_fill_by_fill(hour: Comparison) -> None:
    assert hour.simulated_steps.all_same
    made = parts(hour)
    assert made["total"] == hour.difference < 0
    assert made.pop("total") == sum(made.values(), ZERO)
    assert made["simulated"] == 0  # instant fills are at the touch
    assert made["alone"] == 0
    for pair in hour.pairs:
        fill, simulated = pair.recorded, pair.simulated
        assert fill is not None
        assert simulated is not None
        assert (fill.side, fill.level, simulated.price) == (simulated.side, simulated.level, fill.due)
        assert fill.latency is not None
        assert abs(fill.latency) < 1_000
        if fill.size == simulated.size:
            price = fill.side.sign * fill.size * (simulated.price - fill.price)
            assert pair.total == price + simulated.fee - fill.fee
    assert sum(pair.slippage for pair in hour.pairs) < 0


def test_costs_are_those_of_the_flags(opened: Opened) -> None:
    free = compare(opened(HOUR), Costs(ZERO))
    dear = compare(opened(HOUR), Costs(ZERO, D("0.0005")))
    entry = next(free.session.history.fills_in_order(free.session.record.id))
    assert free.simulated.fees == dear.simulated.fees == entry.fee  # the entry is the recorded one
    assert free.as_recorded == dear.as_recorded
    assert dear.simulated.net < free.simulated.net
    assert parts(dear)["simulated"] > 0


def test_fills_as_measured_come_near_to_what_was_made(opened: Opened, hour: Comparison) -> None:
    session = opened(HOUR)
    measured = measure(session.history, [session.record])
    assert len(measured.fills) == len(hour.pairs)
    fills = model(measured, None, None, 1, "here")
    assert fills.notes[0].startswith(f"latency of {len(measured.fills)} fills: median ")
    near = compare(session, Costs(), fills)
    assert abs(near.difference) < abs(hour.difference) / 2
    again = compare(session, Costs(), fills)
    other = compare(session, Costs(), replace(fills, seed=2))
    assert again.simulated == near.simulated != other.simulated


def test_few_fills_are_used_and_said(opened: Opened) -> None:
    session = opened("seed 0011")
    measured = measure(session.history, [session.record])
    assert 0 < len(measured.fills) < 30
    fills = model(measured, 0, None, 1, "here")
    assert fills.notes[0].startswith(f"slippage of only {len(measured.fills)} fills: median ")
    assert not fills.has_latency
    assert [sample.slippage for sample in fills.samples] == [each.against_trigger for each in measured.fills]


def test_nothing_measured_is_refused(opened: Opened) -> None:
    session = opened("seed 0011")
    with pytest.raises(SessionRefused, match="the journal here has no fill whose touch is known"):
        model(measure(session.history, []), None, None, 1, "here")


def test_it_is_told_in_words_and_as_json(hour: Comparison) -> None:
    told = summary(hour)
    assert (told["same_steps"], told["same_pnl"]) == (True, True)
    assert isinstance(told["fills"], list)
    assert len(told["fills"]) == len(hour.pairs)
    words = in_words(hour, ["drawn by a seed"])
    assert f"{len(hour.steps.recorded)} recorded; decided anew by the recorded prices and fills all" in words
    assert "walked the same to the last digit" in words
    assert f"{hour.difference:+,.2f} USD" in words
    assert f"the 20 of {len(hour.pairs)} fills that differ most" in words
    assert "drawn by a seed" in words
