"""Text can be read on every ground, and what must be told apart can be, by every eye."""

from __future__ import annotations

import pytest

from hypertui.console.theme import THEMES
from tests.console.colour import EYES, ciede2000, contrast, difference

_READABLE = 4.5  # WCAG 2.1, AA
_TOLD_APART = 9.0  # CIEDE2000; neighbours on a good palette differ by about as much
_WITH_COLOURS = [name for name in THEMES if name != "ansi"]  # whose colours are the terminal's own
_TEXTS = ("foreground", "quiet", "strong", "buy", "stop", "course", "gain", "loss", "warning")
_GROUNDS = ("background", "surface", "panel", "ground-here", "ground-cursor")
_BADGES = (
    ("alarm-text", "error"),
    ("text-paper", "ground-paper"),
    ("text-testnet", "ground-testnet"),
    ("text-mainnet", "ground-mainnet"),
    ("text-focus", "accent"),
)
# Each stands where the other may; all other pairs are told apart by their words and places.
_PAIRS = (("buy", "stop"), ("gain", "loss"), ("warning", "foreground"), ("course", "buy"), ("course", "stop"))


def colour(theme: str, name: str) -> str:
    found = THEMES[theme]
    return found.variables.get(name) or str(getattr(found, name))


@pytest.mark.parametrize("theme", _WITH_COLOURS)
def test_text_can_be_read_on_every_ground(theme: str) -> None:
    pairs = [(text, ground) for text in _TEXTS for ground in _GROUNDS] + list(_BADGES)
    found = {pair: contrast(colour(theme, pair[0]), colour(theme, pair[1])) for pair in pairs}
    assert {pair: round(value, 1) for pair, value in found.items() if value < _READABLE} == {}


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", _WITH_COLOURS)
def test_what_must_be_told_apart_can_be(theme: str, eye: str) -> None:
    found = {(one, other): difference(colour(theme, one), colour(theme, other), eye) for one, other in _PAIRS}
    assert {pair: round(value, 1) for pair, value in found.items() if value < _TOLD_APART} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_mainnet_is_not_in_the_colour_of_a_loss(theme: str) -> None:
    assert colour(theme, "ground-mainnet") not in (colour(theme, "loss"), colour(theme, "error"))


def test_differences_are_those_that_were_published() -> None:
    """Rows 1, 7, 13 and 17 of the test data of Sharma, Wu and Dalal (2005), and the ends of both scales."""
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 0, 0), (50, -1, 2)) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000((50, 2.49, -0.001), (50, -2.49, 0.0011)) == pytest.approx(7.2195, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)
    assert difference("#000000", "#ffffff") == pytest.approx(100, abs=0.01)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
