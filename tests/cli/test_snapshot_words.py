"""What `hypertui ctl status` says of a snapshot."""

from __future__ import annotations

from hypertui.cli.snapshot_words import in_words
from tests.console import parts, states


def test_a_healthy_trade_in_a_few_lines() -> None:
    said = list(in_words(states.running(), parts.NOW))
    assert "engine    waits for 65,500 (+0.49 %) or 64,500 (−1.04 %)" in said
    assert "position  0.30000 BTC, about 19,554.15 USD; stops cover 0.30000 (100.0 %)" in said
    assert "orders    3 stops, 1 buy" in said


def test_an_engine_that_is_silent_is_not_shown_as_a_healthy_one() -> None:
    said = "\n".join(in_words(states.running(), parts.NOW + 12_000))
    assert "engine    ENGINE SILENT 12.1s: what is shown is old" in said
    assert "waits for" not in said


def test_what_is_broken_is_said() -> None:
    said = "\n".join(in_words(states.broken(), parts.NOW))
    assert "engine    slot 3 has no stop: 0.10000 BTC bare; waits for" in said
    assert "stops cover 0.20000 (66.6 %)" in said
