"""What `hypertui ctl status` says of a snapshot."""

from __future__ import annotations

from dataclasses import replace

from hypertui.cli.snapshot_words import alarms_in_words, in_words
from tests.console import parts, states


def test_a_healthy_trade_in_a_few_lines() -> None:
    said = list(in_words(states.running(), parts.NOW))
    assert "engine    Next: ▲ buys 0.09565 at 65,500 (+0.49 %) · ▼ sells 0.09945 at 64,500 (−1.04 %)" in said
    assert "position  0.29758 BTC, about 19,396.26 USD; stops cover 0.29758 (100.0 % of 0.29758)" in said
    assert "orders    3 stops, 1 buy" in said


def test_an_engine_that_is_silent_is_not_shown_as_a_healthy_one() -> None:
    said = "\n".join(in_words(states.silent(), parts.NOW))
    assert (
        "engine    ENGINE SILENT 12.5s; 3 stops and 1 buy act alone; if it lasts, q and start again" in said
    )
    assert "Next:" not in said
    assert "stops cover 0.29758 (100.0 % of 0.29758); as of 12 s ago" in said


def test_what_was_heard_long_ago_carries_its_age() -> None:
    said = "\n".join(in_words(states.stale(), parts.NOW))
    assert said.splitlines()[0].endswith("BLIND, RUNNING 12 s ago")
    assert "orders    3 stops, 1 buy; as of 12 s ago" in said
    assert "No new buys: price is 12 s old; 3 stops and 1 buy rested at the exchange 12 s ago" in said


def test_nothing_is_claimed_before_the_exchange_was_asked() -> None:
    # So it is for some ms after a restart, or for as long as the exchange does not answer.
    said = "\n".join(in_words(replace(states.running(), known_at=None), parts.NOW))
    assert "by the journal, not checked with the exchange yet" in said


def test_the_alarms_of_sources_are_said_beside_it() -> None:
    said = [*alarms_in_words(states.intents().alarms_of("BTC"))]
    assert len(said) == 1 and said[0].startswith(
        "alarm     critical: webhook tv-btc: open held: an alert was"
    )
    assert not [*alarms_in_words(states.intents().alarms_of("ETH"))]


def test_what_is_broken_is_said() -> None:
    said = "\n".join(in_words(states.broken(), parts.NOW))
    assert "engine    0.19734 BTC (12,862.62 USD) unprotected; F sells all; 7 stops in a row refused" in said
    assert "stops cover 0.10024 (33.6 % of 0.29758)" in said
