"""`hypertui signals`: by a price file and by an exchange, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli import main
from hypertui.core.candles import Candle, Interval
from hypertui.core.clock import wall_ms
from tests.signals.markets import FIVE, walked
from tests.support.local_venue import LocalVenue

DIP = '[signals.dip]\nsymbols = ["BTC", "ETH"]\nfamily = "reversion"\n'
TREND = '[signals.trend]\nsymbols = ["BTC"]\nfamily = "trend"\n'
FAMILY, PRICES = ("--family", "trend"), ("--prices", "prices.csv")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def price_file(candles: list[Candle], name: str = "prices.csv") -> str:
    rows = [f"{each.at // 1000},{each.close},{each.high},{each.low},{each.close}" for each in candles]
    Path(name).write_text("\n".join(["time,open,high,low,close", *rows]) + "\n")
    return name


def records(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> list[dict[str, Any]]:
    assert main(["signals", *arguments, "--json"]) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_check_says_that_what_is_set_by_itself_can_be_reached(capsys: pytest.CaptureFixture[str]) -> None:
    file = price_file(walked(3, 1_500))
    assert main(["signals", "check", "--prices", file, "--family", "trend"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("trend 5m (trend): 1,499 candles of prices.csv, ")
    assert "every indicator and both scores can be reached" in said
    assert said.endswith("acts in a running engine alone, if its table has an action.\n")
    assert "of the newest 1,499 candles:" in said
    (newest,) = records(capsys, "check", "--prices", file, "--family", "trend", "--days", "1", status=1)
    assert newest["counted"] == 288
    assert set(newest["indicators"]) == {"ema", "macd", "roc", "donchian"}


def test_check_names_what_is_always_on_and_what_never_is(capsys: pytest.CaptureFixture[str]) -> None:
    """By a price that rises by 1 in each candle: three are on in every candle, and MACD never crosses."""
    rising = [Candle(at.at, D(1000 + n), D(1002 + n), D(1002 + n)) for n, at in enumerate(walked(1, 1_200))]
    file = price_file(rising)
    (record,) = records(capsys, "check", "--prices", file, "--family", "trend", status=1)
    named = {(each["indicator"], each["side"]): each["text"] for each in record["out_of_reach"]}
    assert set(named) == {
        *((each, side) for each in ("ema", "macd", "roc", "donchian") for side in ("buy", "sell")),
        (None, "sell"),
    }
    for each, known in (("ema", 800), ("roc", 1_100), ("donchian", 1_179)):
        assert named[each, "buy"] == f"on in {known:,} of {known:,} candles (100.00 %), above 30 %"
        assert named[each, "sell"] == f"on in 0 of {known:,} candles (0.00 %), below 0.1 %"
    assert main(["signals", "check", "--prices", file, "--family", "trend"]) == 1
    said = capsys.readouterr().out
    for line in (
        "! trend 5m: Donchian 20 for a buy: on in 1,179 of 1,179 candles (100.00 %), above 30 %",
        "! trend 5m: the score for a sell: has reached 0.00 of its target 0.60",
    ):
        assert line in said.splitlines()


def test_backtest_prints_each_firing_and_proves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    candles = walked(2, 1_000)
    (record,) = records(capsys, "backtest", "--prices", price_file(candles), "--family", "trend")
    assert record["is_proof"] is False and record["costs"] == "0.0009"
    closes = {each.at + FIVE: each.close for each in candles[:-1]}
    assert len(record["firings"]) > 5
    for firing in record["firings"]:
        at = next(at for at in closes if iso(at) == firing["time"])
        assert D(firing["price"]) == closes[at]
        for hours, name in ((1, "1h"), (4, "4h"), (24, "24h")):
            then = closes.get(at + hours * Interval.HOUR)
            sign = 1 if firing["side"] == "buy" else -1
            expected = None if then is None else (then / closes[at] - 1) * sign - D("0.0009")
            told = firing["after"][name]
            assert (told is None) == (expected is None)
            assert told is None or abs(D(told) - expected) < D("0.000001")  # type: ignore[operator]
    (head,) = records(
        capsys, "backtest", "--prices", price_file(candles[:700], "head.csv"), "--family", "trend"
    )
    fired = [(each["time"], each["side"], each["score"]) for each in head["firings"]]
    assert fired == [(each["time"], each["side"], each["score"]) for each in record["firings"]][: len(fired)]
    assert (
        main(["signals", "backtest", "--prices", "prices.csv", "--family", "trend", "--slippage", "0.001"])
        == 0
    )
    said = capsys.readouterr().out
    assert "less 0.29 % for both ways. No proof of an edge" in said
    assert "a buy at any candle: mean" in said


def iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_every_table_is_shown_with_its_own_rules(capsys: pytest.CaptureFixture[str]) -> None:
    file = price_file(walked(3, 560, holes={520}))
    Path("config.toml").write_text(DIP + 'max_spread = "0.05%"\nweights = { w_bottom = 0 }\n' + TREND)
    dip, trend = records(capsys, "show", "--prices", file)
    assert {each["indicator"] for each in dip["indicators"]} == {"rsi", "bollinger"}
    assert "candles tell of no spread: max_spread keeps it from firing here" in dip["notes"]
    assert "1 gap in the candles: no indicator is believed over one" in trend["notes"]
    assert trend["missing_candles"] == 400 - 38
    assert trend["scores"] == {"buy": None, "sell": None} and trend["suppressed"] == "not-whole"
    states = {(each["indicator"], each["side"]): each["state"] for each in trend["indicators"]}
    assert states["ema", "buy"] == "not known" and states["donchian", "buy"] in ("on", "off")
    (one,) = records(capsys, "show", "trend", "--prices", file, "--symbol", "SOL")
    assert (one["signal"], one["symbol"]) == ("trend", "SOL")
    assert main(["signals", "show", "--prices", file]) == 0
    said = capsys.readouterr().out
    assert "not whole: 362 more candles needed without a gap" in said
    assert "fires at 0.60, ends below 0.54, turns round at 0.66" in said


@pytest.fixture(scope="module")
def exchange() -> Iterator[tuple[LocalVenue, int]]:
    """One with a past of two days, whose clock stands half a minute after the full minute."""
    now = Interval.HOUR.beginning(wall_ms()) - Interval.HOUR + 30_000
    with LocalVenue({"BTC": D(64_000), "ETH": D(3_000)}, lambda: now, past=48) as venue:
        yield venue, now


def test_show_asks_the_exchange_and_leaves_the_growing_candle_out(
    exchange: tuple[LocalVenue, int], capsys: pytest.CaptureFixture[str]
) -> None:
    venue, now = exchange
    Path("config.toml").write_text(DIP)
    btc, eth = records(capsys, "show", "--base-url", venue.base_url)
    assert (btc["symbol"], eth["symbol"]) == ("BTC", "ETH")
    assert btc["until"] == btc["at"] == iso(Interval.FIVE_MINUTES.beginning(now))
    assert btc["candles"] == 48 * 12
    assert None not in btc["scores"].values()
    venue.set_price("BTC", 6_400)
    assert records(capsys, "show", "--base-url", venue.base_url) == [btc, eth], "nothing of it is closed"
    (alone,) = records(capsys, "show", "--base-url", venue.base_url, "--symbol", "ETH")
    assert alone == eth


def test_the_exchanges_candles_say_what_the_same_in_a_file_do(
    exchange: tuple[LocalVenue, int], capsys: pytest.CaptureFixture[str]
) -> None:
    venue, now = exchange
    told = venue.call(lambda: venue.core.books["ETH"].candles.between("5m", 0, now))
    file = price_file([Candle(row["t"], D(row["l"]), D(row["h"]), D(row["c"])) for row in told])
    (live,) = records(
        capsys, "backtest", "--base-url", venue.base_url, "--family", "trend", "--symbol", "ETH"
    )
    (by_file,) = records(capsys, "backtest", "--prices", file, "--family", "trend", "--symbol", "ETH")
    for name in ("firings", "outcomes", "suppressed", "candles", "since", "until"):
        assert live[name] == by_file[name], name


def test_what_cannot_be_asked(exchange: tuple[LocalVenue, int], capsys: pytest.CaptureFixture[str]) -> None:
    venue, _ = exchange
    ask = ["signals", "show", "--family", "trend", "--base-url"]
    assert main([*ask, venue.base_url, "--symbol", "NONE"]) == 2
    assert capsys.readouterr().err.startswith("hypertui: trend NONE: ")
    assert main([*ask, "http://127.0.0.1:1"]) == 4
    told = capsys.readouterr()
    assert told.err == "hypertui: trend BTC: no connection to the exchange: Connection refused\n"
    assert told.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show"], "no signal is configured: add a table [signals.NAME], or say --family trend"),
        (["show", *FAMILY], "signals needs candles: of a price file (--prices FILE), or of an"),
        (["show", *FAMILY, "--testnet", "--base-url", "http://127.0.0.1:1"], "goes with paper"),
        (["show", "dip", *FAMILY, *PRICES], "--family is for a signal without"),
        (["show", "--timeframe", "5m", *PRICES], "--timeframe goes with --family"),
        (["check", "--family", "momentum", "--timeframe", "1h", *PRICES], "20 minutes are no"),
        (["check", *FAMILY, "--timeframe", "1m", *PRICES], "a row each 5 min, too rare"),
        (["check", *FAMILY, "--prices", "untimed.csv"], "price file untimed.csv has no times"),
        (["check", *FAMILY, "--prices", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["check", *FAMILY, "--prices", "short.csv"], "short.csv makes no closed candle of 5 min"),
        (["check", *FAMILY, "--days", "0", *PRICES], "--days 0 is not from 1 to"),
        (["backtest", *FAMILY, "--fee-rate", "1", *PRICES], "fee rate 1 is not between"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    price_file(walked(1, 30))
    price_file(walked(1, 2)[:1] * 2, "short.csv")
    Path("untimed.csv").write_text("price\n100\n101\n102\n")
    assert main(["signals", *arguments]) == 2
    told = capsys.readouterr()
    assert words in told.err and told.err.startswith("hypertui: ") and len(told.err.splitlines()) == 1
    assert told.out == ""


def test_a_name_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.toml").write_text(DIP + TREND)
    assert main(["signals", "show", "nope", "--prices", price_file(walked(1, 30))]) == 2
    assert capsys.readouterr().err == "hypertui: no signal is named nope: there are dip, trend\n"


def test_config_check_counts_them_and_config_show_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.toml").write_text(DIP + TREND)
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out == "1 trade, 2 signals, nothing contradicts\n"
    assert main(["config", "show", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows["signals.dip.symbols"] == {"value": "BTC, ETH", "source": "file config.toml"}
    assert rows["signals.trend.target"] == {"value": "0.6", "source": "default"}
    Path("config.toml").write_text(DIP + "target = 2\n")
    assert main(["config", "check"]) == 2
    assert capsys.readouterr().err == "hypertui: signals.dip.target 2 in config.toml is above 1\n"
