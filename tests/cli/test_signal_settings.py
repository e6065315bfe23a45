"""Signals as they are set: what they come to, and what is refused in one line."""

from __future__ import annotations

import re
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.core.candles import Interval
from hypertui.provenance import SettingsError
from hypertui.settings import Settings, load_settings
from hypertui.signals.context import ContextLimits
from hypertui.signals.names import Family, Indicator
from hypertui.signals.rules import SignalRules

_EXAMPLE = Path(__file__).parents[2] / "config.toml"


def written(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load_settings(file, {})


def one(tmp_path: Path, text: str) -> SignalRules:
    (signal,) = written(tmp_path, f'[signals.one]\nsymbols = ["BTC"]\n{text}').signals.values()
    return signal.rules()


def test_what_is_set_without_a_word(tmp_path: Path) -> None:
    assert load_settings(None, {}).signals == {}
    for family in Family:
        rules = one(tmp_path, f'family = "{family}"')
        assert rules == SignalRules.usual(family, Interval.FIVE_MINUTES)
        assert rules.min_indicators == min(2, len(family.indicators))
    trend = one(tmp_path, 'family = "trend"')
    assert (trend.target, trend.leaves_below, trend.turns_at) == (D("0.60"), D("0.54"), D("0.66"))
    assert (trend.cooldown, trend.context) == (7 * 5 * 60_000, ContextLimits(block_red_day=True))


def test_everything_can_be_set(tmp_path: Path) -> None:
    rules = one(
        tmp_path,
        'family = "reversion"\ntimeframe = "1h"\ntarget = 0.5\nexit = 0.5\nmin_indicators = 1\n'
        'cooldown_bars = 3\nblock_red_day = false\nmax_spread = "0.05%"\nmin_atr = "0.1%"\nmax_atr = "2%"\n'
        'max_funding = "0.01%"\nweights = { RSI = 2.5, w_bottom = 0 }',
    )
    limits = ContextLimits(False, D("0.0005"), D("0.001"), D("0.02"), D("0.0001"))
    weights = ((Indicator.RSI, D("2.5")), (Indicator.BOLLINGER, D(1)))
    assert rules == SignalRules(
        Family.REVERSION, Interval.HOUR, weights, D("0.5"), D("0.5"), 1, 3 * 3_600_000, limits
    )


def test_where_one_indicator_counts_one_is_enough(tmp_path: Path) -> None:
    assert one(tmp_path, 'family = "reversion"\nweights = { rsi = 0, bollinger = 0 }').min_indicators == 1


def test_the_example_in_the_file_is_what_is_set_by_itself(tmp_path: Path) -> None:
    text = _EXAMPLE.read_text()
    begins = text.index("# [signals.dip]")
    lines = text[begins : text.index("\n\n", begins)].splitlines()
    example = "\n".join(line.removeprefix("# ") for line in lines)
    (signal,) = written(tmp_path, example).signals.values()
    limits = ContextLimits(True, D("0.0005"), D("0.001"), D("0.02"), D("0.0001"))
    usual = SignalRules.usual(Family.REVERSION, Interval.FIVE_MINUTES)
    assert signal.rules() == SignalRules(**{**_fields(usual), "context": limits})
    keys = {match[1] for line in lines if (match := re.match(r"# (\w+) = ", line))}
    assert keys == set(type(signal).model_fields), "each key is there"


def _fields(rules: SignalRules) -> dict[str, object]:
    return {name: getattr(rules, name) for name in SignalRules.__slots__}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('family = "trend"', r"signals\.a\.symbols is not set"),
        ('symbols = ["BTC"]', r"signals\.a\.family is not set"),
        ('symbols = "BTC"\nfamily = "trend"', r"signals\.a\.symbols BTC .* is not a list"),
        ('symbols = []\nfamily = "trend"', r"signals\.a\.symbols .* names 0 markets, not from 1 to 50"),
        ('symbols = ["BTC", "BTC"]\nfamily = "trend"', r"signals\.a\.symbols .* names BTC twice"),
        ('symbols = ["B C"]\nfamily = "trend"', r"signals\.a\.symbols\.0 B C is not the name of a market"),
        ("family = 5", r"signals\.a\.symbols is not set"),
    ],
)
def test_what_a_signal_is_of(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        written(tmp_path, f"[signals.a]\n{text}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('family = "trends"', r"signals\.one\.family trends .* is not one of trend, reversion, momentum"),
        ('family = "trend"\ntimeframe = "4h"', r"timeframe 4h .* is not one of 1m, 5m, 15m, 1h"),
        ('family = "trend"\ntarget = 1.01', r"signals\.one\.target 1.01 .* is above 1"),
        ('family = "trend"\ntarget = 0', r"target 0 .* is not above 0"),
        ('family = "trend"\nexit = 0.61', r"signals\.one .* has exit 0\.61 above target 0\.6"),
        ('family = "trend"\nmin_indicators = 0', r"min_indicators 0 .* is below 1"),
        ('family = "trend"\nmin_indicators = 5', r"has min_indicators 5, and counts 4 indicators"),
        ('family = "runner"\nmin_indicators = 2', r"has min_indicators 2, and counts 1 indicator$"),
        ('family = "trend"\nweights = { rsi = 1 }', r"weighs rsi; trend has ema, macd, roc, donchian"),
        ('family = "trend"\nweights = { ema = -1 }', r"signals\.one\.weights\.ema -1 .* is below 0"),
        ('family = "runner"\nweights = { runner = 0 }', r"has no indicator with a weight above 0"),
        ('family = "trend"\nmax_spread = "wide"', r"max_spread wide .* is no percentage"),
        ('family = "trend"\nmin_atr = "2%"\nmax_atr = "1%"', r"has min_atr 2% not below max_atr 1%"),
        ('family = "momentum"\ntimeframe = "15m"', r"of which 20 minutes are no whole number: 1m or 5m"),
        ('family = "trend"\ncooldown_bars = -1', r"cooldown_bars -1 .* is below 0"),
        ('family = "trend"\nlever = 3', r"signals\.one\.lever is not a setting"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        one(tmp_path, text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("signals = 3", "signals 3 in .* is not a section of settings"),
        ("[signals]\na = 3", r"signals\.a 3 in .* is not a section of settings"),
        ('[signals."a b"]\nfamily = "trend"', "signals in .* has a b, which is no name of up to 32 letters"),
    ],
)
def test_what_is_no_table_is_refused_too(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        written(tmp_path, text)


def test_no_variable_sets_a_part_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERTUI_SIGNALS__ONE__TARGET", "0.5")
    with pytest.raises(SettingsError, match="HYPERTUI_SIGNALS__ONE__TARGET is not a setting"):
        one(tmp_path, 'family = "trend"')
