"""`hypertui status` beside an engine that holds several locks."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli import main
from hypertui.journal import EngineLock, Journal
from hypertui.port.engine import EngineView
from hypertui.server.client import ControlClient, engines
from hypertui.server.server import ControlServer
from tests.cli.operating import wait_for
from tests.cli.test_ctl import Many


def test_an_engine_is_asked_once_however_many_locks_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, engine, asked = tmp_path / "mainnet", Many(), Counter[str]()
    places = {("0xa1", "BTC"), ("0xa2", "BTC"), ("0xa2", "SOL")}
    ask = ControlClient.status

    def counted(client: ControlClient) -> tuple[EngineView, dict[str, Any]]:
        asked["status"] += 1
        return ask(client)

    monkeypatch.setattr(ControlClient, "status", counted)
    with ExitStack() as running:
        Journal.open(f"sqlite:///{folder / 'journal.db'}").close()
        for account, symbol in sorted({*places, ("0xa3", "ETH")}):
            running.enter_context(EngineLock(folder, "mainnet", account, symbol))
        running.enter_context(ControlServer(engine, folder))
        wait_for(lambda: bool([found.close() for found in engines(folder)]), "the socket")
        assert main(["status", "--json", "--mainnet", "--state-dir", str(tmp_path)]) == 0
    told = {
        (each["account"], each["symbol"]): each for each in json.loads(capsys.readouterr().out)["engines"]
    }
    assert asked == {"status": 1}
    assert told.keys() == {*places, ("0xa3", "ETH")}
    for place in places:
        assert told[place]["silent"] == ""
        assert len(told[place]["tasks"]) == len(engine.trades[0].tasks)
    assert told["0xa3", "ETH"]["silent"] == "no engine answers"
