"""The paper market from one run to the next: the same account in the same market, one run at a time."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli.keyfile import kept_key
from hypertui.cli.last_seen import past
from hypertui.exchange.hyperliquid import SigningKey
from hypertui.port.snapshot import Network
from hypertui.settings import PaperSettings, Settings
from hypertui.venue.state.state import VERSION
from tests.support.live_engine import wait_until
from tests.support.prefork import Process, run_to_end

DEADLINE = 60


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment without anybody's settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hypertui" / "paper"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hypertui", "run", "--headless", *arguments]


def run(home: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_by(home, command("--for", "1", *arguments))


def run_by(home: dict[str, str], argv: list[str]) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        argv,
        env=home, cwd=home["XDG_STATE_HOME"].removesuffix("/state"),
        capture_output=True, timeout=DEADLINE,
    )  # fmt: skip


def kept(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / "venue.json").read_text())
    return state


def last_line(shown: subprocess.CompletedProcess[str]) -> str:
    return shown.stderr.splitlines()[-1]


def test_flat_and_once_more(home: dict[str, str], folder: Path) -> None:
    first = run(home, "--on-exit", "flatten")
    assert first.returncode == 0, first.stderr
    before, key = kept(folder), (folder / "key").read_text()
    assert (before["prices"]["seed"], before["speed"]) == (PaperSettings().seed, PaperSettings().speed)
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "venue.json").stat().st_mode) == 0o600
    second = run(home, "--on-exit", "flatten")
    assert second.returncode == 0, second.stderr
    after = kept(folder)
    assert after["market_time"] > before["market_time"]
    for symbol, was in before["candles"].items():
        minutes = after["candles"][symbol]["1m"]
        assert 1440 <= len(was["1m"]) < 1450 and minutes[: len(was["1m"])] == was["1m"]
    assert (folder / "key").read_text() == key
    address = SigningKey.read(folder / "key").address
    assert [account["address"] for account in after["accounts"]] == [address]
    assert len(after["accounts"][0]["fills"]) > len(before["accounts"][0]["fills"])
    for shown in (first, second):
        assert key.strip().removeprefix("0x") not in shown.stdout + shown.stderr
    assert (folder / "venue.log").read_text() == ""


def test_a_trade_left_open_goes_on_and_fresh_starts_anew(home: dict[str, str], folder: Path) -> None:
    assert run(home, "--on-exit", "leave").returncode == 0
    again = run(home, "--on-exit", "leave")
    assert again.returncode == 0, again.stderr
    assert "resumed the trade from" in again.stdout
    assert '"role": "entry"' not in again.stdout
    another = run(home, "--unit-size", "200")
    assert another.returncode == 2
    assert "unit_size 100" in another.stderr and "200 was asked for" in another.stderr
    old_state, old_key = kept(folder), (folder / "key").read_text()

    anew = run(home, "--fresh", "--on-exit", "flatten")
    assert anew.returncode == 0, anew.stderr
    (aside,) = folder.glob("venue.json.2*")
    (key_aside,) = folder.glob("key.2*")
    assert aside.name in anew.stderr and key_aside.name in anew.stderr and str(folder) in anew.stderr
    assert json.loads(aside.read_text())["accounts"] == old_state["accounts"]
    assert key_aside.read_text() == old_key != (folder / "key").read_text()
    assert stat.S_IMODE(key_aside.stat().st_mode) == 0o600
    (account,) = kept(folder)["accounts"]
    assert account["address"] != old_state["accounts"][0]["address"]


def test_a_fresh_market_has_the_hours_that_a_unit_in_atr_is_of(home: dict[str, str]) -> None:
    shown = run(home, "--unit-size", "0.5atr", "--on-exit", "flatten")
    assert shown.returncode == 0, shown.stderr
    told = [json.loads(line).get("text", "") for line in shown.stdout.splitlines()]
    assert re.search(r"unit 0\.5 × ATR [\d,.]+ \(until \d\d:00 UTC\) = [\d,]+ USD", "".join(told))


def test_a_start_that_was_refused_binds_nobody(home: dict[str, str], folder: Path) -> None:
    refused = run(home, "--unit-size", "0.001")
    assert refused.returncode == 2
    assert "below the price tick" in refused.stderr
    assert not past(None, folder, Network.PAPER, ["BTC", "SOL"]).has_trades
    started = run(home, "--on-exit", "flatten")
    assert started.returncode == 0, started.stderr
    before = past(None, folder, Network.PAPER, ["BTC", "SOL"])
    assert before.has_trades, "also where the trade is over"
    assert re.fullmatch(
        r"BTC 6\d,\d{3}(\.\d+)? when last seen, 20\S+ \S+ UTC; SOL", before.in_words(["BTC", "SOL"])
    )
    assert not past(None, folder, Network.TESTNET, ["BTC", "SOL"]).seen, "which is the paper market's alone"


def test_a_journal_that_cannot_be_looked_into_counts_as_traded(tmp_path: Path) -> None:
    assert past("postgresql://127.0.0.1:1/hypertui", tmp_path, Network.PAPER, ["BTC"]).has_trades
    (tmp_path / "journal.db").write_text("no journal")
    assert past(None, tmp_path, Network.PAPER, ["BTC"]).has_trades


def test_a_market_goes_on_with_its_own_seed_and_speed(home: dict[str, str], folder: Path) -> None:
    assert run(home, "--seed", "9", "--speed", "7", "--on-exit", "flatten").returncode == 0
    again = run(home, "--on-exit", "flatten")
    assert again.returncode == 0, again.stderr
    assert (kept(folder)["prices"]["seed"], kept(folder)["speed"]) == (9, 7.0)
    refused = run(home, "--seed", "8")
    assert refused.returncode == 2
    assert "venue.json is of seed 9, not 8" in last_line(refused)
    assert "--fresh" in last_line(refused)


def test_the_account_at_another_venue_is_kept_by_its_address(tmp_path: Path) -> None:
    def key(url: str) -> Path:
        return kept_key(Settings(base_url=url, state_dir=tmp_path))

    first = key("http://127.0.0.1:3001")
    address = SigningKey.read(first).address
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert key("http://localhost:3001/") == first, "however it is spelled"
    assert SigningKey.read(key("http://127.0.0.1:3001")).address == address
    assert SigningKey.read(key("http://127.0.0.1:3002")).address != address
    assert len(list((tmp_path / "paper" / "keys").iterdir())) == 2


def test_a_market_of_another_version_is_refused_until_there_is_a_fresh_one(
    home: dict[str, str], folder: Path
) -> None:
    assert run(home, "--on-exit", "flatten").returncode == 0
    state = folder / "venue.json"
    older = state.read_text().replace(f'"version":{VERSION}', '"version":2')
    state.write_text(older)
    said = (
        f"hypertui: the paper market could not start: state file {state} is of version 2, this hypertui reads"
        f" {VERSION} only: start a new market (hypertui --fresh, or hypertui venue with another --state)\n"
    )
    doctor = [sys.executable, "-m", "hypertui", "doctor"]
    for refused in (run(home), run_by(home, doctor)):
        assert (refused.returncode, refused.stderr) == (2, said)
        assert state.read_text() == older
    fresh = run(home, "--fresh", "--on-exit", "flatten")
    assert fresh.returncode == 0, fresh.stderr
    (aside,) = folder.glob("venue.json.2*")
    assert aside.read_text() == older
    assert kept(folder)["version"] == VERSION


def test_a_key_that_others_can_read_is_refused(home: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "key").write_text("0x" + "12" * 32)
    (folder / "key").chmod(0o644)
    refused = run(home)
    assert refused.returncode == 2
    assert "0644" in refused.stderr
    assert "1212" not in refused.stdout + refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_one_run_at_a_time_and_the_next_after_a_kill(
    home: dict[str, str], tmp_path: Path, folder: Path
) -> None:
    with Process(command("--on-exit", "leave"), env=home, cwd=tmp_path, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        for line in first.stdout:
            if json.loads(line)["event"] == "fill":
                break
        for arguments in ((), ("--fresh",)):
            refused = run(home, *arguments)
            assert refused.returncode == 2
            assert refused.stderr == (
                f"hypertui: the paper market in {folder} is in use by process {first.pid}\n"
            )
        assert not list(folder.glob("*.2*")), "nothing was moved from under the run"
        wait_until(
            lambda: any(account["positions"] for account in kept(folder)["accounts"]),
            "the position to be kept",
        )
        first.send_signal(signal.SIGKILL)
    again = run(home)
    assert again.returncode == 0, again.stderr
    assert "resumed the trade from" in again.stdout


@pytest.mark.parametrize("elsewhere", [["--base-url", "http://127.0.0.1:1"], ["--testnet"]])
def test_fresh_is_for_the_own_market(home: dict[str, str], elsewhere: list[str]) -> None:
    refused = run(home | {"HYPERTUI_SECRET_KEY": "0x" + "12" * 32}, "--fresh", *elsewhere)
    assert refused.returncode == 2
    assert "--fresh goes with the paper market" in refused.stderr
