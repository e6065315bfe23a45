"""`hypertui probe`: it sees what the exchange does, whatever that is, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from hypertui.cli import main
from hypertui.cli import probe as command
from hypertui.core.market import Side
from hypertui.engine import probe_account
from hypertui.venue.model.orders import OrderTerms, Tif
from tests.support.local_venue import LocalVenue

KEY = "0x" + "1" * 64
ADDRESS = Account.from_key(KEY).address.lower()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPERTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HYPERTUI_SECRET_KEY", KEY)
    monkeypatch.setattr(command, "_PAUSE", 0.02)
    yield


def probe(venue: LocalVenue, *arguments: str) -> int:
    return main(["probe", "--base-url", venue.base_url, "--symbol", "SOL", *arguments])


def left(venue: LocalVenue) -> tuple[Decimal, int]:
    def look() -> tuple[Decimal, int]:
        account = venue.core.account(ADDRESS)
        assert account is not None
        return account.size("SOL"), len(account.open_orders)

    return venue.call(look)


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({}, ["keep", "any", "fire"]),
        ({"passed_trigger": "reject"}, ["keep", "any", "reject"]),
        ({"flat_reduce_only_trigger": "reject"}, ["reject", "any", "fire"]),
        ({"tp_limit_side": "far"}, ["keep", "far", "fire"]),
        ({"trigger_reference": "mid", "triggers_follow_position": True}, ["keep", "any", "fire"]),
        (
            {"passed_trigger": "reject", "flat_reduce_only_trigger": "reject", "tp_limit_side": "far"},
            ["reject", "far", "reject"],
        ),
    ],
)
def test_it_tells_each_rule_apart(
    options: dict[str, Any], flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with LocalVenue({"SOL": Decimal(150)}, **options) as venue:
        assert probe(venue, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        names = ("--flat-reduce-only", "--tp-limit-side", "--passed-trigger")
        assert found["flags"] == [f"{name} {value}" for name, value in zip(names, flags, strict=True)]
        assert len(found["seen"]) == 5
        assert "Invalid TP/SL price" in found["seen"][2]["saw"], "a stop's limit has to be on the far side"
        assert left(venue) == (0, 0)
        traded = venue.call(lambda: len(venue.core.accounts[ADDRESS].fills))
        assert traded >= 2, "a passed trigger was tried with coins at stake"


def test_in_words_question_by_question(venue: LocalVenue, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(venue) == 0
    shown = capsys.readouterr().out
    assert "? A reduce-only stop while nothing is held" in shown
    assert "sent  stop-buy of 0.11 SOL at 149.25, limit 153; mark 150" in shown
    assert "saw   answered resting (order 4); its status is filled, 0.11 at 150.02" in shown
    *_, clean, flags = shown.splitlines()
    assert clean.startswith("nothing is left behind: no order, no position; 2 fills cost 0.0")
    assert flags.endswith("hypertui venue --flat-reduce-only keep --tp-limit-side any --passed-trigger fire")


@pytest.mark.parametrize("flags", [["--mainnet"], ["--mainnet", "--confirm-mainnet", "SOL"], ["--paper"], []])
@pytest.mark.parametrize("key", [KEY, ""])
def test_never_on_mainnet(
    flags: list[str], key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not key:
        monkeypatch.delenv("HYPERTUI_SECRET_KEY")
    monkeypatch.setattr(command.asyncio, "run", lambda work: pytest.fail("it went on"))
    assert main(["probe", "--symbol", "SOL", *flags]) == 2
    said = capsys.readouterr().err
    assert "say --testnet" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("resting", [False, True])
def test_only_where_the_account_has_nothing(
    venue: LocalVenue, resting: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    limit, tif = (Decimal(140), Tif.GTC) if resting else (Decimal(151), Tif.IOC)

    def act() -> None:
        request = OrderTerms(venue.core.by_symbol["SOL"], Side.BUY, limit, Decimal(1), False, tif)
        venue.core.place(venue.core.stored(ADDRESS), [request])

    venue.call(act)
    assert probe(venue) == 2
    held = "0 SOL and 1 live order" if resting else "1 SOL and 0 live orders"
    assert f"the account has {held}: probe in a market where it has nothing" in capsys.readouterr().err
    assert left(venue) == ((0, 1) if resting else (1, 0))


def test_without_money_or_market_nothing_is_placed(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalVenue(faucet=Decimal(49)) as venue:
        assert probe(venue) == 2
        assert "49 USD are free, a probe wants 50" in capsys.readouterr().err
        assert main(["probe", "--base-url", venue.base_url, "--symbol", "NOPE"]) == 2
        assert "no market NOPE" in capsys.readouterr().err or "NOPE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "faults",
    [
        [{"name": "http-500", "only": "order", "probability": 0.5, "seed": 1, "applied": True}],
        [{"name": "http-500", "only": "cancelByCloid", "probability": 0.6, "seed": 2}],
        [{"name": "http-429", "probability": 0.2, "seed": 3}],
        [{"name": "expired", "only": "order", "count": 1}],
        [{"name": "market-empty", "count": 4}],
        [{"name": "market-trigger-margin"}],
    ],
)
def test_whatever_goes_wrong_nothing_is_left_behind(venue: LocalVenue, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        venue.fail(**fault)
    assert probe(venue) in (0, 4)
    assert left(venue) == (0, 0)


@pytest.fixture
def own_signals() -> Iterator[None]:
    """A process that was told to leave ignores all further signals, and so do those that it starts: this one
    goes on afterwards."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
def test_a_signal_ends_it_with_nothing_left_behind(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def leave(seen: object) -> None:
        asked.append(seen)
        if len(asked) == 4:  # coins are held
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(command, "_print", leave)
    assert probe(venue) == 4
    shown = capsys.readouterr()
    assert "nothing is left behind" in shown.out and "stopped after 4 questions: a signal" in shown.err
    assert left(venue) == (0, 0)


def test_what_cannot_be_taken_away_is_said(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_PATIENCE", 0.2)
    monkeypatch.setattr(probe_account, "_EXPIRES_AFTER", 500)
    venue.fail("http-500", only="cancelByCloid")
    assert probe(venue) == 3
    said = capsys.readouterr().err
    assert "LEFT BEHIND: SOL: not known: " in said and len(said.splitlines()) == 1
    assert left(venue) == (0, 1)
