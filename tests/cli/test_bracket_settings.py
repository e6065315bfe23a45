"""A bracket as it is set: by file, variable and flag, and what cannot be meant."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.execution.trade_config import TradeConfig
from hypertui.provenance import SettingsError
from hypertui.risk.guards import GuardAction
from hypertui.settings import load_settings
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled
from hypertui.strategy.bracket.terms import BracketTerms


def configured(**settings: object) -> TradeConfig:
    (config,) = load_settings(None, {"trade": {"strategy": "bracket", **settings}}).trade_configs()
    return config


@pytest.fixture(autouse=True)
def _nowhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))


def test_its_entry_size_and_stop() -> None:
    config = configured(position_size="300")
    assert config.strategy == BracketTerms(D(300), D("0.05"), EntryRules())
    assert config.exits.hard_stop == D("0.05"), "on without a word"
    assert config.guards.losing_cycles_action is GuardAction.HOLD
    told = configured(
        entry="told",
        entry_order="stop",
        reprices="2",
        unfilled="cross",
        reenter="30m",
        risk="50",
        risk_slippage="0.05",
        hard_stop="5%",
        entry_slippage="0.02",
    ).strategy
    assert isinstance(told, BracketTerms)
    assert told.entry == EntryRules(EntryOrder.STOP, 2, Unfilled.CROSS, D("0.02"))
    assert (told.enters_at_start, told.reenter_after, told.risk) == (False, 1_800_000, D(50))
    assert BracketTerms.recorded(replace(told, settled_at=D(100)).record()).risk == D(50)


def test_a_ladder_is_one_still() -> None:
    (config,) = load_settings(None, {}).trade_configs()
    assert config.strategy.strategy == "ladder" and config.exits.hard_stop is None
    assert config.guards.losing_cycles_action is GuardAction.WARN


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hard_stop": ""}, "is a bracket, whose coins nothing protects without hard_stop"),
        ({"native_exits": "false"}, "nothing protects without native_exits"),
        ({"entry_order": "stop"}, "enters by a stop, and has no entry_price"),
        ({"strategy": "ladder", "reprices": "3"}, "is a ladder, which has no reprices"),
        ({"strategy": "grid"}, "is not one of ladder, bracket"),
        ({"entry_order": "iceberg"}, "is not one of limit, stop, market"),
        ({"reprices": "-1"}, "is below 0"),
        ({"reenter": "soon"}, "is no time in minutes, hours or days"),
        ({"position_size": "5"}, "position size 5 is below the minimum order value of 10 USD"),
        ({"hard_stop": "0.05%"}, "hard_stop 0.05% is not above 0.09%"),
        ({"leverage": "60"}, "leverage 60 is above the 40 that BTC has at most"),
    ],
)
def test_what_cannot_be_meant(settings: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        configured(**settings)


def test_backtest_walks_it_with_stop_and_market_entries(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices, file = tmp_path / "prices.csv", tmp_path / "config.toml"
    rows = [
        f"{1_700_000_000_000 + 60_000 * step},{price}" for step, price in enumerate((100, 101, 104, 99, 93))
    ]
    prices.write_text("time,price\n" + "\n".join(rows) + "\n")
    file.write_text(
        '[[trade]]\nname = "a"\nsymbol = "SOL"\nstrategy = "bracket"\nentry_order = "market"\n'
        'position_size = 1000\ntake_profit = "3%"\nreenter = "1m"\n'
        '[[trade]]\nname = "b"\nsymbol = "ETH"\nstrategy = "bracket"\n'
    )
    arguments = ["backtest", str(prices), "--config", str(file), "--only"]
    assert main([*arguments, "a"]) == 0
    said = capsys.readouterr().out
    assert "1 by hard stop, 1 by take profit" in said and "2, 4 fills" in said
    assert main([*arguments, "b"]) == 2
    assert "a backtest fills stop and market entries" in capsys.readouterr().err
    for flag in ("--report", str(tmp_path / "r.html")), ("--evidence",), ("--engine", "fast"):
        assert main([*arguments, "a", *flag]) == 2
        assert "a is a bracket" in capsys.readouterr().err


def test_backtest_watches_it_and_writes_its_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices, file, trace = tmp_path / "prices.csv", tmp_path / "config.toml", tmp_path / "trace"
    walked = enumerate((100, 90, 90, 80, 80))
    rows = [f"{1_700_000_000_000 + 60_000 * step},{price}" for step, price in walked]
    prices.write_text("time,price\n" + "\n".join(rows) + "\n")
    file.write_text(
        '[trade]\nsymbol = "SOL"\nstrategy = "bracket"\nentry_order = "market"\nposition_size = 1000\n'
        'reenter = "1m"\n[guards]\nlosing_cycles = 1\ndaily_loss = ""\ndrawdown_warn = ""\n'
    )
    arguments = ["backtest", str(prices), "--config", str(file), "--only", "SOL"]
    assert main([*arguments, "--guards", "--equity", "1000", "--json", "--trace", str(trace)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["entries"], said["equity"], said["exits"]) == (1, "1000", {"hard stop": 1})
    assert [(told["guard"], told["state"]) for told in said["guards"]] == [("losing_cycles", "TRIPPED")]
    steps = [json.loads(line) for line in trace.read_text().splitlines()]
    assert [step["events"] for step in steps] == [
        ["told to enter", "bought"],
        ["hard stop", "sold", "entries withdrawn"],
    ]
    assert (steps[0]["tick"], steps[0]["position"], steps[0]["stop"]) == (0, "10", "95.088")
    assert steps[1]["realized_pnl"] == said["realized_pnl"] == said["net_pnl"]
    assert main([*arguments, "--equity", "1000"]) == 2
    assert "--equity goes with --guards" in capsys.readouterr().err
    assert main([*arguments, "--trace", str(trace)]) == 2
    assert "is there already: --force overwrites it" in capsys.readouterr().err


DOCUMENT = Path(__file__).parents[2] / "docs" / "bracket.md"


def recipes() -> dict[str, dict[str, object]]:
    """The settings that the document gives, by their first words."""
    blocks = re.findall(r"```toml\n# (\w+):[^\n]*\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return {name: tomllib.loads(text) for name, text in blocks}


@pytest.mark.parametrize(
    ("name", "under_the_peak"),
    [("momentum", ["0.04", "0.02", "0.025", "0.04"]), ("runner", ["0.08"] * 4)],
)
def test_the_documented_ways_to_let_it_run(name: str, under_the_peak: list[str]) -> None:
    """By no ATR, and by one of 0.5, 1 and 3 % of the price."""
    exits = configured(position_size="300", **recipes()[name]).exits
    trailing = exits.trailing_stop
    assert trailing is not None and not [*exits.contradictions()]
    atrs = (None, D("0.5"), D(1), D(3))
    assert [trailing.distance(D(100), atr) / 100 for atr in atrs] == [D(share) for share in under_the_peak]
    assert exits.needs_candles == (name == "momentum")


@pytest.mark.parametrize(("name", "falls_to"), [("momentum", "143.9"), ("runner", "138")])
def test_they_end_a_rise_as_the_document_says(
    name: str, falls_to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices, file = tmp_path / "prices.csv", tmp_path / "config.toml"
    rise = [str(D(100) + step) for step in range(51)]
    fall = ["149", "147.1", "144.1", "143.9"] + (["139", "138"] if name == "runner" else [])
    rows = [f"{1_700_000_000_000 + 60_000 * step},{price}" for step, price in enumerate([*rise, *fall, "1"])]
    prices.write_text("time,price\n" + "\n".join(rows) + "\n")
    settings = {"symbol": "SOL", "strategy": "bracket", "entry_order": "market", "position_size": 1000}
    said = {**settings, **recipes()[name]}
    file.write_text("[trade]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items()))
    assert main(["backtest", str(prices), "--config", str(file), "--only", "SOL", "--json"]) == 0
    ended = json.loads(capsys.readouterr().out)
    assert ended["exits"] == {"trailing stop": 1}
    assert ended["ticks"] == len(rise) + fall.index(falls_to) + 1
