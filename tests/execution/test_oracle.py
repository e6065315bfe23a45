"""The oracle itself: what it takes for true of the time about an account's first trade."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from tests.execution.test_bracket_interference import AT_MARKET
from tests.execution.test_second_strategy import held
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


def test_before_its_first_fill_an_account_had_what_was_paid_in() -> None:
    """The books tell of nothing before that: a claim of then is no lie, and one of afterwards is."""
    with LocalVenue({"SOL": D(150)}) as venue, LiveEngine(venue, AT_MARKET) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.snapshot.equity is not None, "the entry")
        paid_in = venue.core.account(live.key.address).deposits
        filled_at = int(venue.core.account(live.key.address).fills[0]["time"])
        shown = replace(live.snapshot, at=filled_at + 28, known_at=filled_at - 50, equity=paid_in)
        assert live._oracle is not None and live.snapshot.equity != paid_in
        live._oracle.judge(replace(shown, account_at=filled_at - 50))
        assert live._lies == []
        live._oracle.judge(replace(shown, at=filled_at + 2_000, account_at=filled_at + 1_000))
        (lie,) = live._lies
        assert lie.startswith(f"false claim: equity: {paid_in} as of ")
        live._lies.clear()
