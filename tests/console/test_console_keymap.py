"""Keys that are set in the config."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.console.keymap import remap
from hypertui.console.keys import KEYS


def keys(**chosen: str) -> dict[str, str]:
    return {key.id: key.key for key in remap(chosen)}


def test_nothing_chosen_changes_nothing() -> None:
    assert remap({}) == KEYS
    assert len({key.key for key in KEYS}) == len({key.id for key in KEYS}) == len(KEYS)


def test_a_key_is_replaced_or_taken_away() -> None:
    changed = keys(pause="f5", help="!", mute="", quit="ctrl+q")
    assert (changed["pause"], changed["help"], changed["mute"], changed["quit"]) == (
        "f5",
        "exclamation_mark",
        "",
        "ctrl+q",
    )


def test_two_can_change_places() -> None:
    changed = keys(pause="r", resume="p")
    assert (changed["pause"], changed["resume"]) == ("r", "p")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"quit": ""}, "console.keys.quit is empty: quit, help, flatten must keep a key"),
        ({"help": ""}, "console.keys.help is empty"),
        ({"flatten": ""}, "console.keys.flatten is empty"),
        ({"pause": "q"}, "q would be both pause and quit"),
        ({"mute": "?"}, "would be both mute and help"),
        ({"nosuch": "n"}, "console.keys.nosuch is no action; there are acknowledge, adopt"),
        ({"pause": "hyper+p"}, "'hyper+p' is no key"),
        ({"pause": "\x1b"}, "is no key"),
        ({"pause": "é"}, "is no key"),
        ({"pause": " "}, "is no key"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=r"console\.keys") as raised:
        remap(chosen)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.dictionaries(st.sampled_from([key.id for key in KEYS]), st.text(max_size=6), max_size=6))
def test_whatever_is_chosen_quit_help_and_flatten_stay(chosen: dict[str, str]) -> None:
    try:
        bound = remap(chosen)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1
        return
    owners = [key.key for key in bound if key.key]
    assert len(owners) == len(set(owners))
    assert {key.id for key in bound if not key.key}.isdisjoint({"quit", "help", "flatten"})
