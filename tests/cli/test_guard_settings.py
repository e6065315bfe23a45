"""Guards as they are set: limits as they are written, what cannot be meant, and where they only warn."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.cli.rearms import rearms_of
from hypertui.provenance import SettingsError
from hypertui.risk.guards import Guard, GuardAction
from hypertui.risk.memory import Rearm
from hypertui.risk.rules import GuardRules
from hypertui.settings import load_settings


def guards(network: str = "testnet", **settings: object) -> GuardRules:
    (config,) = load_settings(None, {"guards": settings, "network": network}).trade_configs()
    return config.guards


@pytest.fixture(autouse=True)
def _nowhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))


def test_what_is_set_without_a_word() -> None:
    rules = guards()
    assert rules.in_words() == (
        "daily loss 5 %, drawdown 8 %, losing cycles 5, margin used 80 %, liquidation 1 unit, "
        "balance 1.1 times, price jump 2 %, frozen price 60 s, mark gap 0.5 %, funding 0.05 %, "
        "fee drag 60 %, whipsaw 6 turns"
    )
    holds = {guard for guard in rules.wanted if rules.action(guard).holds}
    assert holds == {
        Guard.DAILY_LOSS, Guard.LIQUIDATION, Guard.BALANCE, Guard.PRICE_JUMP, Guard.FROZEN_PRICE,
        Guard.MARK_GAP,
    }  # fmt: skip


def test_limits_are_percentages_or_usd() -> None:
    assert guards(daily_loss="500").daily_loss_usd == 500
    assert guards(daily_loss=" 2.5 %").daily_loss == D("0.025")
    assert guards(max_position="12000", max_leverage=3).max_leverage == 3
    strict = guards(drawdown="10%", drawdown_action="flatten")
    assert strict.action(Guard.DRAWDOWN) is GuardAction.FLATTEN


def test_each_can_be_switched_off() -> None:
    off = {
        name: 0 if isinstance(field.default, int | float) or name in ("liquidation", "balance") else ""
        for name, field in type(load_settings(None, {}).guards).model_fields.items()
        if name != "drawdown_action"
    }
    assert guards(**off).wanted == ()
    assert guards(**dict.fromkeys(off, 0)).wanted == ()
    assert guards(**{name: "0" if value == "" else 0 for name, value in off.items()}).wanted == ()


def test_on_a_market_of_its_own_the_account_only_warns() -> None:
    rules = guards("paper", drawdown="10%")
    assert {rules.action(Guard.DAILY_LOSS), rules.action(Guard.DRAWDOWN)} == {GuardAction.WARN}
    (elsewhere,) = load_settings(None, {"base_url": "http://127.0.0.1:3001"}).trade_configs()
    assert elsewhere.guards.action(Guard.DAILY_LOSS) is GuardAction.HOLD


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"daily_loss": "5 percent"}, "is neither a percentage such as 5% nor an amount in USD such as 500"),
        ({"daily_loss": "100%"}, "is neither a percentage"),
        ({"max_position": "-1"}, "is no amount above 0"),
        ({"max_position": "nan"}, "is no amount above 0"),
        ({"max_position": "9999"}, r"position_size 10,000.00 USD is above max_position 9,999.00 USD"),
        ({"drawdown": "8%"}, "drawdown_warn 8 % is not below drawdown 8 %"),
        ({"drawdown_action": "sell-out"}, "drawdown_action sell-out has no effect without drawdown"),
        ({"drawdown_action": "flatten", "drawdown": 0}, "drawdown_action flatten has no effect"),
        ({"drawdown_action": "stop"}, "guards.drawdown_action"),
        ({"balance": "0.9"}, "balance 0.9 is below 1"),
        ({"whipsaw": -1}, "guards.whipsaw"),
        ({"frozen_price": "nan"}, "guards.frozen_price"),
        ({"losses": 3}, "guards.losses"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(settings: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        guards(**settings)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            ["losing_cycles=why"],
            "'losing_cycles' names no guard of the account: there are daily_loss, drawdown",
        ),
        (["drawdown"], "--rearm drawdown needs its reason: --rearm drawdown=REASON"),
        (["drawdown= "], "--rearm drawdown needs its reason"),
        (["drawdown=one", "drawdown=two"], "--rearm drawdown is given twice"),
    ],
)
def test_a_reset_with_the_start_names_a_guard_of_the_account_and_why(given: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rearms_of(given, "ann@tty")
    assert rearms_of(["drawdown=a = b"], "ann@tty") == (Rearm(Guard.DRAWDOWN, 0, "ann@tty", "a = b"),)


def test_what_is_shown_can_be_set() -> None:
    shown = load_settings(None, {"guards": {"daily_loss": "500", "max_leverage": "2.5"}}).snapshot()["guards"]
    assert isinstance(shown, dict)
    assert guards(**shown) == guards(daily_loss="500", max_leverage="2.5")


@pytest.mark.parametrize("equity", ["0", "-1000"])
def test_a_backtest_refuses_an_account_without_money(
    equity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("time,price\n1700000000000,100\n1700000001000,101\n")
    flags = ["--symbol", "SOL", "--unit-size", "1", "--position-size", "2000", "--guards", "--equity", equity]
    assert main(["backtest", str(prices), *flags]) == 2
    assert capsys.readouterr().err == f"hypertui: equity {equity} is not above 0\n"
