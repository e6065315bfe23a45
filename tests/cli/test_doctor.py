"""The doctor and the gate as an operator meets them: processes against a local venue."""

import asyncio
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli.prepare import consent
from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.execution.trade_config import Consent
from hypertui.port.snapshot import Network
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end
from tests.support.terminal import Terminal

DEADLINE = 60
SECRET = "0x" + "56" * 32
SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_STATE_HOME": str(tmp_path / "state"), "HYPERTUI_SECRET_KEY": SECRET}


def run(home: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        [sys.executable, "-m", "hypertui", *arguments],
        env=home, cwd=home["XDG_STATE_HOME"].removesuffix("/state"),
        capture_output=True, timeout=DEADLINE,
    )  # fmt: skip


def act(venue: LocalVenue, *orders: Order) -> None:
    """Trade by hand in the account."""

    async def trade() -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.parse(SECRET))
        try:
            await exchange.set_leverage("SOL", 20, 2**53)
            await exchange.place(orders, 2**53)
        finally:
            await exchange.close()

    asyncio.run(trade())


def bought(number: int = 1) -> Order:
    return Order(f"0x{number:032x}", "SOL", Side.BUY, Decimal(8), OrderType.IOC, Decimal(160))


WAITING = Order(
    "0x" + "f" * 32, "SOL", Side.BUY, Decimal(1), OrderType.STOP_MARKET, Decimal(190), Decimal(180)
)


def examined(shown: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    record = json.loads(shown.stdout)
    found = {finding["name"]: finding for finding in record["findings"]}
    assert record["red"] == sum(finding["level"] == "red" for finding in record["findings"])
    return found


def test_a_healthy_start(home: dict[str, str], venue: LocalVenue) -> None:
    shown = run(home, "doctor", "--base-url", venue.base_url, *SOL)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[-1] == "0 red, 0 amber"
    assert any(line.startswith("✓ green  liquidation") for line in lines)
    assert "a one-unit whipsaw costs 2.11 USD, of which 21 % fees" in shown.stdout
    assert "5656" not in shown.stdout
    plain = run(home, "doctor", "--ascii", "--base-url", venue.base_url, *SOL)
    assert any(line.startswith("+ green  liquidation") for line in plain.stdout.splitlines())
    account = venue.call(lambda: venue.core.account(SigningKey.parse(SECRET).address))
    assert account is not None
    assert account.requests == 0, "it sends no action"


def on_a_terminal(home: dict[str, str], tmp_path: Path, venue: LocalVenue, kind: str) -> str:
    """What is written to a terminal of this kind about a trade with an amber finding."""
    command = [sys.executable, "-m", "hypertui", "doctor", "--base-url", venue.base_url, *SOL]
    with Terminal([*command, "--unit-size", "0.1"], tmp_path, home, kind=kind) as terminal:
        assert terminal.end() == 0
    return terminal.output.decode()


def test_a_terminal_gets_colours_beside_the_words(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    if not is_utf_8(home):
        home |= {"LC_ALL": "C.UTF-8"}
    home.pop("NO_COLOR", None)
    text = on_a_terminal(home, tmp_path, venue, "xterm-256color")
    assert "\x1b[32m✓ green\x1b[0m  liquidation" in text
    assert "\x1b[33m! amber\x1b[0m  whipsaw" in text
    assert "\x1b[32m0 red\x1b[0m, \x1b[33m1 amber\x1b[0m" in text
    names = begins(re.sub(r"\x1b\[\d*m", "", text))
    refused = on_a_terminal(home | {"NO_COLOR": "1"}, tmp_path, venue, "xterm-256color")
    dumb = on_a_terminal(home, tmp_path, venue, "dumb")
    piped = run(home, "doctor", "--base-url", venue.base_url, *SOL, "--unit-size", "0.1").stdout
    assert "\x1b" not in refused + dumb + piped
    assert begins(refused) == begins(piped) == names
    assert begins(dumb) == [name.replace("✓", "+").replace("·", "-") for name in names]


def is_utf_8(env: dict[str, str]) -> bool:
    """Whether the terminal's characters are so already: a process with another locale is not forked."""
    return "LC_ALL" not in env and "LC_CTYPE" not in env and env.get("LANG", "").upper().endswith("UTF-8")


def begins(text: str) -> list[str]:
    """Mark, word and name of each line; what is said then has figures of the moment."""
    return [line[:20] for line in text.splitlines()]


def test_its_own_paper_market(home: dict[str, str], tmp_path: Path) -> None:
    shown = run({name: value for name, value in home.items() if "SECRET" not in name}, "doctor", "--json")
    assert shown.returncode == 0, shown.stderr
    assert examined(shown)["journal"]["level"] == "green"
    assert not (tmp_path / "state" / "hypertui" / "paper" / "journal.db").exists(), "it only looks"


def test_what_is_wrong(home: dict[str, str], venue: LocalVenue) -> None:
    act(venue, bought(), WAITING)
    shown = run(home, "doctor", "--json", "--base-url", venue.base_url, *SOL[:-2], "--leverage", "1")
    assert shown.returncode == 2
    found = examined(shown)
    assert found["position"]["level"] == found["orders"]["level"] == "red"
    assert "cannot be adopted while 1 orders of others are live there" in found["position"]["text"]
    amber = run(home, "doctor", "--json", "--base-url", venue.base_url, *SOL, "--unit-size", "0.1")
    assert examined(amber)["whipsaw"]["level"] == "amber"


def test_a_journal_that_a_start_could_not_make(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    (tmp_path / "folder").mkdir()
    for file, reason in (
        ("/proc/x/journal.db", "cannot be made: "),
        ("/dev/null/journal.db", "cannot be made: Not a directory"),
        (str(tmp_path / "folder"), "is not a file"),
    ):
        environ = home | {"HYPERTUI_LEDGER__URL": f"sqlite:///{file}"}
        shown = run(environ, "doctor", "--json", "--base-url", venue.base_url, *SOL)
        assert shown.returncode == 2
        assert examined(shown)["journal"]["level"] == "red"
        assert f"the journal {file} {reason}" in examined(shown)["journal"]["text"]
    file = tmp_path / "new" / "deep" / "journal.db"
    environ = home | {"HYPERTUI_LEDGER__URL": f"sqlite:///{file}"}
    assert run(environ, "doctor", "--base-url", venue.base_url, *SOL).returncode == 0
    assert not (tmp_path / "new").exists(), "it only looks"


def test_a_key_that_may_not_act(home: dict[str, str], venue: LocalVenue) -> None:
    stranger = home | {"HYPERTUI_ACCOUNT_ADDRESS": "0x" + "ab" * 20}
    shown = run(stranger, "doctor", "--json", "--base-url", venue.base_url, *SOL)
    assert shown.returncode == 2
    assert "may not act for the account" in examined(shown)["key"]["text"]


def test_where_nothing_answers(home: dict[str, str]) -> None:
    with LocalVenue() as gone:
        url = gone.base_url
    shown = run(home, "doctor", "--base-url", url)
    assert shown.returncode == 4
    assert shown.stdout == ""
    assert len(shown.stderr.splitlines()) == 1
    assert run(home, "doctor", "--base-url", url, "--symbol", "").returncode == 2


def test_a_market_that_there_is_not(home: dict[str, str], venue: LocalVenue) -> None:
    shown = run(home, "doctor", "--base-url", venue.base_url, "--symbol", "NOPE")
    assert shown.returncode == 2
    assert "symbol NOPE is not among the exchange's markets" in shown.stderr


def test_a_position_is_taken_over_and_goes_on(home: dict[str, str], venue: LocalVenue) -> None:
    act(venue, bought())
    start = ["run", "--headless", "--base-url", venue.base_url, *SOL, "--for", "1", "--on-exit", "leave"]
    refused = run(home, *start)
    assert refused.returncode == 2
    assert "holds 8 SOL already" in refused.stderr
    assert "or import it with --adopt" in refused.stderr
    taken = run(home, *start, "--adopt")
    assert taken.returncode == 0, taken.stderr
    events = [json.loads(line) for line in taken.stdout.splitlines()]
    (fill,) = [event for event in events if event["event"] == "fill"]
    assert (fill["role"], fill["size"], fill["fee"]) == ("adopted", "8", "0")
    assert sum(event.get("status") == "live" for event in events) == 4

    shown = run(home, "doctor", "--json", "--base-url", venue.base_url, *SOL)
    assert shown.returncode == 0, shown.stdout
    found = examined(shown)
    assert "a trade of SOL is open since" in found["trade"]["text"]
    assert found["position"]["text"] == "8 SOL held, 4 live orders"
    other = run(home, "doctor", "--json", "--base-url", venue.base_url, *SOL, "--unit-size", "1")
    assert other.returncode == 2

    venue.set_price("SOL", Decimal("149.4"))  # a stop is filled, so there is a buy to leave
    again = run(home, *start)
    assert again.returncode == 0, again.stderr
    assert "resumed the trade from" in again.stdout
    assert '"event": "preflight"' not in again.stdout, "what is held already is no question"
    shown = run(home, "doctor", "--json", "--base-url", venue.base_url, *SOL)
    assert shown.returncode == 2
    left = examined(shown)["unattended"]
    assert left["level"] == "red"
    assert left["text"].startswith("1 buy is live with no engine: a buy that fills gets no stop: start")


def test_the_console_offers_to_adopt(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    act(venue, bought())

    def stops() -> int:
        account = venue.core.account(SigningKey.parse(SECRET).address)
        return 0 if account is None else len(account.open_orders)

    command = [sys.executable, "-m", "hypertui", "--base-url", venue.base_url, *SOL]
    with Terminal(command, tmp_path, home) as terminal:
        terminal.read_until("PREFLIGHT")
        terminal.read_until("import the position")
        assert venue.call(stops) == 0

        # What is typed within the first moment does not count, so it is typed until it does; once more would
        # be a command to the trade.
        for _ in range(10):
            terminal.type("A")
            with suppress(AssertionError):
                wait_until(lambda: venue.call(stops) > 0, "the first stop", deadline=3)
                break
        wait_until(lambda: venue.call(stops) == 4, "the position to be taken over")
        terminal.read_until("RUNNING")


@pytest.mark.parametrize("network", Network)
@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("accepted", [True, False])
def test_whose_consent_a_start_needs(network: Network, asks: bool, accepted: bool) -> None:
    needed = consent(network, asks, accepted)
    if network is Network.PAPER:
        assert needed is Consent.NONE, "on paper nothing holds up the start"
    elif asks:
        assert needed is Consent.ASKED, "at a terminal it is always shown"
    elif network is Network.MAINNET and not accepted:
        assert needed is Consent.NO_WARNINGS
    else:
        assert needed is Consent.NONE
