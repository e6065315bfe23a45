"""The control door: whoever runs the venue moves its prices, its time, its faults and its money."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from hypertui.cli import main
from hypertui.venue.control import ControlDoor
from hypertui.venue.faults.fault_catalog import MENU
from hypertui.venue.model.clock import MarketClock
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

ALICE = "0x" + "a" * 40


@contextmanager
def control(venue: LocalVenue) -> Iterator[str]:
    door = ControlDoor(venue.server)
    port = venue._wait(door.start(0))
    try:
        yield f"http://127.0.0.1:{port}/venue"
    finally:
        venue._wait(door.close())


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as running:
        yield running


@pytest.fixture
def door(venue: LocalVenue) -> Iterator[str]:
    with control(venue) as url:
        yield url


def post(url: str, **body: Any) -> requests.Response:
    return requests.post(url, json=body, timeout=10)


def test_a_price_is_set_and_does_what_a_price_does(venue: LocalVenue, door: str) -> None:
    answer = post(f"{door}/price", symbol="BTC", price="64100.5")
    assert answer.json() == {"symbol": "BTC", "mark": "64100.5"}
    assert venue.call(lambda: venue.core.books["BTC"].mark) == Decimal("64100.5")
    assert post(f"{door}/price", symbol="BTC", price=64200).json()["mark"] == "64200"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("price", {"symbol": "BTC", "price": 64000.5}, "price is not an amount"),
        ("price", {"symbol": "BTC", "price": "0"}, "price 0 is not above 0"),
        ("price", {"symbol": "BTC", "price": "-1"}, "price is not an amount"),
        ("price", {"symbol": "DOGE", "price": "1"}, "no market DOGE"),
        ("price", {"price": "1"}, "symbol is not a string"),
        ("speed", {"speed": 0}, "speed 0 is not above 0 and at most 10000"),
        ("speed", {"speed": "fast"}, "speed is not a number"),
        ("advance", {"seconds": 1e9}, "at most 86400"),
        ("accounts", {"address": "me", "amount": "1"}, "address is not an address"),
        ("accounts", {"address": ALICE, "amount": "0"}, "amount 0 is not above 0"),
        ("faults", {"name": "gremlins"}, "no fault 'gremlins'"),
        ("faults", {"name": "http-429", "probability": 2}, "probability 2 is not between 0 and 1"),
        ("faults", {"name": "http-429", "count": 0}, "count 0 is not a whole number above 0"),
        ("faults", {"name": "http-429", "applied": 1}, "applied 1 is not a bool"),
        ("faults", {"name": "http-429", "colour": "red"}, "has no figure 'colour'"),
        ("faults", {"name": "http-slow", "seconds": -1}, "seconds -1 is out of its range"),
    ],
)
def test_bad_requests_are_refused_in_one_line(
    venue: LocalVenue, door: str, path: str, body: dict[str, Any], words: str
) -> None:
    answer = post(f"{door}/{path}", **body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert venue.call(lambda: venue.server.faults.quiet)


@pytest.mark.parametrize("body", [b"nonsense", b"[1]", b"\xff", b"[" * 100_000])
def test_bodies_that_are_no_object(door: str, body: bytes) -> None:
    assert requests.post(f"{door}/price", data=body, timeout=10).status_code == 400


def test_web_pages_are_kept_out(venue: LocalVenue, door: str) -> None:
    for headers in ({"Origin": "https://example.com"}, {"Host": "example.com"}):
        answer = requests.post(
            f"{door}/price", json={"symbol": "BTC", "price": "1"}, headers=headers, timeout=10
        )
        assert answer.status_code == 403
    assert venue.call(lambda: venue.core.books["BTC"].mark) == 64_000


def test_money_is_deposited(venue: LocalVenue, door: str) -> None:
    assert post(f"{door}/accounts", address=ALICE, amount="2500.5").json()["value"] == "12500.5"
    shown = requests.get(f"{door}/status", timeout=10).json()
    assert shown["accounts"][ALICE]["value"] == "12500.5"
    assert shown["source"] == "manual" and shown["rateLimits"] == "real"


def test_faults_are_switched(venue: LocalVenue, door: str) -> None:
    on = post(f"{door}/faults", name="http-429", probability=0.5, seed=3, count=2, lasts=60, only="meta")
    assert on.json() | {"until": 0} == {
        "name": "http-429",
        "probability": 0.5,
        "seed": 3,
        "left": 2,
        "until": 0,
        "only": "meta",
        "struck": 0,
        "applied": False,
    }
    listed = requests.get(f"{door}/faults", timeout=10).json()
    assert [each["name"] for each in listed["on"]] == ["http-429"]
    assert [each["name"] for each in listed["menu"]] == list(MENU)
    assert requests.delete(f"{door}/faults/http-500", timeout=10).json()["on"] == listed["on"]
    assert requests.delete(f"{door}/faults/http-429", timeout=10).json() == {"on": []}
    assert requests.delete(f"{door}/faults/gremlins", timeout=10).status_code == 400
    post(f"{door}/faults", name="ws-close")
    assert requests.delete(f"{door}/faults", timeout=10).json() == {"on": []}


def test_market_time_stands_still_goes_on_and_is_skipped(tmp_path: Path) -> None:
    from hypertui.venue.model.options import VenueOptions
    from hypertui.venue.server import VenueServer

    async def scene() -> None:
        server = VenueServer(VenueOptions(speed=1))
        door = ControlDoor(server)
        assert door._clock("pause")["paused"] is True
        before = server.core.books["BTC"].mark
        server.step()
        assert server.core.books["BTC"].mark == before
        shown = door.advance({"seconds": 3_600})
        assert shown["paused"] is True and 3_600_000 <= shown["marketTime"] < 3_601_000
        assert server.core.books["BTC"].mark != before
        # From a price set by hand the path goes on.
        door.set_price({"symbol": "BTC", "price": "80000"})
        door.advance({"seconds": 3})
        assert abs(server.core.books["BTC"].mark - 80_000) < 800
        assert door._clock("resume")["paused"] is False
        assert door.set_speed({"speed": 600})["speed"] == 600
        await server.close()

    asyncio.run(scene())


def test_a_clock_in_numbers() -> None:
    clock = MarketClock(10, 500, 0)
    assert clock.read(1) == 10_500
    clock.pause(2)
    assert clock.read(50) == 20_500
    clock.skip(1)
    clock.set_speed(1, 60)
    clock.resume(70)
    assert clock.read(71) == 22_500


def test_the_command_opens_it_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    import json
    import subprocess
    import sys

    command = [
        sys.executable,
        "-m",
        "hypertui",
        "venue",
        "--port",
        "0",
        "--control-port",
        "0",
        "--manual",
        "--until-eof",
    ]
    with Process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        listening = json.loads(process.stdout.readline())
        answer = post(f"{listening['control']}/venue/price", symbol="ETH", price="3100")
        assert answer.json() == {"symbol": "ETH", "mark": "3100"}
        mids = post(f"{listening['listening']}/info", type="allMids").json()
        assert mids["ETH"] == "3100.0"
        assert requests.get(f"{listening['listening']}/venue/status", timeout=10).status_code == 404
        process.stdin.close()
        wait_until(lambda: process.poll() is not None, "the venue to leave")
    assert main(["venue", "--manual", "--follow", "mainnet"]) == 2
    assert main(["venue", "--control-port", "99999"]) == 2
    assert main(["venue", "--preset", "boring", "--port", "0"]) == 2
    assert main(["venue", "--follow", "ftp://x", "--port", "0"]) == 2
    assert main(["venue", "--loop", "--port", "0"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "hypertui: manual and follow do not go together: prices come from one source",
        "hypertui: control port 99999 is not between 0 and 65535",
        "hypertui: preset boring is none of usual, calm, trending, crash, whipsaw",
        "hypertui: follow ftp://x is neither mainnet nor the URL of a venue",
        "hypertui: loop is for a price file",
    ]
