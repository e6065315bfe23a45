"""The state's file: private, whole at every moment, one process' own; and what a file must not be."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli import main
from hypertui.core.clock import wall_ms
from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.lock import Lock, StateError
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer
from hypertui.venue.state.state import VERSION
from hypertui.venue.state.store import StateFile
from tests.support.live_engine import wait_until
from tests.support.prefork import Process

DEADLINE = 30
KEY = SigningKey.parse("0x" + "56" * 32)
CLIENT_ID = "0x" + "7" * 32


def command(state: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "hypertui", "venue", "--port", "0", "--state", str(state), *arguments]


@contextmanager
def venue(state: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A venue process, killed in the end if nobody has ended it, and its base URL."""
    with Process(
        command(state, "--until-eof", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            yield process, str(json.loads(process.stdout.readline())["listening"])
        finally:
            process.kill()


async def place(url: str) -> None:
    """Buy a little, under a client id of its own."""
    exchange = HyperliquidExchange(paper(url), KEY)
    await exchange.open()
    try:
        await exchange.place(
            [
                Order(CLIENT_ID, "BTC", Side.BUY, Decimal("0.01"), OrderType.IOC, Decimal(66_000)),
            ],
            wall_ms() + 5_000,
        )
    finally:
        await exchange.close()


async def held(url: str) -> tuple[Decimal, bool]:
    """The position, and whether the venue knows the order."""
    exchange = HyperliquidExchange(paper(url), KEY)
    await exchange.open()
    try:
        account = await exchange.account_state("BTC")
        return account.position, await exchange.order_report(CLIENT_ID) is not None
    finally:
        await exchange.close()


def read(state: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(state.read_text())
    return kept


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "end of input"])
def test_it_is_there_again_after_a_good_end(tmp_path: Path, end: str) -> None:
    state = tmp_path / "venue.json"
    with venue(state) as (process, url):
        asyncio.run(place(url))
        if end == "end of input":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(signal.Signals[end])
        assert process.wait(DEADLINE) == 0
    before = read(state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.new"))
    with venue(state) as (process, url):
        assert asyncio.run(held(url)) == (Decimal("0.01"), True)
        wait_until(lambda: read(state)["market_time"] > before["market_time"], "the market to go on")
    # It went on from where it was: a market that had begun anew would be far behind.
    assert read(state)["market_time"] >= before["market_time"]
    assert read(state)["core"]["desk"]["orders"]["last_oid"] == before["core"]["desk"]["orders"]["last_oid"]


def test_it_is_there_again_after_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "venue.json"
    with venue(state, "--speed", "600") as (process, url):
        asyncio.run(place(url))
        wait_until(lambda: bool(read(state)["accounts"]), "the account to be saved")
        process.kill()
    before = read(state)
    with venue(state, "--speed", "600") as (_, url):
        assert asyncio.run(held(url)) == (Decimal("0.01"), True)
        wait_until(lambda: read(state)["market_time"] > before["market_time"], "the market to go on")


def test_whenever_it_is_killed_the_file_loads(tmp_path: Path) -> None:
    """Killed while it saves, again and again: the kill follows a new page at ever another distance."""
    state, seen = tmp_path / "venue.json", 0
    for spins in (0, 300, 3_000, 10_000, 30_000):
        with venue(state, "--speed", "6000") as (process, _):
            wait_until(lambda seen=seen: state.exists() and read(state)["market_time"] > seen, "a page")  # type: ignore[misc]
            for _ in range(spins):
                os.getppid()
            process.kill()
        seen = read(state)["market_time"]


def test_two_venues_do_not_share_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "venue.json"
    with venue(state) as (process, _):
        assert main(["venue", "--port", "0", "--state", str(state)]) == 2
        line = capfd.readouterr().err
    assert line == f"hypertui: state file {state} is in use by process {process.pid}\n"


def test_a_lock_is_held_until_the_last_who_inherited_it_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = Lock(path, "it")
    heir = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.fileno(),)
    )
    lock.close()
    with pytest.raises(StateError, match=f"it is in use by process {os.getpid()}"):
        Lock(path, "it")
    # The one named is gone: whoever comes waits for the heir to end.
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    path.write_bytes(ended.stdout)
    assert heir.stdin is not None
    heir.stdin.close()
    Lock(path, "it").close()
    assert heir.wait(DEADLINE) == 1


def refusal(capsys: pytest.CaptureFixture[str], state: Path, *arguments: str) -> str:
    assert main(["venue", "--port", "0", "--state", str(state), *arguments]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"hypertui: state file {state} ")
    assert line.count("\n") == 1
    return line


async def a_state(path: Path) -> None:
    with StateFile(path) as file:
        server = VenueServer(VenueOptions(), file=file)
        server.core.deposit("0x" + "a" * 40, Decimal(5))
        await server.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "", "is not JSON"),
        (lambda text: text[:-20], "is not JSON"),
        (lambda text: "[]", "is damaged: not the state of a venue"),
        (lambda text: '{"format": "diary"}', "is damaged: not the state of a venue"),
        (
            lambda text: text.replace(f'"version":{VERSION}', '"version":2'),
            f"is of version 2, this hypertui reads {VERSION} only: start a new market (hypertui --fresh, or"
            " hypertui venue with another --state)",
        ),
        (lambda text: text.replace(f'"version":{VERSION}', '"version":99'), "is of version 99, this "),
        (lambda text: text.replace('"abstraction":', '"abstracted":'), "is damaged: abstraction "),
        (lambda text: text.replace('"seed":8', '"seed":9'), "is of seed 9, not 8"),
        (lambda text: text.replace('"cash":"10005"', '"cash":10005.0'), "is damaged: cash is not a string"),
        (lambda text: text.replace('"mark":', '"marc":'), "is damaged: mark is not a string"),
        (lambda text: "\udcff", "is not text"),
    ],
)
def test_a_file_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, change: Any, words: str
) -> None:
    state = tmp_path / "venue.json"
    asyncio.run(a_state(state))
    damaged = change(state.read_text())
    state.write_bytes(damaged.encode(errors="surrogateescape"))
    assert words in refusal(capsys, state, "--seed", "8")
    assert state.read_bytes() == damaged.encode(errors="surrogateescape"), "what was refused is left alone"


def test_a_file_that_cannot_be_reached(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "No such file" in refusal(capsys, tmp_path / "nowhere" / "venue.json")
    (tmp_path / "folder").mkdir()
    assert "is a folder" in refusal(capsys, tmp_path / "folder")


def test_a_late_page_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "venue.json"
    with StateFile(path) as file:
        file.write("second", 2)
        file.write("first", 1)
        assert path.read_text() == "second"
    file.write("third", 3)
    assert path.read_text() == "second"


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    async def scene() -> None:
        with StateFile(tmp_path / "venue.json") as file:
            server = VenueServer(VenueOptions(), ManualPrices(), file=file)
            assert server._keeper is not None
            assert not server._keeper.due
            server.core.tick()
            assert not server._keeper.due
            server.core.set_price("SOL", Decimal(151))
            assert server._keeper.due
            await server.close()
            assert not server._keeper.due

    asyncio.run(scene())
