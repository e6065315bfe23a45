"""Which trade a signal acts on, by the settings, and what is refused of it in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.cli.signal_plans import announce_signals, signal_plans, signals_to_come
from hypertui.cli.sources import sources_to_come
from hypertui.core.intents import IntentVerb
from hypertui.core.market import Side
from hypertui.settings import Settings, load_settings

DIP = '[signals.dip]\nsymbols = ["SOL"]\nfamily = "reversion"\n'
SUN = '[[trade]]\nsymbol = "SOL"\nname = "sun"\nsignal_exit = true\n'
TWO = f'[[trade]]\nsymbol = "BTC"\nsignal_exit = true\n{SUN}'
OPENS = f'{TWO}{DIP}action = "open"\n'
MANY = '[signals.a]\nsymbols = ["SOL", "BTC"]\nfamily = "trend"\n'


def written(tmp_path: Path, text: str, **flags: object) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load_settings(file, flags)


def test_each_market_has_the_trade_that_trades_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '[signals.dip]\nsymbols = ["SOL", "BTC", "ETH"]\nfamily = "reversion"\naction = "both"\nttl = 10\n'
    settings = written(tmp_path, TWO + text)
    plans = signal_plans(settings)
    assert [None if plan.acts is None else plan.acts.trade for plan in plans] == ["sun", "BTC", None]
    first = plans[0].acts
    assert first is not None
    assert (first.source, first.ttl, first.needs_arming, first.is_live) == ("signal:dip", 10_000, False, True)
    assert (plans[0].wants(Side.BUY), plans[0].wants(Side.SELL)) == (IntentVerb.OPEN, IntentVerb.CLOSE)
    assert (plans[2].wants(Side.BUY), plans[2].wants(Side.SELL)) == (None, None)
    shown = signals_to_come(plans)
    assert [(view.symbol, view.trade, view.action) for view in shown] == [
        ("SOL", "sun", "both"), ("BTC", "BTC", "both"), ("ETH", "", ""),
    ]  # fmt: skip
    assert [(source.kind, source.trade) for source in sources_to_come(None, plans, settings).sources] == [
        ("signal", "sun"), ("signal", "BTC"),
    ]  # fmt: skip
    announce_signals(plans)
    assert "signal dip of ETH is only watched: no trade of ETH runs here" in capsys.readouterr().err


def test_without_an_action_it_is_only_watched(tmp_path: Path) -> None:
    (plan,) = signal_plans(written(tmp_path, DIP))
    assert (plan.acts, plan.wants(Side.BUY)) == (None, None)
    assert signal_plans(load_settings(None, {})) == ()


@pytest.mark.parametrize(("live", "may"), [("", False), ("live = true\n", True)])
def test_on_mainnet_it_has_to_be_live_and_armed(tmp_path: Path, live: str, may: bool) -> None:
    text = f'network = "mainnet"\n{TWO}{DIP}action = "open"\n{live}'
    (plan,) = signal_plans(written(tmp_path, text))
    assert plan.acts is not None
    assert (plan.acts.needs_arming, plan.acts.is_live) == (True, may)
    assert plan.wants(Side.SELL) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{OPENS}trade = "moon"', "signals.dip names trade moon, which is not there: BTC, sun"),
        (f'{OPENS}trade = "BTC"', "signals.dip is of SOL, and its trade BTC of BTC"),
        (
            f'[trade]\nsymbol = "SOL"\n{DIP}action = "close"',
            "signals.dip closes trade SOL, which has signal_exit = false",
        ),
        (f'{OPENS}[webhooks.dip]\ntrade = "sun"', "signals.dip has the name of a webhook"),
        (f'{TWO}{MANY}trade = "sun"', "has 2 markets, and a trade sun, which has one"),
        (
            f'{TWO}{DIP}action = "sell"',
            'config.toml is not one of "", open, close, both',
        ),
    ],
)
def test_what_cannot_be_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert main(["config", "check", "--config", str(file)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
