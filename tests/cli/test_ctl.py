"""`hypertui ctl` as a process, against engines in other processes."""

from __future__ import annotations

import getpass
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.journal import Journal
from hypertui.journal.records import CommandRecord
from hypertui.port.commands import Ack, Command, Verb
from hypertui.port.engine import EngineView, Event, EventKind
from hypertui.port.snapshot import Mode, Severity
from hypertui.server.client import engines
from hypertui.server.server import ControlServer
from tests.cli.operating import (
    ADDRESS,
    BTC,
    DEADLINE,
    SOL,
    Engine,
    command,
    held,
    sides,
    trades,
    wait_for,
)
from tests.console import fakes, states
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end
from tests.support.terminal import Terminal


def ctl(home: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        command("ctl", *arguments),
        env=home, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=DEADLINE,
    )  # fmt: skip


def test_the_verbs_from_another_shell(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    assert ctl(home, tmp_path, "status").returncode == 4
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        # The venue's books are ahead of the engine's snapshot by a moment.
        wait_for(lambda: "4 stops, 0 buys" in ctl(home, tmp_path, "status").stdout, "the stops to be shown")
        shown = ctl(home, tmp_path, "status")
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.startswith("PAPER SOL 0x") and "RUNNING" in shown.stdout
        as_json = json.loads(ctl(home, tmp_path, "status", "--json").stdout)
        assert as_json["mode"] == "running" and len(as_json["slots"]) == 4

        paused = ctl(home, tmp_path, "pause")
        assert (paused.returncode, len(paused.stdout.splitlines())) == (0, 3)
        assert "pause: confirmed after" in paused.stdout
        unasked = ctl(home, tmp_path, "resume")
        assert unasked.returncode == 2 and "--yes" in unasked.stderr
        assert len(unasked.stderr.splitlines()) == 1
        resumed = ctl(home, tmp_path, "resume", "--yes", "--json")
        said = [json.loads(line) for line in resumed.stdout.splitlines()]
        assert [line["state"] for line in said] == ["sent", "acknowledged", "confirmed"]
        assert said[-1]["text"] == "live: 4 stops"
        assert ctl(home, tmp_path, "reconcile").returncode == 0

        venue.set_price("SOL", "149.3")
        wait_for(lambda: sides(venue) == "BSSS", "a buy")
        assert ctl(home, tmp_path, "cancel-buys", "--yes").returncode == 0
        assert sides(venue) == "SSS"
        wrong = ctl(home, tmp_path, "flatten", "--confirm", "FLAT BTC")
        assert wrong.returncode == 2 and "FLAT BTC is not FLAT SOL" in wrong.stderr
        assert sides(venue) == "SSS"
        flat = ctl(home, tmp_path, "flatten", "--confirm", "FLAT SOL")
        assert flat.returncode == 0, flat.stdout + flat.stderr
        assert sides(venue) == "" and venue.call(lambda: held(venue, "SOL")) == 0
        assert engine.process.wait(DEADLINE) == 3
    assert ctl(home, tmp_path, "status").returncode == 4
    rows = audit(home)
    assert all(
        f"by ctl (uid {os.getuid()}, pid " in row.who for row in rows if not row.verb.startswith("exit")
    )
    assert {row.source for row in rows} == {"operator"}
    ends = [(row.verb, row.state) for row in rows if row.state not in ("acknowledged", "sent")]
    expected = ["pause", "resume", "reconcile", "cancel-buys", "flatten"]
    assert ends == [(verb, "confirmed") for verb in expected]


def audit(home: dict[str, str]) -> Sequence[CommandRecord]:
    file = Path(home["XDG_STATE_HOME"]) / "hypertui" / "paper" / "journal.db"
    with Journal.open(f"sqlite:///{file}") as journal:
        (trade,) = journal.trades()
        return list(journal.commands(trade.id))


def test_the_way_out_is_an_audit_row_too(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home), "the trade")
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(DEADLINE) == 0
    rows = [(row.verb, row.state) for row in audit(home)]
    assert rows == [("exit buys", "acknowledged"), ("exit buys", "confirmed")]
    assert {row.who.partition("@")[0] for row in audit(home)} == {getpass.getuser()}


def test_selling_out_ends_the_run_as_finished(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        assert ctl(home, tmp_path, "sell-out", "--yes").returncode == 0
        venue.set_price("SOL", 147)
        assert engine.process.wait(DEADLINE) == 0
        said = (tmp_path / f"errors {SOL[1]}").read_text()
        assert said.startswith("hypertui: Trade ended: all sold. Result -") and said.endswith(" USD\n")


def test_of_several_engines_the_right_one(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    with Engine(home, tmp_path, venue, *SOL), Engine(home, tmp_path, venue, *BTC):
        wait_for(lambda: trades(home) and sides(venue) == "S" * 8, "two trades")
        several = ctl(home, tmp_path, "pause")
        assert several.returncode == 2
        assert "2 engines run here" in several.stderr and "--symbol BTC" in several.stderr
        assert len(several.stderr.splitlines()) == 1
        assert ctl(home, tmp_path, "pause", "--symbol", "BTC", "--account", ADDRESS[:10]).returncode == 0
        modes = [ctl(home, tmp_path, "status", "--symbol", name).stdout for name in ("SOL", "BTC")]
        assert "RUNNING" in modes[0] and "PAUSED" in modes[1]
        assert ctl(home, tmp_path, "pause", "--network", "mainnet").returncode == 4


class Mainnet(fakes.FakeEngine):
    """An engine that says it trades real money, and notes what it is told."""

    def __init__(self) -> None:
        super().__init__(states.on_mainnet(), ())

    async def command(self, command: Command) -> Ack:
        ack = await super().command(command)
        data = {"id": command.id, "state": "confirmed", "text": "done", "took_ms": 5}
        self.events.append(Event(len(self.events) + 1, 0, EventKind.COMMAND, Severity.INFO, "", data))
        return ack


@pytest.fixture
def mainnet(home: dict[str, str]) -> Iterator[Mainnet]:
    state = Path(home["XDG_STATE_HOME"]) / "hypertui" / "mainnet"
    engine = Mainnet()
    with ControlServer(engine, state):
        wait_for(lambda: bool([found.close() for found in engines(state)]), "the socket")
        yield engine


@pytest.mark.parametrize(
    ("verb", "phrase"),
    [
        (Verb.FLATTEN, "FLAT BTC"),
        (Verb.CANCEL_ALL, "UNPROTECT 0.29758"),
        (Verb.HALT, "HALT"),
        (Verb.ADOPT, "ADOPT"),
    ],
)
def test_real_money_is_confirmed_by_a_phrase(
    home: dict[str, str], tmp_path: Path, mainnet: Mainnet, verb: Verb, phrase: str
) -> None:
    for said in ([], ["--yes"], ["--confirm", "yes"]) if verb is Verb.FLATTEN else (["--yes"],):
        shown = ctl(home, tmp_path, verb.value, *said)
        assert shown.returncode == 2, shown.stdout
        assert phrase in shown.stderr
    assert mainnet.commands == []
    assert ctl(home, tmp_path, verb.value, "--confirm", phrase).returncode == 0
    assert [sent.verb for sent in mainnet.commands] == [verb]


def test_at_a_terminal_it_asks(home: dict[str, str], tmp_path: Path, mainnet: Mainnet) -> None:
    with Terminal(command("ctl", "flatten"), tmp_path, home) as terminal:
        shown = terminal.read_until("Type FLAT BTC")
        assert "FLATTEN the position" in shown and "MAINNET" in shown and "sells" in shown
        terminal.type("FLAT BTC\n")
        assert terminal.end() == 0
    with Terminal(command("ctl", "resume"), tmp_path, home) as terminal:
        terminal.read_until("y to resume")
        terminal.type("n\n")
        assert terminal.end() == 3
    with Terminal(command("ctl", "flatten"), tmp_path, home) as terminal:
        terminal.read_until("Type FLAT BTC")
        mainnet.snapshot = replace(mainnet.snapshot, position=Decimal("0.2"))
        terminal.type("FLAT BTC\n")
        if "Type FLAT BTC" not in terminal.read_until("has changed meanwhile"):
            terminal.read_until("Type FLAT BTC")  # both may come at once
        terminal.type("FLAT BTC\n")
        assert terminal.end() == 0
    assert [sent.verb for sent in mainnet.commands] == [Verb.FLATTEN, Verb.FLATTEN]


class Many(Mainnet):
    """One that trades three markets, two of them in a sub-account; the commands of one fail."""

    def __init__(self) -> None:
        super().__init__()
        one = self.snapshot
        sol = replace(one.instrument, symbol="SOL")
        self.trades = (
            replace(one, name="BTC", account="0xa1"),
            replace(one, name="slow", account="0xa2", mode=Mode.PAUSED),
            replace(one, name="SOL", account="0xa2", instrument=sol),
        )

    @property
    def view(self) -> EngineView:
        return EngineView(self.trades, self.pen)

    async def command(self, command: Command) -> Ack:
        if command.trade == "slow":
            return Ack(command.id, False, "not now")
        return await super().command(command)


@pytest.fixture
def many(home: dict[str, str]) -> Iterator[Many]:
    state = Path(home["XDG_STATE_HOME"]) / "hypertui" / "mainnet"
    engine = Many()
    with ControlServer(engine, state):
        wait_for(lambda: bool([found.close() for found in engines(state)]), "the socket")
        yield engine


def test_one_engine_with_several_trades(home: dict[str, str], tmp_path: Path, many: Many) -> None:
    unnamed = ctl(home, tmp_path, "pause")
    assert unnamed.returncode == 2 and len(unnamed.stderr.splitlines()) == 1
    assert "3 trades, say which with --trade: BTC (BTC of 0xa1), slow (BTC of 0xa2)" in unnamed.stderr
    wrong = ctl(home, tmp_path, "pause", "--trade", "ETH")
    assert wrong.returncode == 2 and "--trade ETH is not one of the engine's trades: BTC" in wrong.stderr
    assert many.commands == []

    assert ctl(home, tmp_path, "--trade", "BTC", "pause").returncode == 0
    # Market and account say as much, where that is one trade.
    assert ctl(home, tmp_path, "pause", "--symbol", "SOL").returncode == 0
    assert ctl(home, tmp_path, "pause", "--symbol", "BTC", "--account", "0xa1").returncode == 0
    assert ctl(home, tmp_path, "pause", "--symbol", "BTC").returncode == 2
    assert [sent.trade for sent in many.commands] == ["BTC", "SOL", "BTC"]


def test_a_verb_for_all_trades_ends_as_the_worst(home: dict[str, str], tmp_path: Path, many: Many) -> None:
    paused = ctl(home, tmp_path, "--trade", "all", "pause")
    assert paused.returncode == 3
    said = paused.stdout.splitlines()
    assert said[:3] == ["BTC: pause: sent", "slow: pause: sent", "SOL: pause: sent"]
    assert "BTC: pause: confirmed after" in paused.stdout and "SOL: pause: confirmed after" in paused.stdout
    assert any(line.startswith("slow: pause: refused") and line.endswith("not now") for line in said)
    assert ctl(home, tmp_path, "--trade", "all", "--account", "0xa1", "pause").returncode == 0

    many.commands.clear()
    half = ctl(home, tmp_path, "--trade", "all", "flatten", "--confirm", "FLAT BTC")
    assert half.returncode == 2 and "is not FLAT SOL" in half.stderr
    assert many.commands == []  # nothing is sent before all is confirmed
    both = ctl(home, tmp_path, "--trade", "all", "flatten", "--confirm", "FLAT BTC, FLAT SOL", "--json")
    assert both.returncode == 3
    assert [sent.trade for sent in many.commands] == ["BTC", "SOL"]
    assert {json.loads(line)["trade"] for line in both.stdout.splitlines()} == {"BTC", "slow", "SOL"}


def test_the_status_of_several_trades(home: dict[str, str], tmp_path: Path, many: Many) -> None:
    shown = ctl(home, tmp_path, "status")
    assert shown.returncode == 0
    assert [line for line in shown.stdout.splitlines() if line.endswith(":")] == ["BTC:", "slow:", "SOL:"]
    as_json = json.loads(ctl(home, tmp_path, "status", "--json").stdout)
    assert [trade["name"] for trade in as_json["trades"]] == ["BTC", "slow", "SOL"]
    one = json.loads(ctl(home, tmp_path, "status", "--json", "--trade", "slow").stdout)
    assert (one["name"], one["mode"]) == ("slow", "paused")


def test_guards_from_another_shell(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    with Engine(home, tmp_path, venue, *SOL, "--daily-loss", "5"):
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        early = ctl(home, tmp_path, "rearm", "daily_loss", "--reason", "why not")
        assert early.returncode == 3
        assert "refused" in early.stdout and "no guard is tripped" in early.stdout
        for words, said in (
            (("rearm",), "rearm needs the name of a guard: daily_loss, drawdown, losing_cycles"),
            (("rearm", "whipsaw", "--reason", "x"), "no guard 'whipsaw' is reset by hand"),
            (("rearm", "daily_loss"), "a re-arm needs its reason: --reason TEXT"),
            (("rearm", "daily_loss", "--reason", " "), "a re-arm needs its reason: --reason TEXT"),
            (("pause", "daily_loss"), "go with rearm, not with pause"),
        ):
            refused = ctl(home, tmp_path, *words)
            assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
            assert said in refused.stderr

        venue.set_price("SOL", "149.3")  # a stop fills, and the account is read
        wait_for(lambda: "TRIPPED" in ctl(home, tmp_path, "guards").stdout, "the trip")
        shown = ctl(home, tmp_path, "guards").stdout.splitlines()
        assert shown[0].split() == ["guard", "state", "used", "at", "its", "limit", "says"]
        (row,) = (each for each in shown if each.startswith("daily_loss"))
        assert "of 5.00 USD today" in row and "resets 00:00 UTC or by hand" in row
        wait_for(lambda: sides(venue) == "SSS", "no buy")
        as_json = json.loads(ctl(home, tmp_path, "guards", "--json").stdout)
        assert as_json["guards"][0]["guard"] == "daily_loss" and as_json["guards"][0]["tripped"] is True
        fit = run_to_end(
            command("health"), env=home, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=DEADLINE,
        )  # fmt: skip
        assert fit.returncode == 1, fit.stdout
        again = ctl(home, tmp_path, "rearm", "daily_loss", "--reason", "it was the spread")
        assert again.returncode == 0, again.stdout + again.stderr
        assert "rearm: confirmed" in again.stdout
        wait_for(lambda: sides(venue) == "BSSS", "the buy")
        wait_for(lambda: "re-armed by" in ctl(home, tmp_path, "guards").stdout, "who has re-armed it")


def test_a_trade_after_a_days_loss_is_refused_by_doctor_and_start(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    words = (*SOL, "--daily-loss", "5")
    with Engine(home, tmp_path, venue, *words) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        venue.set_price("SOL", "149.3")
        wait_for(lambda: "TRIPPED" in ctl(home, tmp_path, "guards").stdout, "the trip")
        assert ctl(home, tmp_path, "flatten", "--yes").returncode == 0
        engine.process.send_signal(signal.SIGTERM)
        engine.process.wait(DEADLINE)
    for verb in (("doctor",), ("run", "--headless")):
        refused = run_to_end(
            command(*verb, "--base-url", venue.base_url, *words), env=home, cwd=tmp_path,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
        )  # fmt: skip
        assert refused.returncode == 2, refused.stdout + refused.stderr
        said = " ".join((refused.stdout + refused.stderr).split())
        assert "guard daily loss would hold the trade: " in said
        assert "it resets 00:00 UTC or by hand" in said
    assert held(venue, "SOL") == 0
