"""Key remapping by `[console.keys]` in the settings; quit, help and flatten always keep a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from hypertui.console.keys import KEYS, OPERATOR_KEYS, REPLAY_KEYS, Key, KeyBar

_NEVER_LOST = ("quit", "help", "flatten")
_NAMED = re.compile(
    r"(ctrl\+|shift\+|alt\+)*(f[1-9]|f1[0-9]|f2[0-4]|up|down|left|right|home|end|pageup|pagedown|insert|delete"
    r"|enter|escape|tab|space|backspace|[a-z0-9])"
)
# The names that the terminal's reader gives to what is not a letter or a digit.
_SIGNS = {
    "?": "question_mark",
    "/": "slash",
    "\\": "backslash",
    "!": "exclamation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "full_stop",
    ":": "colon",
    ";": "semicolon",
    "<": "less_than_sign",
    "=": "equals_sign",
    ">": "greater_than_sign",
    "@": "at",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "^": "circumflex_accent",
    "_": "underscore",
    "~": "tilde",
}


def remap(chosen: Mapping[str, str], *, replay: bool = False) -> tuple[Key, ...]:
    """The key map with the `chosen` keys by action id; an empty one unbinds the action. In a `replay` there
    are its own keys too, and neither bar nor help shows those that act on the market.

    Raises ValueError with one line for an unknown id or key, a key given twice, or the loss of one that must
    not be lost.
    """
    ids = {key.id for key in (*KEYS, *REPLAY_KEYS)}
    for id in chosen:
        if id not in ids:
            raise ValueError(f"console.keys.{id} is no action; there are {', '.join(sorted(ids))}")
    there = (*KEYS, *REPLAY_KEYS) if replay else KEYS
    keys = tuple(_with(key, chosen[key.id]) if key.id in chosen else key for key in there)
    owners: dict[str, str] = {}
    for key in keys:
        if not key.key:
            continue
        other = owners.setdefault(key.key, key.id)
        if other != key.id:
            raise ValueError(f"console.keys: {key.written} would be both {other} and {key.id}")
    return tuple(_refused(key) if replay and key.id in OPERATOR_KEYS else key for key in keys)


def _refused(key: Key) -> Key:
    """A key that still says why it does nothing."""
    return replace(key, bar=KeyBar.NONE, help="", palette=False)


def _with(key: Key, chosen: str) -> Key:
    if not chosen:
        if key.id in _NEVER_LOST:
            raise ValueError(f"console.keys.{key.id} is empty: {', '.join(_NEVER_LOST)} must keep a key")
        return replace(key, key="", shown="", bar=type(key.bar).NONE)
    name = _SIGNS.get(chosen, chosen)
    single = len(chosen) == 1 and chosen.isascii() and chosen.isprintable() and chosen != " "
    if not (single and (chosen.isalnum() or chosen in _SIGNS)) and not _NAMED.fullmatch(name):
        raise ValueError(f"console.keys.{key.id} {chosen!r} is no key: a character, or like f5, ctrl+x")
    return replace(key, key=name, shown=chosen if name != chosen else chosen.replace("ctrl+", "^"))
