"""Names of markets that were meant."""

from __future__ import annotations

import pytest

from hypertui.execution.symbols import hint, not_perpetual

KNOWN = ["BTC", "ETH", "SOL", "kPEPE", "HYPE", "FARTCOIN", "xyz:GOLD"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("btc", "BTC"), ("Sol", "SOL"), ("kpepe", "kPEPE"), ("PEPE", "kPEPE"), ("BTCUSDT", "BTC"),
        ("ETH-PERP", "ETH"), ("SLO", "SOL"), ("FARTCION", "FARTCOIN"), ("solusd", "SOL"),
    ],
)  # fmt: skip
def test_what_was_meant(said: str, meant: str) -> None:
    assert hint(said, KNOWN) == f": did you mean {meant}?"


def test_what_nobody_can_have_meant() -> None:
    assert hint("NOPE", KNOWN) == ": BTC, ETH, FARTCOIN, HYPE, SOL, kPEPE"
    assert hint("Q", [f"M{number:02}" for number in range(30)]).endswith("M11, …")


def test_markets_that_are_not_traded_here() -> None:
    assert not_perpetual("xyz:GOLD") == (
        "xyz:GOLD is a market of a builder-deployed exchange (HIP-3 xyz): those are not traded here"
    )
    for spot in ("PURR/USDC", "@1"):
        assert not_perpetual(spot) == f"{spot} is a spot market: only perpetuals are traded here"
    assert not_perpetual("BTC") == ""
