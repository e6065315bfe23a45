"""One URL decides where everything goes, and real money is never a mistyped URL away."""

from __future__ import annotations

import pytest
from hyperliquid.utils.constants import MAINNET_API_URL

from hypertui.exchange.hyperliquid import MAINNET, TESTNET, Endpoint, paper
from hypertui.exchange.hyperliquid.network import Kind


def test_the_web_socket_follows_the_base_url() -> None:
    assert MAINNET.ws_url == "wss://api.hyperliquid.xyz/ws"
    assert TESTNET.ws_url == "wss://api.hyperliquid-testnet.xyz/ws"
    assert paper("http://127.0.0.1:3001/").ws_url == "ws://127.0.0.1:3001/ws"


def test_a_trailing_slash_is_dropped() -> None:
    assert paper("http://127.0.0.1:3001//").base_url == "http://127.0.0.1:3001"
    assert Endpoint(Kind.MAINNET, MAINNET_API_URL + "/") == MAINNET


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperliquid.xyz",
        "https://API.Hyperliquid.xyz./",
        "http://hyperliquid.xyz:3001",
        "https://api.hyperliquid-testnet.xyz",
    ],
)
def test_paper_is_never_at_an_official_host(url: str) -> None:
    with pytest.raises(ValueError, match="paper trading is never"):
        paper(url)


@pytest.mark.parametrize("kind", [Kind.MAINNET, Kind.TESTNET])
def test_official_networks_have_one_url(kind: Kind) -> None:
    with pytest.raises(ValueError, match="is at https"):
        Endpoint(kind, "http://127.0.0.1:3001")
    other = TESTNET if kind is Kind.MAINNET else MAINNET
    with pytest.raises(ValueError, match="is at https"):
        Endpoint(kind, other.base_url)


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:3001", "ftp://host", "http://", "http://a:b@host", "http://host/api", "http://h?x=1"],
)
def test_refuses_other_urls(url: str) -> None:
    with pytest.raises(ValueError, match="address of an exchange"):
        paper(url)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://10.0.0.1", False),
        ("http://venue", False),
    ],
)
def test_knows_loopback(url: str, loopback: bool) -> None:
    assert paper(url).is_loopback is loopback


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "x"])
def test_a_port_that_there_is_not(port: str) -> None:
    with pytest.raises(ValueError, match=f"port {port}, which is not from 1 to 65535"):
        paper(f"http://127.0.0.1:{port}")
