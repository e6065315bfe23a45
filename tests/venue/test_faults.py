"""Faults on demand: each does what it says, as often as it is told, and nothing when it is off."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import requests
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError, ServerError
from hypothesis import given
from hypothesis import strategies as st

from hypertui.venue.faults.fault_catalog import MENU
from hypertui.venue.faults.faults import Faults
from tests.support.local_venue import LocalVenue

KEY = Account.from_key("0x" + "1" * 64)
USER = KEY.address.lower()
NO_SPOT: dict[str, Any] = {"universe": [], "tokens": []}


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as running:
        yield running


@pytest.fixture
def exchange(venue: LocalVenue) -> Exchange:
    return Exchange(KEY, venue.base_url, timeout=5)


@pytest.fixture
def info(venue: LocalVenue) -> Info:
    return Info(venue.base_url, skip_ws=True, meta={"universe": []}, spot_meta=NO_SPOT, timeout=5)


def held(info: Info) -> str:
    positions = info.user_state(USER)["assetPositions"]
    return str(positions[0]["position"]["szi"]) if positions else "0"


# Probability, seed, count, time


@given(st.floats(0, 1), st.integers(0, 99), st.integers(1, 20))
def test_a_fault_strikes_as_its_seed_says(probability: float, seed: int, count: int) -> None:
    faults = Faults(lambda: 0)
    faults.on("http-500", probability=probability, seed=seed, count=count)
    random = Random(seed)
    left = count
    for _ in range(60):
        expected = left > 0 and random.random() < probability
        left -= expected
        assert (faults.strikes("http-500") is not None) == expected
    assert faults.quiet == (left == 0)


def test_a_fault_lasts_and_is_about_some_requests_only() -> None:
    now = [0]
    faults = Faults(lambda: now[0])
    faults.on("http-429", lasts=2, only="order")
    assert faults.strikes("http-429", "cancel") is None
    now[0] = 1_999
    assert faults.strikes("http-429", "order") is not None
    now[0] = 2_000
    assert faults.strikes("http-429", "order") is None
    assert faults.quiet


def test_switching_anew_begins_anew() -> None:
    faults = Faults(lambda: 0)
    faults.on("http-429", count=1)
    faults.on("http-429", count=2)
    assert [faults.strikes("http-429") is None for _ in range(3)] == [False, False, True]
    faults.on("http-429")
    faults.off("http-429")
    assert faults.strikes("http-429") is None


def test_nothing_strikes_that_is_not_on() -> None:
    faults = Faults(lambda: 0)
    assert all(faults.strikes(name) is None for name in MENU)


# HTTP


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("http-429", 429, "null"),
        ("http-500", 500, "null"),
        ("http-422", 422, "Failed to deserialize the JSON body into the target type"),
    ],
)
def test_canned_answers(venue: LocalVenue, info: Info, name: str, status: int, body: str) -> None:
    venue.fail(name, count=1)
    answer = requests.post(f"{venue.base_url}/info", json={"type": "allMids"}, timeout=5)
    assert (answer.status_code, answer.text) == (status, body)
    assert info.all_mids()


def test_what_the_official_client_makes_of_them(venue: LocalVenue, info: Info) -> None:
    venue.fail("http-429", count=1)
    with pytest.raises(ClientError):
        info.all_mids()
    venue.fail("http-502", count=1)
    with pytest.raises(ServerError) as caught:
        info.all_mids()
    assert caught.value.status_code == 502 and "<html>" in caught.value.message
    venue.fail("http-not-json", count=1)
    assert "Could not parse JSON" in info.all_mids()["error"]


@pytest.mark.parametrize(("applied", "size"), [(False, "0"), (True, "1.0")])
def test_an_error_may_hide_that_it_was_done(
    venue: LocalVenue, exchange: Exchange, info: Info, applied: bool, size: str
) -> None:
    venue.fail("http-502", count=1, applied=applied, only="order")
    with pytest.raises(ServerError):
        exchange.market_open("SOL", True, 1)
    assert held(info) == size


@pytest.mark.parametrize(("name", "size"), [("http-timeout-before", "0"), ("http-timeout-after", "1.0")])
def test_an_answer_that_does_not_come(
    venue: LocalVenue, exchange: Exchange, info: Info, name: str, size: str
) -> None:
    venue.fail(name, count=1, seconds=0.05, only="order")
    with pytest.raises(requests.ConnectionError):
        exchange.market_open("SOL", True, 1)
    assert held(info) == size


def test_a_slow_answer(venue: LocalVenue, exchange: Exchange) -> None:
    venue.fail("http-slow", count=1, seconds=30, only="order")
    exchange.timeout = 0.3
    with pytest.raises(requests.Timeout):
        exchange.market_open("SOL", True, 1)


# Refusals


def test_refusals_in_the_venues_own_words(venue: LocalVenue, exchange: Exchange, info: Info) -> None:
    for name, words in (
        ("duplicate-nonce", "Invalid nonce: duplicate nonce "),
        ("too-many-requests", "Too many cumulative requests sent (10001 > 10000) for cumulative volume"),
        ("expired", "Action already expired"),
    ):
        venue.fail(name, count=1)
        answer = exchange.market_open("SOL", True, 1)
        assert answer["status"] == "err" and answer["response"].startswith(words)
    assert held(info) == "0"
    assert exchange.market_open("SOL", True, 1)["status"] == "ok"


@pytest.mark.parametrize("name", ["agent-revoked", "agent-expired"])
def test_an_agent_that_may_act_no_more(venue: LocalVenue, exchange: Exchange, name: str) -> None:
    answer, key = exchange.approve_agent("bot")
    assert answer["status"] == "ok"
    deputy = Exchange(Account.from_key(key), venue.base_url, account_address=KEY.address, timeout=5)
    assert deputy.market_open("SOL", True, 1)["status"] == "ok"
    venue.fail(name, count=1, user=KEY.address)
    for _ in range(2):
        refused = deputy.market_open("SOL", True, 1)
        assert refused["status"] == "err" and refused["response"].endswith("does not exist.")
    assert exchange.market_open("SOL", True, 1)["status"] == "ok"


def test_a_unified_account_shows_its_money_elsewhere(
    venue: LocalVenue, exchange: Exchange, info: Info
) -> None:
    venue.fail("unified-account")
    assert info.query_user_abstraction_state(USER) == "unifiedAccount"
    assert info.user_state(USER)["marginSummary"]["accountValue"] == "0.0"
    moved = exchange.usd_class_transfer(5, False)
    assert moved == {"status": "err", "response": "Action disabled when unified account is active"}
    (balance,) = info.spot_user_state(USER)["balances"]
    assert (balance["coin"], balance["total"]) == ("USDC", "10000.0")
    venue.call(lambda: venue.server.faults.off_all())
    assert info.user_state(USER)["marginSummary"]["accountValue"] == "10000.0"
