"""`hypertui safe`: an account whose engine is gone, put right from outside."""

from __future__ import annotations

import signal
import subprocess
from decimal import Decimal
from pathlib import Path

from tests.cli.operating import (
    ADDRESS,
    DEADLINE,
    SOL,
    Engine,
    command,
    held,
    sides,
    trades,
    wait_for,
    working,
)
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end

UNIT = Decimal("0.5")


def safe(home: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        command("safe", *arguments),
        env=home, cwd=home["XDG_STATE_HOME"].removesuffix("/state"),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
    )  # fmt: skip


def killed(home: dict[str, str], cwd: Path, venue: LocalVenue) -> None:
    """An engine that died without a word, with two stops and two buys working."""
    with Engine(home, cwd, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        venue.set_price("SOL", "148.9")
        wait_for(lambda: sides(venue) == "BBSS", "two buys")
        engine.process.send_signal(signal.SIGKILL)
        engine.process.wait(DEADLINE)


def lose_a_stop(venue: LocalVenue) -> Decimal:
    """Somebody cancels the highest stop; returns its trigger."""

    def cancel() -> Decimal:
        core = venue.core
        account = core.account(ADDRESS)
        assert account is not None
        stop = max((o for o in working(venue) if o.side == "sell"), key=trigger)
        core.cancel(account, core.by_symbol["SOL"], stop.oid)
        return trigger(stop)

    return venue.call(cancel)


def trigger(order: object) -> Decimal:
    price: Decimal = order.request.trigger.price  # type: ignore[attr-defined]
    return price


def stops(venue: LocalVenue) -> dict[Decimal, Decimal]:
    orders = venue.call(lambda: list(working(venue)))
    assert all(order.side == "sell" and order.request.reduce_only for order in orders)
    return {trigger(order): order.remaining for order in orders}


def test_a_killed_trade_is_made_safe_and_taken_up_again(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    killed(home, tmp_path, venue)
    lost = lose_a_stop(venue)
    # Without the trade's settings: it knows them from the journal.
    made = safe(home, "--base-url", venue.base_url, "--symbol", "SOL")
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stdout.splitlines()[-1].startswith("safe: no buys, and 2 stops cover ")
    assert lost in stops(venue) and sum(stops(venue).values()) == held(venue, "SOL")
    again = safe(home, "--base-url", venue.base_url, "--symbol", "SOL")
    assert again.returncode == 0
    before = stops(venue)
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "BBSS", "the trade to go on")
        assert set(before) <= {trigger(order) for order in venue.call(lambda: list(working(venue)))}
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(DEADLINE) == 0


def test_while_an_engine_runs_it_refuses(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        refused = safe(home, "--base-url", venue.base_url, "--symbol", "SOL")
        assert refused.returncode == 2
        assert len(refused.stderr.splitlines()) == 1
        assert f"process {engine.process.pid}" in refused.stderr
        assert refused.stderr.endswith(": use hypertui ctl to control it\n")
        assert sides(venue) == "SSSS"


def test_without_a_journal_it_needs_to_be_told_where_a_stop_belongs(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    killed(home, tmp_path, venue)
    lose_a_stop(venue)
    elsewhere = ["--base-url", venue.base_url, "--symbol", "SOL", "--state-dir", str(tmp_path / "elsewhere")]
    bare = safe(home, *elsewhere)
    assert bare.returncode == 3
    assert "cancels 2 buys" in bare.stdout
    assert "NOT SAFE" in bare.stderr and "--stop-distance" in bare.stderr
    assert sides(venue) == "S"
    for distance in ("0", "-1", "much"):
        assert safe(home, *elsewhere, "--stop-distance", distance).returncode == 2
    assert "below 148.9 would be at" in safe(home, *elsewhere, "--stop-distance", "149").stderr
    made = safe(home, *elsewhere, "--stop-distance", "1.5")
    assert made.returncode == 0, made.stderr
    assert Decimal("147.4") in stops(venue)
    assert sum(stops(venue).values()) == held(venue, "SOL")


def test_with_nothing_held_there_is_nothing_to_do(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    made = safe(home, "--base-url", venue.base_url, "--symbol", "SOL")
    assert (made.returncode, made.stdout, made.stderr) == (0, "safe: no position and no buys\n", "")


def test_a_venue_out_of_reach_is_status_4(home: dict[str, str], tmp_path: Path) -> None:
    made = safe(home, "--base-url", "http://127.0.0.1:1", "--symbol", "SOL")
    assert made.returncode == 4
    assert "NOT SAFE" in made.stderr and len(made.stderr.splitlines()) == 1


def test_the_own_paper_market_is_made_safe_too(home: dict[str, str], tmp_path: Path) -> None:
    own = {name: value for name, value in home.items() if name != "HYPERTUI_SECRET_KEY"}
    left = run_to_end(
        command("run", "--headless", "--for", "1", "--on-exit", "leave"),
        env=own, cwd=tmp_path, capture_output=True, timeout=DEADLINE,
    )  # fmt: skip
    assert left.returncode == 0, left.stderr
    made = safe(own)
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stdout.splitlines()[-1].startswith("safe: ")
