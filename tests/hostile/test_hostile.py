"""A few storms of the many that `make hostile` raises, each drawn so that much happens in little time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random

import pytest

from hypertui.core.market import plain
from hypertui.port.commands import OnExit
from tests.hostile.proxy import Proxy
from tests.hostile.storm import HostileEngine, Verdict, run
from tests.support.corruption import corrupted
from tests.support.local_venue import LocalVenue

SEEDS = (3, 7, 11)


def test_whatever_comes_between_it_stays_true_and_protected() -> None:
    """They wait far more than they work, so they go on at the same time."""
    with ThreadPoolExecutor(len(SEEDS)) as threads:
        verdicts: list[Verdict] = list(threads.map(lambda seed: run(seed, 1.5), SEEDS))
    assert [verdict.line() for verdict in verdicts if verdict.problems] == []
    assert all(verdict.said for verdict in verdicts)
    assert any(verdict.happened != "{}" for verdict in verdicts)


def test_the_last_line_goes_by_the_exchange_where_the_feed_has_kept_something_back() -> None:
    def silenced(text: str) -> str:
        kept = json.loads(text)["channel"] in ("subscriptionResponse", "pong")
        return text if kept else '{"channel": "pong"}'

    with LocalVenue({"SOL": Decimal(150)}) as venue, Proxy(venue.base_url, 1) as proxy:
        live = HostileEngine(venue)
        live.proxy = proxy
        with live:
            live.opened()
            before = live.held()
            proxy.rewrite = silenced
            venue.set_price("SOL", live.unit_price(-1))
            assert live.held() < before
            live.stop.request(OnExit.LEAVE)
            assert (
                live.reason.text
                == f"left with {plain(live.held())} SOL held, 3 live stops for {plain(live.held())}; no buys"
            )


@pytest.mark.parametrize("seed", range(20))
def test_corruption_changes_what_it_is_given(seed: int) -> None:
    text = '{"a": [{"px": "1.5", "oid": 7, "cloid": null, "on": true}], "user": "0xab"}'
    assert corrupted(text, Random(seed)) != text
